//! What libvirt's daemon asks of a status it finds.

use super::parts::StatusTaint;
use super::root::DomainStatus;
use crate::model::problem::{each, missing, missing_attribute, unknown};
use crate::xml::XmlError;
use crate::xml::derived::check_values;

impl DomainStatus {
    /// Checks that the state is said, that the taints are known, and the domain and its CPU as they are checked by
    /// themselves; see [`model`](crate::model#what-validate-checks).
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        check_values(self)?;
        self.check().map_err(|error| error.within("/domstatus"))
    }

    fn check(&self) -> Result<(), XmlError> {
        if self.state.is_none() {
            return Err(missing_attribute(&self.rest, "state"));
        }
        each("taint", &self.taints, check_taint)?;
        if let Some(cpu) = &self.cpu {
            cpu.validate()?;
        }
        match &self.domain {
            Some(domain) => domain.validate(),
            None => Err(missing(&self.rest, "the element <domain>")),
        }
    }
}

/// What libvirt knows to taint a domain.
const TAINTS: &[&str] = &[
    "custom-argv",
    "custom-monitor",
    "high-privileges",
    "shell-scripts",
    "disk-probing",
    "external-launch",
    "host-cpu",
    "hook-script",
    "cdrom-passthrough",
    "custom-dtb",
    "custom-ga-command",
    "custom-hypervisor-feature",
    "deprecated-config",
    "custom-device",
    "nbdkit-restart",
];

fn check_taint(taint: &StatusTaint) -> Result<(), XmlError> {
    match taint.flag.as_deref() {
        Some(flag) if TAINTS.contains(&flag) => Ok(()),
        Some(flag) => Err(unknown(&taint.rest, flag, "a taint of libvirt's", TAINTS)),
        None => Err(missing_attribute(&taint.rest, "flag")),
    }
}
