//! Drivers of a real libvirtd as targets, over its socket: each case has a daemon of its own while it runs.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use virt_sdk::Domain;
use virt_sdk::connection::ConnectionBuilder;
use virt_sdk::model::domain::devices::{DiskBus, ImageFormat};
use virt_sdk::model::{ByteSize, Device, Disk, DomainConfig, DomainType};
use virt_testkit::conformance::{Case, Doing as _, Failure, GuestNeed, Target, TargetChoice, Times};
use virt_testkit::live::container;
use virt_testkit::live::guest;
use virt_testkit::live::libvirtd::Libvirtd;
use virt_testkit::live::libvirtd_options::LibvirtdOptions;
use virt_testkit::live::qemu::QemuBinary;

use crate::guest_shell::tell;
use crate::machines::Machines;
use crate::selection::{differs_by_version, whole};

/// Daemons that no case has now.
static IDLE: Mutex<Vec<Daemons>> = Mutex::new(Vec::new());

/// A daemon, and the one that its domains can move to, once it was needed.
#[derive(Debug)]
struct Daemons {
    main: Libvirtd,
    other: Option<Libvirtd>,
}

/// The suite on the QEMU, the LXC and the test driver of a libvirtd.
pub(crate) fn targets() -> [TargetChoice; 3] {
    [
        TargetChoice::new("libvirt-qemu", || {
            let qemu = QemuBinary::installed().map_err(|error| error.to_string())?;
            let machines = Machines::of(qemu)?;
            make("libvirt-qemu", Driver::Qemu(machines))
        })
        .only(differs_by_daemon),
        TargetChoice::new("libvirt-lxc", || make("libvirt-lxc", Driver::Lxc)).only(contained),
        TargetChoice::new("libvirt-test", || make("libvirt-test", Driver::Test)).only(simulated),
    ]
}

/// What a daemon does otherwise than the other backends: the objects that only it has, and what depends on the machine.
fn differs_by_daemon(case: &Case) -> bool {
    let own = matches!(case.theme(), "host" | "snapshots" | "saving" | "capabilities");
    match case.guest() {
        GuestNeed::Booted => whole() || differs_by_version(case),
        _ => whole() || own || is_of_other_objects(case),
    }
}

/// What is about other objects than domains.
fn is_of_other_objects(case: &Case) -> bool {
    matches!(
        case.theme(),
        "networks"
            | "network_changes"
            | "network_events"
            | "secrets"
            | "pools"
            | "volumes"
            | "transfers"
            | "storage_events"
    )
}

/// What containers do otherwise than machines; all that is about containers in `cargo xtask soak rpc`. The daemon's networks,
/// storage and secrets are those that its QEMU target is judged by.
fn contained(case: &Case) -> bool {
    let own = [
        "capabilities",
        "consoles",
        "starting",
        "ending",
        "statistics",
        "devices",
    ];
    own.contains(&case.theme()) || whole() && !is_of_other_objects(case)
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
    let daemons = match idle {
        Some(daemons) => daemons,
        None => {
            let runtime = tokio::runtime::Handle::try_current().map_err(|error| error.to_string())?;
            let started = runtime.block_on(Libvirtd::start_with(
                &LibvirtdOptions::default().apart().containers(),
            ));
            let main = started.map_err(|error| error.to_string())?;
            Daemons { main, other: None }
        }
    };
    Ok(Arc::new(DaemonTarget {
        name,
        driver,
        main: daemons.main.socket(),
        daemons: Mutex::new(Some(daemons)),
    }))
}

fn idle() -> MutexGuard<'static, Vec<Daemons>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
enum Driver {
    Qemu(Machines),
    Lxc,
    Test,
}

#[derive(Debug)]
struct DaemonTarget {
    name: &'static str,
    driver: Driver,
    /// The daemon's socket.
    main: PathBuf,
    /// Given back when the case is over.
    daemons: Mutex<Option<Daemons>>,
}

impl DaemonTarget {
    fn daemons(&self) -> MutexGuard<'_, Option<Daemons>> {
        self.daemons.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The URI of the daemon that domains can move to, where there is one yet.
    fn other(&self) -> Option<String> {
        let daemons = self.daemons();
        let socket = daemons.as_ref()?.other.as_ref()?.socket();
        Some(format!("qemu+unix:///system?socket={}", socket.display()))
    }
}

