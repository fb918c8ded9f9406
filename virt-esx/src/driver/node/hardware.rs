//! What a host is made of, as it tells.

use std::collections::HashMap;

use virt_core::{CallContext, Error, ErrorKind, Result};

use crate::driver::EsxDriver;
use crate::property;
use crate::session::is_vcenter;
use crate::vim::{
    AnyValue, HostBIOSInfo, HostCpuInfo, HostCpuPackage, HostNumaInfo, HostSystemInfo, ManagedObjectReference,
};

const SYSTEM: &str = "hardware.systemInfo";
const BIOS: &str = "hardware.biosInfo";
const CPU: &str = "hardware.cpuInfo";
const PACKAGES: &str = "hardware.cpuPkg";
const NUMA: &str = "hardware.numaInfo";
const MEMORY: &str = "hardware.memorySize";
const VMOTION: &str = "capability.vmotionSupported";
const MOST_VCPUS: &str = "capability.maxSupportedVcpus";

/// What a host is made of.
#[derive(Debug, Clone, Default)]
pub(super) struct Hardware {
    pub(super) system: HostSystemInfo,
    pub(super) bios: Option<HostBIOSInfo>,
    pub(super) cpu: HostCpuInfo,
    pub(super) packages: Vec<HostCpuPackage>,
    pub(super) numa: Option<HostNumaInfo>,
    pub(super) memory: u64,
    /// Whether machines can move to another host while they run.
    pub(super) migrates: bool,
}

impl EsxDriver {
    pub(super) async fn hardware(&self, call: &CallContext) -> Result<Hardware> {
        self.server.check_open()?;
        let paths = &[SYSTEM, BIOS, CPU, PACKAGES, NUMA, MEMORY, VMOTION];
        let (_, read) = self.of_host(call, paths).await?;
        let Some(system) = value(&read, SYSTEM) else {
            let message = "the host does not tell what it is: it may not be connected now";
            return Err(Error::new(ErrorKind::InvalidState, message));
        };
        let packages = read.get(PACKAGES).and_then(|packages| packages.list().ok());
        Ok(Hardware {
            system,
            bios: value(&read, BIOS),
            cpu: value(&read, CPU).unwrap_or_default(),
            packages: packages.unwrap_or_default(),
            numa: value(&read, NUMA),
            memory: number(&read, MEMORY).unwrap_or_default(),
            migrates: read.get(VMOTION).is_some_and(|can| can.text() == "true"),
        })
    }

    /// How many vCPUs a machine can have there.
    pub(super) async fn most_vcpus(&self, call: &CallContext) -> Result<Option<u32>> {
        self.server.check_open()?;
        let (_, read) = self.of_host(call, &[MOST_VCPUS]).await?;
        let most = number(&read, MOST_VCPUS).and_then(|most| u32::try_from(most).ok());
        Ok(most.filter(|most| *most > 0))
    }

    /// The host that the connection is about, or the first one, with these properties.
    pub(super) async fn of_host(
        &self,
        call: &CallContext,
        paths: &'static [&'static str],
    ) -> Result<(ManagedObjectReference, HashMap<String, AnyValue>)> {
        // Of many hosts not all is read.
        let many = is_vcenter(self.server.session.content()) && self.server.scope.kind != "HostSystem";
        let found = match many {
            true => self.objects_of_kind(call, "HostSystem", &["name"]).await?,
            false => self.objects_of_kind(call, "HostSystem", paths).await?,
        };
        let first = found.into_iter().next().ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "the connection is about a part of the inventory without hosts",
            )
        })?;
        let read = match many {
            true => property::of_object(&self.server.session, call, &first.obj, paths).await?,
            false => {
                let properties = first.prop_set.into_iter();
                properties.map(|property| (property.name, property.val)).collect()
            }
        };
        Ok((first.obj, read))
    }
}

fn value<T: crate::vim::Value>(read: &HashMap<String, AnyValue>, path: &str) -> Option<T> {
    read.get(path)?.read().ok()
}

pub(super) fn number(read: &HashMap<String, AnyValue>, path: &str) -> Option<u64> {
    read.get(path)?.text().parse().ok()
}
