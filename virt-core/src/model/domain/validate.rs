//! What libvirt's parser checks of single values, whatever the driver.

use std::collections::BTreeMap;

use super::config::DomainConfig;
use super::devices::{Disk, DiskDevice};
use crate::xml::derived::check_writable;
use crate::xml::{Rest, XmlError, XmlProblem};

impl DomainConfig {
    /// Checks what holds for every driver: a name without `/` and line breaks, memory, numbers of virtual CPUs, targets
    /// of disks that are there and differ, characters XML can hold.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        self.check_name()?;
        self.check_memory()?;
        self.check_vcpus()?;
        self.check_disks()?;
        self.check_boot_order()?;
        check_writable(self)
    }

    fn check_name(&self) -> Result<(), XmlError> {
        let sentence = if self.name.trim().is_empty() {
            return Err(at(
                "/domain/name",
                &self.rest,
                XmlProblem::Missing("the name of the domain".to_owned()),
            ));
        } else if self.name.contains('/') {
            format!("the name '{}' has a '/'", self.name)
        } else if self.name.chars().any(char::is_control) {
            "the name has a control character".to_owned()
        } else if self.title.as_ref().is_some_and(|title| title.contains('\n')) {
            return Err(wrong(
                "/domain/title",
                &self.rest,
                "the title has a line break".to_owned(),
            ));
        } else {
            return Ok(());
        };
        Err(wrong("/domain/name", &self.rest, sentence))
    }

    fn check_memory(&self) -> Result<(), XmlError> {
        let cells = self
            .cpu
            .as_ref()
            .and_then(|cpu| cpu.numa.as_ref())
            .is_some_and(|numa| !numa.cells.is_empty());
        let Some(memory) = &self.memory else {
            if cells {
                return Ok(());
            }
            let missing = XmlProblem::Missing("the element <memory>".to_owned());
            return Err(at("/domain/memory", &self.rest, missing));
        };
        if memory.size.is_zero() && !cells {
            return Err(wrong(
                "/domain/memory",
                &memory.rest,
                "the memory is 0".to_owned(),
            ));
        }
        if let Some(current) = &self.current_memory
            && current.size.as_kib() > memory.size.as_kib()
            && !cells
        {
            let sentence = format!(
                "the current memory {} is more than the memory {}",
                current.size, memory.size
            );
            return Err(wrong("/domain/currentMemory", &current.rest, sentence));
        }
        if let Some(bound) = &self.max_memory
            && bound.slots.is_none()
        {
            let missing = XmlProblem::Missing("the attribute 'slots'".to_owned());
            return Err(at("/domain/maxMemory", &bound.rest, missing));
        }
        match &self.max_memory {
            Some(bound) if bound.size < memory.size => {
                let sentence = format!("the memory {} is more than its bound {}", memory.size, bound.size);
                Err(wrong("/domain/maxMemory", &bound.rest, sentence))
            }
            _ => Ok(()),
        }
    }

    fn check_vcpus(&self) -> Result<(), XmlError> {
        let Some(vcpu) = &self.vcpu else { return Ok(()) };
        let path = "/domain/vcpu";
        if vcpu.count == 0 {
            return Err(wrong(
                path,
                &vcpu.rest,
                "the number of virtual CPUs is 0".to_owned(),
            ));
        }
        if vcpu.count > 65_535 {
            return Err(wrong(
                path,
                &vcpu.rest,
                format!("{} virtual CPUs are more than 65535", vcpu.count),
            ));
        }
        match vcpu.current {
            Some(0) => Err(wrong(
                "/domain/vcpu/@current",
                &vcpu.rest,
                "the current number of virtual CPUs is 0".to_owned(),
            )),
            Some(current) if current > vcpu.count => {
                let sentence = format!(
                    "the current number of virtual CPUs {current} is more than their bound {}",
                    vcpu.count
                );
                Err(wrong("/domain/vcpu/@current", &vcpu.rest, sentence))
            }
            _ => Ok(()),
        }
    }

    fn check_disks(&self) -> Result<(), XmlError> {
        let mut targets: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, disk) in self.disks().iter().enumerate() {
            let path = format!("/domain/devices/disk[{}]", index + 1);
            let target = disk.target.as_ref().and_then(|target| target.dev.as_deref());
            let Some(target) = target.filter(|target| !target.is_empty()) else {
                let missing = XmlProblem::Missing("the target of the disk".to_owned());
                return Err(at(&format!("{path}/target/@dev"), &disk.rest, missing));
            };
            if let Some(first) = targets.insert(target, index) {
                let sentence = format!("the target '{target}' is that of disk[{}] too", first + 1);
                return Err(wrong(&format!("{path}/target/@dev"), &disk.rest, sentence));
            }
            let removable = matches!(disk.device, Some(DiskDevice::Cdrom | DiskDevice::Floppy));
            if disk.source.is_none() && !removable {
                let missing = XmlProblem::Missing("the source of the disk".to_owned());
                return Err(at(&format!("{path}/source"), &disk.rest, missing));
            }
        }
        Ok(())
    }

    fn check_boot_order(&self) -> Result<(), XmlError> {
        let Some(devices) = &self.devices else {
            return Ok(());
        };
        let disks = devices.disks.iter().enumerate();
        let interfaces = devices.interfaces.iter().enumerate();
        let orders = disks
            .filter_map(|(index, disk)| Some(("disk", index, disk.boot.as_ref()?)))
            .chain(
                interfaces
                    .filter_map(|(index, interface)| Some(("interface", index, interface.boot.as_ref()?))),
            );
        let mut seen: BTreeMap<u32, String> = BTreeMap::new();
        for (name, index, boot) in orders {
            let path = format!("/domain/devices/{name}[{}]", index + 1);
            match boot.order {
                Some(0) => {
                    let sentence = "the boot order is 0; it begins at 1".to_owned();
                    return Err(wrong(&format!("{path}/boot/@order"), &boot.rest, sentence));
                }
                Some(order) => {
                    if let Some(first) = seen.insert(order, path.clone()) {
                        let sentence = format!("the boot order {order} is that of {first} too");
                        return Err(wrong(&format!("{path}/boot/@order"), &boot.rest, sentence));
                    }
                }
                None => {}
            }
        }
        Ok(())
    }

    fn disks(&self) -> &[Disk] {
        self.devices
            .as_ref()
            .map(|devices| devices.disks.as_slice())
            .unwrap_or_default()
    }
}

fn wrong(path: &str, rest: &Rest, sentence: String) -> XmlError {
    at(path, rest, XmlProblem::Invalid(sentence))
}

fn at(path: &str, rest: &Rest, problem: XmlProblem) -> XmlError {
    XmlError::new(problem)
        .at(rest.position().unwrap_or_default())
        .within(path)
}
