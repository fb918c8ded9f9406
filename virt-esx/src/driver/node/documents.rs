//! What a host and its machines can do, as documents.

use virt_core::model::capabilities::{Guest, GuestArch, GuestDomain, Host, MigrationFeatures};
use virt_core::model::domain::{Cpu, CpuMode, CpuTopology, OsKind};
use virt_core::model::domain_capabilities::{
    CpuModeSupport, CpuSupport, DeviceSupport, LoaderSupport, MaxVcpus, OsSupport, Support, SupportedValues,
};
use virt_core::model::value::YesNo;
use virt_core::model::{Capabilities, DomainCapabilities, DomainType};
use virt_core::node::HypervisorTarget;
use virt_core::{Error, ErrorKind, Result};

use super::hardware::Hardware;

/// The architectures of guests, and their words.
const ARCHES: [(&str, u32); 2] = [("x86_64", 64), ("i686", 32)];

/// What machine and hypervisor can do.
pub(super) fn capabilities(hardware: &Hardware) -> Capabilities {
    let mut topology = CpuTopology::default();
    topology.sockets = Some(hardware.sockets());
    topology.cores = Some(hardware.cores_of_socket());
    topology.threads = Some(hardware.threads_of_core());
    let mut cpu = Cpu::default();
    cpu.arch = Some("x86_64".to_owned());
    cpu.vendor = hardware
        .packages
        .first()
        .and_then(|package| vendor(&package.vendor));
    cpu.topology = Some(topology);
    let mut migration = MigrationFeatures::default();
    migration.live = hardware.migrates;
    let mut host = Host::default();
    host.uuid = hardware.system.uuid.parse().ok();
    host.cpu = Some(cpu);
    host.migration_features = Some(migration);
    host.topology = Some(hardware.topology());
    let mut found = Capabilities::default();
    found.host = Some(host);
    found.guests = ARCHES.into_iter().map(guest).collect();
    found
}

/// As libvirt spells it.
fn vendor(name: &str) -> Option<String> {
    let known = match name.to_ascii_lowercase().as_str() {
        "intel" => "Intel",
        "amd" => "AMD",
        "hygon" => "Hygon",
        _ => return None,
    };
    Some(known.to_owned())
}

fn guest((name, word): (&str, u32)) -> Guest {
    let mut domain = GuestDomain::default();
    domain.kind = Some(DomainType::Vmware);
    let mut arch = GuestArch::default();
    arch.name = Some(name.to_owned());
    arch.wordsize = Some(word);
    arch.domains = vec![domain];
    let mut guest = Guest::default();
    guest.os_type = Some(OsKind::Hvm);
    guest.arch = Some(arch);
    guest
}

/// The architecture of guests that is asked about.
pub(super) fn check(target: &HypervisorTarget) -> Result<&'static str> {
    let refused = |what: &str, name: &str, there_is: &str| {
        let message = format!("there is no {what} {name:?} ({there_is})");
        Err(Error::new(ErrorKind::InvalidArgument, message))
    };
    if let Some(emulator) = &target.emulator {
        return refused("emulator", emulator, "ESX runs machines itself: say none");
    }
    if let Some(machine) = &target.machine {
        return refused("machine", machine, "ESX has one kind of them: say none");
    }
    check_kind(target.virt_type.as_ref())?;
    let wanted = target.arch.as_deref().unwrap_or("x86_64");
    match ARCHES.into_iter().find(|(name, _)| *name == wanted) {
        Some((name, _)) => Ok(name),
        None => refused("architecture", wanted, "there are: x86_64, i686"),
    }
}