impl Drop for DaemonTarget {
    fn drop(&mut self) {
        let daemons = self.daemons().take();
        idle().extend(daemons);
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
            Driver::Lxc => "lxc+unix:///system",
            Driver::Test => "test+unix:///default",
        };
        format!("{driver}?socket={}", self.main.display())
    }

    fn builder(&self) -> ConnectionBuilder {
        virt_sdk::Connection::builder().backends(virt_sdk::backends())
    }

    fn machine(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        match &self.driver {
            Driver::Qemu(machines) => with_free_ports(machines.machine(place, name)?),
            Driver::Lxc => container_machine(place, name),
            Driver::Test => test_machine(place, name),
        }
    }

    fn guest(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        match &self.driver {
            Driver::Qemu(machines) => with_free_ports(machines.guest(place, name)?),
            Driver::Lxc => container_machine(place, name),
            Driver::Test => test_machine(place, name),
        }
    }

    fn disk(&self, place: &Path, target: &str) -> Result<Disk, Failure> {
        let path = place.join(format!("{target}.img"));
        let file = std::fs::File::create(&path).doing("making an image")?;
        file.set_len(16 << 20).doing("making an image large")?;
        let mut disk = Disk::file(path.to_string_lossy())
            .format(ImageFormat::Raw)
            .target(target);
        if !matches!(self.driver, Driver::Lxc) {
            return Ok(disk.bus(DiskBus::Virtio));
        }
        // Through a loop device, and on no bus.
        if let Some(driver) = &mut disk.driver {
            driver.name = Some("loop".to_owned());
        }
        Ok(disk)
    }

    fn for_snapshots(&self, mut config: DomainConfig) -> Result<DomainConfig, Failure> {
        if !matches!(self.driver, Driver::Qemu(_)) {
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
        if !matches!(self.driver, Driver::Qemu(_)) {
            return Ok(None);
        }
        if let Some(uri) = self.other() {
            return Ok(Some(uri));
        }
        let beside = match &*self.daemons() {
            Some(daemons) => LibvirtdOptions::default().beside(&daemons.main),
            None => return Ok(None),
        };
        let other = Libvirtd::start_with(&beside).await;
        let other = other.doing("starting a second daemon")?;
        if let Some(daemons) = &mut *self.daemons() {
            daemons.other = Some(other);
        }
        Ok(self.other())
    }

    fn peer_uri(&self, _target: &virt_sdk::Connection) -> Option<String> {
        self.other()
    }

    fn times(&self) -> Times {
        Times::booting_in(Duration::from_secs(12))
    }

    fn prompt(&self) -> Option<&str> {
        Some(match self.driver {
            Driver::Lxc => container::PROMPT,
            Driver::Qemu(_) | Driver::Test => guest::PROMPT,
        })
    }

    fn has_agents(&self) -> bool {
        !matches!(self.driver, Driver::Lxc)
    }

    fn keeps_state(&self) -> bool {
        !matches!(self.driver, Driver::Test)
    }

    fn needs_images(&self) -> bool {
        matches!(self.driver, Driver::Qemu(_))
    }

    fn has_directories(&self) -> bool {
        !matches!(self.driver, Driver::Test)
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

/// A container whose first process gives a shell at its console: libvirt starts none without one.
fn container_machine(place: &Path, name: &str) -> Result<DomainConfig, Failure> {
    let root = place.join(format!("{name}.root"));
    container::make_root(&root).doing("making the root of a container")?;
    let text = format!(
        "<domain type='lxc'><name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>\
         <os><type>exe</type><init>/sbin/init</init></os><devices><filesystem type='mount'>\
         <source dir='{}'/><target dir='/'/></filesystem><console type='pty'/></devices></domain>",
        root.display()
    );
    Ok(DomainConfig::from_xml(&text)?)
}

fn test_machine(place: &Path, name: &str) -> Result<DomainConfig, Failure> {
    let config = DomainConfig::builder(name)
        .kind(DomainType::Test)
        .memory(ByteSize::mib(64))
        .disk(Disk::file(place.join(name).to_string_lossy()))
        .build()?;
    Ok(config)
}
