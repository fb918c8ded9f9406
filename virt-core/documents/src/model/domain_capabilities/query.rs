//! What readers of domain capabilities ask.

use super::cpu::{CpuModeSupport, CpuModelSupport};
use super::devices::DeviceSupport;
use super::document::DomainCapabilities;
use super::features::FeatureSupport;
use super::support::{Support, values};
use crate::model::domain::devices::DiskBus;
use crate::model::domain::{Cpu, CpuMatch, CpuMode, CpuModel};
use crate::model::value::YesNo;

impl DomainCapabilities {
    /// How many virtual CPUs there can be.
    pub fn max_vcpus(&self) -> Option<u32> {
        self.vcpu.as_ref()?.max
    }

    /// Kinds of firmware libvirt chooses a loader for: `bios`, `efi`.
    pub fn firmwares(&self) -> &[String] {
        self.os
            .as_ref()
            .map(|os| values(&os.enums, "firmware"))
            .unwrap_or_default()
    }

    /// Paths of loaders guests can have.
    pub fn loaders(&self) -> &[String] {
        self.os
            .as_ref()
            .and_then(|os| os.loader.as_ref())
            .map(|loader| loader.paths.as_slice())
            .unwrap_or_default()
    }

    /// Whether there are loaders that boot only what is signed.
    pub fn can_boot_securely(&self) -> bool {
        self.os
            .as_ref()
            .and_then(|os| os.loader.as_ref())
            .is_some_and(|loader| values(&loader.enums, "secure").iter().any(|value| value == "yes"))
    }

    /// What is said of one way to choose the CPU.
    pub fn cpu_mode(&self, mode: &CpuMode) -> Option<&CpuModeSupport> {
        let modes = &self.cpu.as_ref()?.modes;
        modes.iter().find(|one| one.name.as_ref() == Some(mode))
    }

    /// The CPU models there are, usable or not.
    pub fn cpu_models(&self) -> &[CpuModelSupport] {
        self.cpu_mode(&CpuMode::Custom)
            .map(|custom| custom.models.as_slice())
            .unwrap_or_default()
    }

    /// The names of the CPU models this host can run.
    pub fn usable_cpu_models(&self) -> impl Iterator<Item = &str> {
        self.cpu_models()
            .iter()
            .filter(|model| model.is_usable())
            .filter_map(|model| model.name.as_deref())
    }

    /// What is said of a CPU model.
    pub fn cpu_model(&self, name: &str) -> Option<&CpuModelSupport> {
        self.cpu_models()
            .iter()
            .find(|model| model.name.as_deref() == Some(name))
    }

    /// The features of a CPU model this host can't give.
    pub fn cpu_blockers<'a>(&'a self, model: &'a str) -> impl Iterator<Item = &'a str> {
        self.cpu_mode(&CpuMode::Custom)
            .into_iter()
            .flat_map(|custom| &custom.blockers)
            .filter(move |blockers| blockers.model.as_deref() == Some(model))
            .flat_map(|blockers| &blockers.features)
            .filter_map(|feature| feature.name.as_deref())
    }

    /// The CPU that `host-model` comes to, as a guest's `<cpu>`: it can be given to guests and compared.
    pub fn host_model(&self) -> Option<Cpu> {
        let mode = self.cpu_mode(&CpuMode::HostModel)?;
        let model = mode.models.first().filter(|_| mode.is_supported())?;
        Some(Cpu {
            mode: Some(CpuMode::Custom),
            matching: Some(CpuMatch::Exact),
            model: Some(CpuModel {
                fallback: model.fallback.clone(),
                vendor_id: model.vendor_id.clone(),
                name: model.name.clone(),
                ..CpuModel::default()
            }),
            vendor: mode.vendor.clone(),
            maxphysaddr: mode.maxphysaddr.clone(),
            features: mode.features.clone(),
            ..Cpu::default()
        })
    }

    /// What is said of a device by the name of its element, as `disk` or `rng`.
    pub fn device(&self, element: &str) -> Option<&Support> {
        self.devices.as_ref()?.device(element)
    }

    /// Whether there are devices with that value, by libvirt's name of it: `("video", "modelType", "qxl")`.
    pub fn supports(&self, element: &str, name: &str, value: &str) -> bool {
        self.device(element)
            .is_some_and(|device| device.allows(name, value))
    }

    /// The buses disks can be on.
    pub fn disk_buses(&self) -> Vec<DiskBus> {
        self.device("disk")
            .map(|disk| disk.values_as("bus"))
            .unwrap_or_default()
    }

    /// Ways to keep the host from looking into a guest: `sev`, `sev-snp`, `s390-pv`.
    pub fn launch_security(&self) -> &[String] {
        self.features
            .as_ref()
            .and_then(|features| features.launch_security.as_ref())
            .map(|security| security.values("sectype"))
            .unwrap_or_default()
    }

    /// What can be switched on for Windows: `relaxed`, `vapic`, …
    pub fn hyperv(&self) -> &[String] {
        self.features
            .as_ref()
            .and_then(|features| features.hyperv.as_ref())
            .map(|hyperv| hyperv.values("features"))
            .unwrap_or_default()
    }

    /// Whether guests can have a feature, by the name of its element, as `backup` or `sev`.
    pub fn has_feature(&self, element: &str) -> bool {
        self.features
            .as_ref()
            .is_some_and(|features| features.has(element))
    }
}

impl DeviceSupport {
    /// What is said of a device by the name of its element, as `disk` or `rng`.
    pub fn device(&self, element: &str) -> Option<&Support> {
        let device = match element {
            "disk" => &self.disk,
            "graphics" => &self.graphics,
            "video" => &self.video,
            "hostdev" => &self.hostdev,
            "rng" => &self.rng,
            "filesystem" => &self.filesystem,
            "tpm" => &self.tpm,
            "redirdev" => &self.redirdev,
            "channel" => &self.channel,
            "crypto" => &self.crypto,
            "interface" => &self.interface,
            "panic" => &self.panic,
            _ => return None,
        };
        device.as_ref()
    }
}

impl FeatureSupport {
    /// Whether guests can have a feature, by the name of its element.
    pub fn has(&self, element: &str) -> bool {
        let feature = match element {
            "gic" => &self.gic,
            "vmcoreinfo" => &self.vmcoreinfo,
            "genid" => &self.genid,
            "backingStoreInput" => &self.backing_store_input,
            "backup" => &self.backup,
            "async-teardown" => &self.async_teardown,
            "s390-pv" => &self.s390_pv,
            "ps2" => &self.ps2,
            "hyperv" => &self.hyperv,
            "launchSecurity" => &self.launch_security,
            "sev" => return self.sev.as_ref().is_some_and(|sev| yes(sev.supported)),
            "sgx" => return self.sgx.as_ref().is_some_and(|sgx| yes(sgx.supported)),
            _ => return false,
        };
        feature.as_ref().is_some_and(Support::is_supported)
    }
}

fn yes(supported: Option<YesNo>) -> bool {
    supported.is_some_and(YesNo::is_set)
}
