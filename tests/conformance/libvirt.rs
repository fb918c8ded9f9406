//! Drivers of a real libvirtd as targets, over its socket: each case has a daemon of its own while it runs.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use virt_sdk::Domain;
use virt_sdk::agent::ExecRequest;
use virt_sdk::connection::ConnectionBuilder;
use virt_sdk::model::{ByteSize, Disk, DomainConfig, DomainType};
use virt_testkit::conformance::{Doing as _, Failure, Target, TargetChoice, Times};
use virt_testkit::live::guest::PROMPT;
use virt_testkit::live::libvirtd::Libvirtd;
use virt_testkit::live::libvirtd_options::LibvirtdOptions;
use virt_testkit::live::qemu::QemuBinary;

use crate::machines::Machines;

/// Daemons that no case has now.
static IDLE: Mutex<Vec<Libvirtd>> = Mutex::new(Vec::new());

/// The suite on the QEMU and the test driver of a libvirtd.
pub(crate) fn targets() -> [TargetChoice; 2] {
    [
        TargetChoice::new("libvirt-qemu", || {
            let qemu = QemuBinary::installed().map_err(|error| error.to_string())?;
            let machines = Machines::of(qemu)?;
            make("libvirt-qemu", Driver::Qemu(machines))
        }),
        TargetChoice::new("libvirt-test", || make("libvirt-test", Driver::Test)),
    ]
}

fn make(name: &'static str, driver: Driver) -> Result<Arc<dyn Target>, String> {
    let idle = idle().pop();
    let daemon = match idle {
        Some(daemon) => daemon,
        None => {
            let runtime = tokio::runtime::Handle::try_current().map_err(|error| error.to_string())?;
            let started = runtime.block_on(Libvirtd::start_with(&LibvirtdOptions::default().apart()));
            started.map_err(|error| error.to_string())?
        }
    };
    Ok(Arc::new(DaemonTarget {
        name,
        driver,
        daemon: Some(daemon),
    }))
}

fn idle() -> std::sync::MutexGuard<'static, Vec<Libvirtd>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
enum Driver {
    Qemu(Machines),
    Test,
}

#[derive(Debug)]
struct DaemonTarget {
    name: &'static str,
    driver: Driver,
    /// Given back when the case is over.
    daemon: Option<Libvirtd>,
}

impl Drop for DaemonTarget {
    fn drop(&mut self) {
        idle().extend(self.daemon.take());
    }
}

#[async_trait::async_trait]
impl Target for DaemonTarget {
    fn name(&self) -> &str {
        self.name
    }

    fn uri(&self, _place: &Path) -> String {
        let driver = match self.driver {
            Driver::Qemu(_) => "qemu+unix:///system",
            Driver::Test => "test+unix:///default",
        };
        let socket = self.daemon.as_ref().map(Libvirtd::socket).unwrap_or_default();
        format!("{driver}?socket={}", socket.display())
    }

    fn builder(&self) -> ConnectionBuilder {
        virt_sdk::Connection::builder().backends(virt_sdk::backends())
    }

    fn machine(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        match &self.driver {
            Driver::Qemu(machines) => machines.machine(place, name),
            Driver::Test => test_machine(place, name),
        }
    }

    fn guest(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        match &self.driver {
            Driver::Qemu(machines) => machines.guest(place, name),
            Driver::Test => test_machine(place, name),
        }
    }

    fn times(&self) -> Times {
        Times::booting_in(Duration::from_secs(12))
    }

    fn prompt(&self) -> Option<&str> {
        Some(PROMPT)
    }

    fn keeps_state(&self) -> bool {
        matches!(self.driver, Driver::Qemu(_))
    }

    fn needs_images(&self) -> bool {
        matches!(self.driver, Driver::Qemu(_))
    }

    fn has_directories(&self) -> bool {
        matches!(self.driver, Driver::Qemu(_))
    }

    async fn guest_powers_off(&self, domain: &Domain) -> Result<(), Failure> {
        tell(domain, "poweroff -f").await
    }

    async fn guest_reboots(&self, domain: &Domain) -> Result<(), Failure> {
        tell(domain, "reboot -f").await
    }

    async fn guest_panics(&self, domain: &Domain) -> Result<(), Failure> {
        tell(domain, "echo c > /proc/sysrq-trigger").await
    }

    async fn prepare(&self, place: &Path) -> Result<(), Failure> {
        // QEMU runs as another user there and has to get through.
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(place, mode).doing("opening the case's directory to all")
    }

    async fn leftovers(&self, _place: &Path) -> Vec<String> {
        Vec::new()
    }
}

fn test_machine(place: &Path, name: &str) -> Result<DomainConfig, Failure> {
    let config = DomainConfig::builder(name)
        .kind(DomainType::Test)
        .memory(ByteSize::mib(64))
        .disk(Disk::file(place.join(name).to_string_lossy()))
        .build()?;
    Ok(config)
}

/// Has the guest's shell do something a moment later, when it has answered.
async fn tell(domain: &Domain, command: &str) -> Result<(), Failure> {
    let script = format!("(sleep 0.2; {command}) </dev/null >/dev/null 2>&1 &");
    let request = ExecRequest::new("/bin/sh").args(["-c", script.as_str()]);
    let told = domain.agent().exec(&request).await;
    told.doing("telling the guest what to do").map(drop)
}
