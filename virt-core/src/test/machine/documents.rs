//! What the machine and its guests can do, as documents.

use std::fmt::Write as _;

use super::cpu::{HOST_EXTRA, HOST_MODEL};
use super::{ARCH, CELLS, CPUS_PER_CELL, MAX_VCPUS, MEMORY_PER_CELL_KIB, PAGE_SIZES_KIB};
use crate::error::{Error, ErrorKind, Result};
use crate::model::domain::SysInfo;
use crate::model::{Capabilities, DomainCapabilities, DomainType};
use crate::node::HypervisorTarget;

const EMULATOR: &str = "/usr/bin/test-hv";
const MACHINE: &str = "test";

/// What machine and hypervisor can do.
pub(in crate::test) fn capabilities() -> Result<Capabilities> {
    let features: String = HOST_EXTRA
        .iter()
        .map(|name| format!("<feature name='{name}'/>"))
        .collect();
    let sizes: String = PAGE_SIZES_KIB
        .iter()
        .map(|size| format!("<pages unit='KiB' size='{size}'/>"))
        .collect();
    let cells: String = (0..CELLS).map(cell).collect();
    let xml = format!(
        "<capabilities>\
           <host>\
             <cpu><arch>{ARCH}</arch><model>{HOST_MODEL}</model><vendor>Intel</vendor>\
               <topology sockets='2' dies='1' cores='2' threads='2'/>{features}{sizes}</cpu>\
             <power_management/>\
             <iommu support='no'/>\
             <topology><cells num='{CELLS}'>{cells}</cells></topology>\
           </host>\
           <guest>\
             <os_type>hvm</os_type>\
             <arch name='{ARCH}'><wordsize>64</wordsize><emulator>{EMULATOR}</emulator>\
               <machine maxCpus='{MAX_VCPUS}'>{MACHINE}</machine><domain type='test'/></arch>\
           </guest>\
         </capabilities>"
    );
    Ok(Capabilities::from_xml(&xml)?)
}

fn cell(cell: u32) -> String {
    let mut cpus = String::new();
    for number in 0..CPUS_PER_CELL {
        let id = cell * CPUS_PER_CELL + number;
        let (socket, core) = (number / 4, number / 2 % 2);
        let first = id - id % 2;
        // Writing to a string does not fail.
        let _written = write!(
            cpus,
            "<cpu id='{id}' socket_id='{socket}' die_id='0' core_id='{core}' siblings='{first}-{}'/>",
            first + 1
        );
    }
    let small = MEMORY_PER_CELL_KIB / 4;
    format!(
        "<cell id='{cell}'><memory unit='KiB'>{MEMORY_PER_CELL_KIB}</memory>\
         <pages unit='KiB' size='4'>{small}</pages><cpus num='{CPUS_PER_CELL}'>{cpus}</cpus></cell>"
    )
}

/// What guests can have that are run on this.
pub(in crate::test) fn domain_capabilities(target: &HypervisorTarget) -> Result<DomainCapabilities> {
    check("emulator", target.emulator.as_deref(), EMULATOR)?;
    check("architecture", target.arch.as_deref(), ARCH)?;
    check("machine", target.machine.as_deref(), MACHINE)?;
    check(
        "type of guest",
        target.virt_type.as_ref().map(DomainType::as_str),
        "test",
    )?;
    let xml = format!(
        "<domainCapabilities>\
           <path>{EMULATOR}</path><domain>test</domain><machine>{MACHINE}</machine><arch>{ARCH}</arch>\
           <vcpu max='{MAX_VCPUS}'/>\
           <os supported='no'/>\
           <cpu>\
             <mode name='host-passthrough' supported='no'/>\
             <mode name='maximum' supported='no'/>\
             <mode name='host-model' supported='no'/>\
             <mode name='custom' supported='yes'>\
               <model usable='yes' vendor='Intel'>{HOST_MODEL}</model></mode>\
           </cpu>\
           <devices/>\
           <features/>\
         </domainCapabilities>"
    );
    Ok(DomainCapabilities::from_xml(&xml)?)
}

fn check(what: &str, wanted: Option<&str>, there_is: &str) -> Result<()> {
    match wanted {
        Some(wanted) if wanted != there_is => {
            let message = format!("there is no {what} {wanted:?} (there is: {there_is})");
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
        _ => Ok(()),
    }
}

/// What the machine says of itself.
pub(in crate::test) fn sysinfo() -> Result<SysInfo> {
    Ok(SysInfo::from_xml(
        "<sysinfo type='smbios'>\
           <bios><entry name='vendor'>virt SDK</entry><entry name='version'>1.0</entry></bios>\
           <system><entry name='manufacturer'>virt SDK</entry><entry name='product'>Test machine</entry></system>\
         </sysinfo>",
    )?)
}
