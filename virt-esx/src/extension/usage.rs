//! What machines are doing now: levels and rates, which is what ESX measures. It counts nothing since a machine's start.

use std::time::{Duration, SystemTime};

use virt_core::domain::DomainRef;
use virt_core::model::ByteSize;
use virt_core::{CallClass, Connection, Domain, Error, ErrorKind, Result, Subject};

use super::{call_of, esx};

/// What a machine is doing.
///
/// Rates are means over the last interval that the server has measured, 20 s as a rule. What the server does not tell is
/// `None`; a machine that is not powered on does nothing, and has devices.
#[derive(Debug)]
#[non_exhaustive]
pub struct Usage {
    /// Which machine.
    pub domain: DomainRef,
    /// When the interval ended; `None` where nothing was measured: of a machine that has just been started, or does not run.
    pub measured: Option<SystemTime>,
    /// How long the interval was.
    pub interval: Option<Duration>,
    /// How long it has been running.
    pub uptime: Option<Duration>,
    /// Its processors.
    pub cpu: CpuUsage,
    /// Its memory.
    pub memory: MemoryUsage,
    /// Its disks and drives.
    pub disks: Vec<DiskUsage>,
    /// Its network interfaces.
    pub interfaces: Vec<InterfaceUsage>,
    /// The file systems of the guest, as VMware Tools tell them.
    pub filesystems: Vec<FilesystemUsage>,
    /// Why some of it is missing.
    pub error: Option<Error>,
}

/// Processors of a machine.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct CpuUsage {
    /// What it uses, in MHz (`quickStats.overallCpuUsage`).
    pub mhz: Option<u64>,
    /// What it would use if nobody else did, in MHz (`quickStats.overallCpuDemand`).
    pub demand_mhz: Option<u64>,
    /// What it uses of what its vCPUs can use, in percent (`cpu.usage.average`).
    pub percent: Option<f64>,
    /// CPU time in the interval (`cpu.used.summation`).
    pub used: Option<Duration>,
    /// Time in the interval in which vCPUs, all counted, waited for a processor of the host (`cpu.ready.summation`).
    pub ready: Option<Duration>,
    /// Each vCPU.
    pub vcpus: Vec<VcpuUsage>,
}

/// A vCPU of a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VcpuUsage {
    /// Its number.
    pub index: u32,
    /// CPU time in the interval (`cpu.used.summation`).
    pub used: Option<Duration>,
    /// Time in the interval in which it waited for a processor of the host (`cpu.ready.summation`).
    pub ready: Option<Duration>,
}

/// Memory of a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryUsage {
    /// What it is configured with.
    pub configured: ByteSize,
    /// What of the host's it holds, what the host needs for it included (`mem.consumed`, `quickStats.hostMemoryUsage`).
    pub consumed: Option<ByteSize>,
    /// What the guest has used lately, as the host estimates it (`mem.active`, `quickStats.guestMemoryUsage`).
    pub active: Option<ByteSize>,
    /// What of its memory is backed by the host's (`mem.granted`).
    pub granted: Option<ByteSize>,
    /// What the balloon driver has taken from the guest (`mem.vmmemctl`, `quickStats.balloonedMemory`).
    pub ballooned: Option<ByteSize>,
    /// What it shares with other machines (`quickStats.sharedMemory`).
    pub shared: Option<ByteSize>,
    /// What the host has swapped out (`quickStats.swappedMemory`).
    pub swapped: Option<ByteSize>,
    /// What the host keeps compressed (`quickStats.compressedMemory`).
    pub compressed: Option<ByteSize>,
    /// What the host needs for it beside (`quickStats.consumedOverheadMemory`).
    pub overhead: Option<ByteSize>,
}

/// A disk or drive of a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiskUsage {
    /// Its target in the domain: `sda`.
    pub target: String,
    /// Its place in the machine's configuration file: `scsi0:0`.
    pub device: String,
    /// Its image: `[datastore] directory/file.vmdk`.
    pub path: Option<String>,
    /// Its size; none of drives.
    pub capacity: Option<ByteSize>,
    /// What its image takes in the datastore, without the images that it is based on (`layoutEx`).
    pub physical: Option<ByteSize>,
    /// Bytes read in a second (`virtualDisk.read.average`).
    pub read_rate: Option<u64>,
    /// Bytes written in a second (`virtualDisk.write.average`).
    pub write_rate: Option<u64>,
    /// Reads in a second (`virtualDisk.numberReadAveraged.average`).
    pub reads: Option<u64>,
    /// Writes in a second (`virtualDisk.numberWriteAveraged.average`).
    pub writes: Option<u64>,
    /// How long a read takes (`virtualDisk.totalReadLatency.average`).
    pub read_latency: Option<Duration>,
    /// How long a write takes (`virtualDisk.totalWriteLatency.average`).
    pub write_latency: Option<Duration>,
}

/// A network interface of a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InterfaceUsage {
    /// Its name in the machine's configuration file: `ethernet0`.
    pub name: String,
    /// Its MAC address.
    pub mac: Option<String>,
    /// Bytes received in a second (`net.received.average`).
    pub rx_rate: Option<u64>,
    /// Bytes sent in a second (`net.transmitted.average`).
    pub tx_rate: Option<u64>,
    /// Packets received in the interval (`net.packetsRx.summation`).
    pub rx_packets: Option<u64>,
    /// Packets sent in the interval (`net.packetsTx.summation`).
    pub tx_packets: Option<u64>,
    /// Packets dropped in the interval on receiving (`net.droppedRx.summation`).
    pub rx_dropped: Option<u64>,
    /// Packets dropped in the interval on sending (`net.droppedTx.summation`).
    pub tx_dropped: Option<u64>,
}

/// A file system of a guest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilesystemUsage {
    /// Where the guest has it: `/`, `C:\`.
    pub path: String,
    /// Its size.
    pub capacity: Option<ByteSize>,
    /// What is free of it.
    pub free: Option<ByteSize>,
}

/// What all machines that run are doing, by name: as many calls for a thousand as for one (`RetrievePropertiesEx`,
/// `QueryPerf`).
///
/// # Errors
/// `Unsupported` for connections of other drivers; those of the connection. What is missing of one machine alone is told in
/// its row.
///
/// # Cancel safety
/// Yes.
pub async fn usages(connection: &Connection) -> Result<Vec<Usage>> {
    let driver = esx(connection)?;
    let call = call_of(driver, "usages", CallClass::Query);
    let found = driver.usages(&call, None).await;
    found.map_err(|error| error.with_operation("usages"))
}

/// What a machine is doing.
///
/// # Errors
/// As [`usages`], and `NotFound` when it is gone.
///
/// # Cancel safety
/// Yes.
pub async fn usage(domain: &Domain) -> Result<Usage> {
    let about = |error: Error| {
        error
            .with_operation("usage")
            .with_subject(Subject::Domain(domain.name().to_owned()))
    };
    let driver = esx(domain.connection()).map_err(about)?;
    let call = call_of(driver, "usage", CallClass::Query);
    let found = driver
        .usages(&call, Some(&[domain.uuid()]))
        .await
        .map_err(about)?;
    let found = found.into_iter().next();
    found.ok_or_else(|| {
        about(Error::new(
            ErrorKind::NotFound,
            "no such domain is there (any more)",
        ))
    })
}
