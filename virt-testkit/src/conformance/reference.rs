//! The reference driver as a target: `test:///default`.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use virt_core::connection::ConnectionBuilder;
use virt_core::model::{ByteSize, Channel, Console, Disk, DomainConfig, DomainType, Interface};
use virt_core::test::{GuestControl, TestControl};
use virt_core::{Connection, Domain};

use super::{Doing, Failure, Target, Times};

/// `test:///default`: every connection is a world of its own, and ends with it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReferenceTarget;

#[async_trait]
impl Target for ReferenceTarget {
    fn name(&self) -> &str {
        "test"
    }

    fn uri(&self, _place: &Path) -> String {
        "test:///default".to_owned()
    }

    fn builder(&self) -> ConnectionBuilder {
        Connection::builder()
    }

    fn machine(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        let disk = place.join(format!("{name}.qcow2"));
        let config = DomainConfig::builder(name)
            .kind(DomainType::Test)
            .memory(ByteSize::mib(64))
            .disk(Disk::file(disk.to_string_lossy()))
            .build()?;
        Ok(config)
    }

    fn guest(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        let disk = place.join(format!("{name}.qcow2"));
        let config = DomainConfig::builder(name)
            .kind(DomainType::Test)
            .memory(ByteSize::mib(256))
            .disk(Disk::file(disk.to_string_lossy()))
            .interface(Interface::user())
            .console(Console::pty())
            .channel(Channel::guest_agent())
            .build()?;
        Ok(config)
    }

    async fn migration_target(&self, _place: &Path) -> Result<Option<String>, Failure> {
        Ok(Some("test:///empty".to_owned()))
    }

    fn peer_uri(&self, target: &Connection) -> Option<String> {
        Some(TestControl::of(target).ok()?.migration_uri())
    }

    fn times(&self) -> Times {
        let mut times = Times::booting_in(Duration::from_secs(2));
        times.quiet = Duration::from_millis(100);
        times
    }

    fn prompt(&self) -> Option<&str> {
        None
    }

    fn keeps_state(&self) -> bool {
        false
    }

    fn needs_images(&self) -> bool {
        false
    }

    async fn guest_powers_off(&self, domain: &Domain) -> Result<(), Failure> {
        control(domain)?.power_off().doing("powering the guest off")
    }

    async fn guest_reboots(&self, domain: &Domain) -> Result<(), Failure> {
        control(domain)?.reboot().doing("rebooting the guest")
    }

    async fn guest_panics(&self, domain: &Domain) -> Result<(), Failure> {
        control(domain)?.panic("").doing("having the guest panic")
    }

    async fn prepare(&self, _place: &Path) -> Result<(), Failure> {
        Ok(())
    }

    async fn leftovers(&self, _place: &Path) -> Vec<String> {
        Vec::new()
    }
}

fn control(domain: &Domain) -> Result<GuestControl, Failure> {
    let control = TestControl::of(domain.connection()).doing("controlling the connection")?;
    control.guest(domain).doing("controlling the guest")
}