/// Refuses kinds of guests that are not VMware's.
pub(super) fn check_kind(kind: Option<&DomainType>) -> Result<()> {
    match kind {
        None | Some(DomainType::Vmware) => Ok(()),
        Some(other) => {
            let message = format!(
                "there is no type of guest {:?} (there is: vmware)",
                other.as_str()
            );
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
    }
}

/// What machines can have, as far as they can be defined here.
pub(super) fn domain_capabilities(arch: &str, most_vcpus: Option<u32>) -> DomainCapabilities {
    let mut found = DomainCapabilities::default();
    found.domain = Some(DomainType::Vmware);
    found.arch = Some(arch.to_owned());
    found.vcpu = most_vcpus.map(|most| {
        let mut vcpu = MaxVcpus::default();
        vcpu.max = Some(most);
        vcpu
    });
    let mut loader = LoaderSupport::default();
    loader.supported = Some(YesNo::No);
    let mut os = OsSupport::default();
    os.supported = Some(YesNo::Yes);
    os.enums = vec![values("firmware", &["bios", "efi"])];
    os.loader = Some(loader);
    found.os = Some(os);
    // A machine has its host's CPU, and no model is chosen.
    let mut cpu = CpuSupport::default();
    cpu.modes = [
        CpuMode::HostPassthrough,
        CpuMode::Maximum,
        CpuMode::HostModel,
        CpuMode::Custom,
    ]
    .into_iter()
    .map(|mode| {
        let mut support = CpuModeSupport::default();
        (support.name, support.supported) = (Some(mode), Some(YesNo::No));
        support
    })
    .collect();
    found.cpu = Some(cpu);
    let mut devices = DeviceSupport::default();
    devices.disk = Some(supported(vec![
        values("diskDevice", &["disk", "cdrom", "floppy", "lun"]),
        values("bus", &["fdc", "ide", "scsi", "sata", "nvme"]),
    ]));
    devices.graphics = Some(supported(vec![values("type", &["vnc"])]));
    devices.video = Some(supported(vec![values("modelType", &["vmvga"])]));
    devices.rng = Some(unsupported());
    devices.redirdev = Some(unsupported());
    devices.crypto = Some(unsupported());
    devices.panic = Some(unsupported());
    found.devices = Some(devices);
    found
}

fn supported(enums: Vec<SupportedValues>) -> Support {
    let mut support = Support::default();
    (support.supported, support.enums) = (Some(YesNo::Yes), enums);
    support
}

fn unsupported() -> Support {
    let mut support = Support::default();
    support.supported = Some(YesNo::No);
    support
}

fn values(name: &str, values: &[&str]) -> SupportedValues {
    let mut found = SupportedValues::default();
    found.name = Some(name.to_owned());
    found.values = values.iter().map(|value| (*value).to_owned()).collect();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_written_and_read_as_any() {
        let mut hardware = Hardware::default();
        hardware.cpu.num_cpu_packages = 1;
        hardware.system.uuid = "e88d4d56-9f1e-3ea1-71fa-13a8e1a7fd70".to_owned();
        let found = capabilities(&hardware);
        found.validate().unwrap();
        let read = Capabilities::from_xml(&found.to_xml()).unwrap();
        assert!(read.supports("x86_64", &DomainType::Vmware) && read.supports("i686", &DomainType::Vmware));
        assert_eq!(read.host_arch(), Some("x86_64"));
        let can = domain_capabilities("i686", Some(128));
        can.validate().unwrap();
        let read = DomainCapabilities::from_xml(&can.to_xml()).unwrap();
        assert_eq!(
            (read.max_vcpus(), read.arch.as_deref()),
            (Some(128), Some("i686"))
        );
    }

    #[test]
    fn what_there_is_not_is_refused_by_name() {
        let target = HypervisorTarget::default;
        assert_eq!(check(&target()).unwrap(), "x86_64");
        assert_eq!(
            check(&target().arch("i686").virt_type(DomainType::Vmware)).unwrap(),
            "i686"
        );
        for (wrong, name) in [
            (target().machine("q35"), "q35"),
            (target().arch("riscv64"), "riscv64"),
            (target().emulator("/bin/true"), "/bin/true"),
            (target().virt_type(DomainType::Kvm), "kvm"),
        ] {
            let error = check(&wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
