//! Drivers of a real libvirtd as targets, over its socket: each case has a daemon of its own while it runs.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use virt_sdk::Domain;
use virt_sdk::connection::ConnectionBuilder;
use virt_sdk::model::domain::devices::ImageFormat;
use virt_sdk::model::{ByteSize, Device, Disk, DomainConfig, DomainType};
use virt_testkit::conformance::{Case, Doing as _, Failure, GuestNeed, Target, TargetChoice, Times};
use virt_testkit::live::guest::PROMPT;
use virt_testkit::live::libvirtd::Libvirtd;
use virt_testkit::live::libvirtd_options::LibvirtdOptions;
use virt_testkit::live::qemu::QemuBinary;

use crate::guest_shell::tell;
use crate::machines::Machines;
use crate::selection::{differs_by_version, whole};

/// Daemons that no case has now.
static IDLE: Mutex<Vec<Libvirtd>> = Mutex::new(Vec::new());

/// The suite on the QEMU and the test driver of a libvirtd.
pub(crate) fn targets() -> [TargetChoice; 2] {
    [
        TargetChoice::new("libvirt-qemu", || {
            let qemu = QemuBinary::installed().map_err(|error| error.to_string())?;
            let machines = Machines::of(qemu)?;
            make("libvirt-qemu", Driver::Qemu(machines))
        })
        .only(differs_by_daemon),
        TargetChoice::new("libvirt-test", || make("libvirt-test", Driver::Test)).only(simulated),
    ]
}

/// What a daemon does otherwise than the other backends: the objects that only it has, and what depends on the machine.
fn differs_by_daemon(case: &Case) -> bool {
    let own = matches!(
        case.theme(),
        "networks"
            | "network_changes"
            | "network_events"
            | "secrets"
            | "host"
            | "pools"
            | "volumes"
            | "transfers"
            | "storage_events"
            | "snapshots"
            | "saving"
    );
    match case.guest() {
        GuestNeed::Booted => whole() || differs_by_version(case),
        _ => whole() || own || case.theme() == "capabilities",
    }
}

/// Nothing boots in libvirt's test driver; that it says so is looked at. Devices, images, snapshots, saved states and
/// screens it only makes believe, each in its own way (flags it does not know, states it forgets): that is not what a
/// backend promises, and the connection says Unknown to it. It refuses some volumes by internal errors of its own, and
/// copies none whose size is not said.
fn simulated(case: &Case) -> bool {
    let make_believe = ["devices", "blocks", "snapshots", "saving", "screens"];
    let its_own_way = matches!(
        case.name().as_str(),
        "volumes::a_name_that_is_taken_is_refused"
            | "volumes::a_volume_that_has_no_room_is_refused"
            | "volumes::a_clone_is_as_large_as_its_origin_at_least"
    );
    let boots = case.guest() == GuestNeed::Booted;
    case.theme() == "capabilities" || !boots && !its_own_way && !make_believe.contains(&case.theme())
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
        other: Mutex::default(),
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
    /// Where domains can move to; given back, too.
    other: Mutex<Option<Libvirtd>>,
}

impl Drop for DaemonTarget {
    fn drop(&mut self) {
        let other = self.other.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut idle = idle();
        idle.extend(self.daemon.take());
        idle.extend(other.take());
    }
}

/// A daemon that is reached by this URI.
fn uri_of(daemon: &Libvirtd, driver: &str) -> String {
    format!("{driver}?socket={}", daemon.socket().display())
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
            Driver::Qemu(machines) => with_free_ports(machines.machine(place, name)?),
            Driver::Test => test_machine(place, name),
        }
    }

    fn guest(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        match &self.driver {
            Driver::Qemu(machines) => with_free_ports(machines.guest(place, name)?),
            Driver::Test => test_machine(place, name),
        }
    }

    fn for_snapshots(&self, mut config: DomainConfig) -> Result<DomainConfig, Failure> {
        if matches!(self.driver, Driver::Test) {
            return Ok(config);
        }
        let disks = config.devices.iter_mut().flat_map(|devices| &mut devices.disks);
        for disk in disks {
            let Some(path) = disk.source.as_mut().and_then(|source| source.file.as_mut()) else {
                continue;
            };
            let image = format!("{path}.qcow2");
            let made = std::process::Command::new("qemu-img")
                .args(["convert", "-f", "raw", "-O", "qcow2", path.as_str(), &image])
                .output()
                .doing("running qemu-img")?;
            if !made.status.success() {
                let said = String::from_utf8_lossy(&made.stderr).into_owned();
                return Err(Failure::new(format!("qemu-img failed: {said}")));
            }
            *path = image;
            *disk = disk.clone().format(ImageFormat::Qcow2);
        }
        Ok(config)
    }

    async fn migration_target(&self, _place: &Path) -> Result<Option<String>, Failure> {
        if matches!(self.driver, Driver::Test) {
            return Ok(None);
        }
        let found = idle().pop();
        let other = match found {
            Some(daemon) => daemon,
            None => Libvirtd::start().await.doing("starting a second daemon")?,
        };
        let uri = uri_of(&other, "qemu+unix:///system");
        *self.other.lock().unwrap_or_else(PoisonError::into_inner) = Some(other);
        Ok(Some(uri))
    }

    fn peer_uri(&self, _target: &virt_sdk::Connection) -> Option<String> {
        let other = self.other.lock().unwrap_or_else(PoisonError::into_inner);
        Some(uri_of(other.as_ref()?, "qemu+unix:///system"))
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

/// libvirt makes as many PCIe ports as there are devices: what is attached to a running machine needs more.
fn with_free_ports(mut config: DomainConfig) -> Result<DomainConfig, Failure> {
    const PORTS: u32 = 12;
    for index in 0..=PORTS {
        let model = if index == 0 { "pcie-root" } else { "pcie-root-port" };
        let port = format!("<controller type='pci' index='{index}' model='{model}'/>");
        Device::from_xml(&port)?.add_to(config.devices_mut());
    }
    Ok(config)
}

fn test_machine(place: &Path, name: &str) -> Result<DomainConfig, Failure> {
    let config = DomainConfig::builder(name)
        .kind(DomainType::Test)
        .memory(ByteSize::mib(64))
        .disk(Disk::file(place.join(name).to_string_lossy()))
        .build()?;
    Ok(config)
}
