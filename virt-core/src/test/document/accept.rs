//! Which documents the driver takes, and what it fills in when it does.

use uuid::Uuid;

use super::profile::action;
use crate::domain::{DomainName, LifecycleAction, LifecycleEvent};
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::model::domain::LifecycleAction as Written;
use crate::model::domain::devices::{InterfaceMac, MemBalloonModel};
use crate::model::{
    ByteSize, Channel, Console, Disk, DomainConfig, DomainType, Interface, MacAddress, Serial,
};

/// A document as it is kept: checked, without an id, with defaults filled in.
///
/// The driver simulates whatever a valid document asks for; only what would have to happen and can't is refused.
pub(in crate::test) fn accept(config: &DomainConfig) -> Result<DomainConfig> {
    DomainName::new(config.name.clone())?;
    config.validate()?;
    for (event, written) in [
        (LifecycleEvent::Poweroff, &config.on_poweroff),
        (LifecycleEvent::Reboot, &config.on_reboot),
        (LifecycleEvent::Crash, &config.on_crash),
    ] {
        let Some(written) = written else { continue };
        let element = Subject::Element(format!("/domain/{}", element_of(event)));
        let refused = |error: Error| error.with_subject(element.clone());
        let action = action(written).ok_or_else(|| refused(unknown_action(written)))?;
        check_action(event, action).map_err(refused)?;
    }
    let mut config = config.clone();
    config.id = None;
    fill_in(&mut config);
    Ok(config)
}

fn element_of(event: LifecycleEvent) -> &'static str {
    match event {
        LifecycleEvent::Poweroff => "on_poweroff",
        LifecycleEvent::Reboot => "on_reboot",
        LifecycleEvent::Crash => "on_crash",
    }
}

fn unknown_action(written: &Written) -> Error {
    let message = format!(
        "{written:?} is no action (there are: destroy, restart, preserve, rename-restart, coredump-destroy, coredump-restart)",
        written = written.as_str()
    );
    Error::new(ErrorKind::InvalidConfig, message)
}

/// Whether the driver can do this then.
pub(in crate::test) fn check_action(event: LifecycleEvent, action: LifecycleAction) -> Result<()> {
    match (event, action) {
        (_, LifecycleAction::RestartRename) => Err(Error::unsupported(
            "the test driver does not restart domains under another name",
        )),
        (
            LifecycleEvent::Poweroff | LifecycleEvent::Reboot,
            LifecycleAction::CoredumpDestroy | LifecycleAction::CoredumpRestart,
        ) => Err(Error::new(
            ErrorKind::InvalidArgument,
            "a core dump is written when the guest crashes only",
        )),
        _ => Ok(()),
    }
}

/// What libvirt writes down where devices are silent.
pub(super) fn complete(config: &mut DomainConfig) {
    for interface in config
        .devices
        .iter_mut()
        .flat_map(|devices| &mut devices.interfaces)
    {
        let mac = interface.mac.get_or_insert_with(InterfaceMac::default);
        mac.address.get_or_insert_with(random_mac);
    }
}

/// What libvirt writes down where a document is silent.
fn fill_in(config: &mut DomainConfig) {
    if config.current_memory.is_none() {
        config.current_memory = config.memory.as_ref().map(|memory| memory.size.into());
    }
    config.vcpu.get_or_insert_with(|| 1.into());
    config.on_poweroff.get_or_insert(Written::Destroy);
    config.on_reboot.get_or_insert(Written::Restart);
    config.on_crash.get_or_insert(Written::Destroy);
    complete(config);
}

/// An address from the range that belongs to virtual machines of QEMU.
fn random_mac() -> MacAddress {
    let [a, b, c, ..] = *Uuid::new_v4().as_bytes();
    MacAddress::new([0x52, 0x54, 0x00, a, b, c])
}

/// The domain that is there in `test:///default`: name, uuid, vCPUs and memory as in libvirt's, and devices to use.
pub(in crate::test) fn default_domain(uuid: Uuid) -> Result<DomainConfig> {
    let config = DomainConfig::builder("test")
        .kind(DomainType::Test)
        .uuid(uuid)
        .memory(ByteSize::gib(8))
        .vcpus(2)
        .disk(Disk::file("/guest/diskimage1").target("vda"))
        .interface(Interface::user().mac(MacAddress::new([0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff])))
        .serial(Serial::pty())
        .console(Console::pty())
        .channel(Channel::guest_agent())
        .balloon(MemBalloonModel::Virtio)
        .build()?;
    accept(&config)
}
