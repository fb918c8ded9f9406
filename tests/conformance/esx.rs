//! The ESX driver on the simulator of vSphere, as a host and as a vCenter: each case has a simulator of its own while it
//! runs. Nothing of it is a real ESX.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use virt_sdk::connection::ConnectionBuilder;
use virt_sdk::credentials::{CredentialKind, CredentialRequest, Secret};
use virt_sdk::model::domain::devices::DiskBus;
use virt_sdk::model::{Device, Disk, DomainConfig, Interface};
use virt_sdk::{Connection, Domain};
use virt_testkit::conformance::{Case, Doing as _, Failure, Target, TargetChoice, Times};
use virt_testkit::live::vsphere::{Control, Simulator, SimulatorOptions};

/// Simulators that no case has now, of hosts and of vCenters.
static IDLE: [Mutex<Vec<Simulator>>; 2] = [Mutex::new(Vec::new()), Mutex::new(Vec::new())];

/// What makes the names of directories differ: machines are configured beside their images, and one that was forgotten
/// leaves its file there.
static DIRECTORIES: AtomicU32 = AtomicU32::new(1);

/// The name and the password that the guests of the simulator take.
const GUEST: &str = "guest";

/// The address of the card that machines are given and let go of.
const ADDRESS: &str = "00:50:56:00:00:11";

/// How large the images are.
const IMAGE_KIB: u64 = 16 << 10;

/// The host by itself, and what a vCenter does otherwise.
pub(crate) fn targets() -> [TargetChoice; 2] {
    [
        TargetChoice::new("esx", || make(Kind::Host)).only(can_be_here),
        TargetChoice::new("vpx", || make(Kind::Center)).only(differs_by_vcenter),
    ]
}

/// What about ESX, or about the simulator, keeps a case, or all of a theme, from being so here. All else is judged.
const LEFT_OUT: &[(&str, &[&str])] = &[
    (
        "a machine of ESX has a name and a description, and neither a title nor metadata of applications",
        &[
            "definitions::a_definition_reads_back_as_it_was_written",
            "definitions::unknown_metadata_is_kept",
        ],
    ),
    (
        "its document tells how the server calls it, which is another name each time",
        &["definitions::xml_can_be_defined_again"],
    ),
    (
        "it has as many vCPUs as it has, and no maximum beside that",
        &["vcpus::more_vcpus_than_the_maximum_are_refused"],
    ),
    (
        "tools run in every guest of the simulator; one without them is asked in the backend's own tests",
        &["ending::a_shutdown_through_an_agent_that_is_not_there_is_refused"],
    ),
    (
        "the image of a disk is looked for when a machine is defined, and it is not defined without",
        &["starting::a_machine_whose_image_is_missing_does_not_start_and_the_image_is_named"],
    ),
    (
        "one that is registered is changed setting by setting: it is not defined anew as a whole",
        &[
            "definitions::a_redefinition_replaces_the_inactive_configuration",
            "definitions::definitions_are_told_as_events",
            "input::a_refused_document_changes_nothing",
        ],
    ),
    (
        "a machine has one configuration: what it is given while it runs, it keeps",
        &["devices::a_running_machine_gets_a_device_for_this_run"],
    ),
    (
        "what follows when a guest powers off or reboots is not for its configuration to say",
        &[
            "policies::a_guest_that_powers_off_starts_again_when_told_so",
            "policies::a_guest_that_reboots_ends_when_told_so",
        ],
    ),
    (
        "VMware Tools do not tell who is logged in",
        &["agents::a_guest_tells_its_system_its_name_and_its_users"],
    ),
    (
        "nobody keeps notes of a snapshot beside itself",
        &[
            "snapshots::a_snapshot_knows_its_parent_and_what_comes_after_it",
            "snapshots::a_deleted_snapshot_can_be_noted_again",
        ],
    ),
    (
        "a machine that is suspended is saved by that, and told as paused whoever suspended it",
        &["saving::the_next_start_goes_on_from_a_managed_save"],
    ),
    (
        "a server measures how busy processors are, and does not count their time",
        &[
            "statistics::all_groups_of_a_guest_are_filled",
            "statistics::cpu_time_grows_while_a_guest_runs",
            "host::processors_are_counted_and_what_they_do_is_told",
        ],
    ),
    (
        "a pool is a datastore, and a host is given none but those on the network; what is in one is called by what it is \
         (.vmdk, .iso), and a disk is written as a whole. The backend's own tests are about them",
        &[
            "pools",
            "volumes",
            "transfers",
            "storage_events",
            "capabilities::what_says_yes_works_and_what_says_no_is_unsupported_of_storage",
        ],
    ),
];

/// The cases that can be so here.
fn can_be_here(case: &Case) -> bool {
    let name = case.name();
    let is_here = |left_out: &str| left_out == name || left_out == case.theme();
    !LEFT_OUT
        .iter()
        .any(|(_, cases)| cases.iter().any(|left_out| is_here(left_out)))
}

/// What goes by other ways in a vCenter: where machines are, and whose files they are. The rest is the same code.
fn differs_by_vcenter(case: &Case) -> bool {
    let own = [
        "connection",
        "definitions",
        "lists",
        "starting",
        "events",
        "changing",
        "snapshots",
        "host",
    ];
    own.contains(&case.theme()) && can_be_here(case)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Host,
    Center,
}

impl Kind {
    fn idle(self) -> MutexGuard<'static, Vec<Simulator>> {
        let [hosts, centers] = &IDLE;
        let idle = match self {
            Self::Host => hosts,
            Self::Center => centers,
        };
        idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn options(self) -> SimulatorOptions {
        match self {
            Self::Host => SimulatorOptions::esx(),
            Self::Center => SimulatorOptions::vcenter().with_clusters(0),
        }
        .with_machines(0)
    }
}

fn make(kind: Kind) -> Result<Arc<dyn Target>, String> {
    let idle = kind.idle().pop();
    let simulator = match idle {
        Some(simulator) => simulator,
        None => {
            let runtime = tokio::runtime::Handle::try_current().map_err(|error| error.to_string())?;
            let started = runtime.block_on(Simulator::start(kind.options()));
            started.map_err(|error| error.to_string())?
        }
    };
    let host_port = simulator.host_port();
    let uri = match kind {
        Kind::Host => format!("esx://{host_port}/?no_verify=1"),
        Kind::Center => format!("vpx://{host_port}/DC0/DC0_H0?no_verify=1"),
    };
    Ok(Arc::new(Simulated {
        kind,
        uri,
        login: (simulator.user().to_owned(), simulator.password().to_owned()),
        simulator: Mutex::new(Some(simulator)),
    }))
}

#[derive(Debug)]
struct Simulated {
    kind: Kind,
    uri: String,
    /// Who logs in, and with which password.
    login: (String, String),
    /// Given back when the case is over.
    simulator: Mutex<Option<Simulator>>,
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let simulator = self
            .simulator
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.kind.idle().extend(simulator);
    }
}

impl Simulated {
    /// An image that nobody else has.
    fn image(&self, place: &Path, name: &str) -> Result<String, Failure> {
        let control = {
            let simulator = self.simulator.lock().unwrap_or_else(PoisonError::into_inner);
            simulator.as_ref().map(Simulator::control)
        };
        let control = control.ok_or_else(|| Failure::new("the case is over"))?;
        let file = file(place, name);
        make_image(control, file.clone())?;
        Ok(file)
    }

    /// Somebody else's connection.
    async fn other(&self) -> Result<Connection, Failure> {
        let opened = self.builder().open(&self.uri).await;
        opened.doing("connecting as somebody else")
    }
}

/// The name of a file that nobody else has, in the only datastore.
fn file(place: &Path, name: &str) -> String {
    let case = place.file_name().unwrap_or_default().to_string_lossy();
    let number = DIRECTORIES.fetch_add(1, Ordering::Relaxed);
    format!("[LocalDS_0] {case}-{number}/{name}.vmdk")
}

/// A card in the only network, with this address or one that the server makes.
fn interface(address: Option<&str>) -> Result<Interface, Failure> {
    let mac = address.map(|address| format!("<mac address='{address}'/>"));
    let text = format!(
        "<interface type='bridge'>{}<source bridge='VM Network'/><model type='vmxnet3'/></interface>",
        mac.unwrap_or_default()
    );
    match Device::from_xml(&text)? {
        Device::Interface(interface) => Ok(*interface),
        other => Err(Failure::new(format!("it is no interface: {other:?}"))),
    }
}

/// Has the simulator make an image. It is waited for by a thread of its own: who asks is no task that could wait.
fn make_image(control: Control, file: String) -> Result<(), Failure> {
    let making = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let made = runtime.block_on(control.make_disk(&file, IMAGE_KIB));
        made.map_err(|error| error.to_string())
    });
    let made = making.join();
    made.unwrap_or_else(|_| Err("its thread has ended".to_owned()))
        .map_err(|error| Failure::new(format!("making an image: {error}")))
}

#[async_trait::async_trait]
impl Target for Simulated {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Host => "esx",
            Kind::Center => "vpx",
        }
    }

    fn uri(&self, _place: &Path) -> String {
        self.uri.clone()
    }

    fn builder(&self) -> ConnectionBuilder {
        let (user, password) = self.login.clone();
        let answer = move |request: CredentialRequest| {
            let answer = match request.kind {
                CredentialKind::GuestUserName(_) | CredentialKind::GuestPassword(_) => GUEST.to_owned(),
                CredentialKind::UserName => user.clone(),
                _ => password.clone(),
            };
            async move { Some(Secret::new(answer)) }
        };
        Connection::builder()
            .backends(virt_sdk::backends())
            .credentials(answer)
    }

    fn machine(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        let text = format!(
            "<domain type='vmware'><name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>\
             <os><type arch='x86_64'>hvm</type></os><devices>\
             <disk type='file' device='disk'><source file='{}'/><target dev='sda' bus='scsi'/></disk>\
             <controller type='scsi' index='0' model='lsilogic'/></devices></domain>",
            self.image(place, "disk")?
        );
        Ok(DomainConfig::from_xml(&text)?)
    }

    fn guest(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        let mut config = self.machine(place, name)?;
        config.devices_mut().interfaces.push(interface(None)?);
        Ok(config)
    }

    fn disk(&self, place: &Path, target: &str) -> Result<Disk, Failure> {
        let mut disk = Disk::file(self.image(place, target)?)
            .target(target)
            .bus(DiskBus::Scsi);
        // Whose name would be that of its controller.
        disk.driver = None;
        Ok(disk)
    }

    fn disk_target(&self) -> &str {
        "sdb"
    }

    fn device(&self, _place: &Path) -> Result<Device, Failure> {
        Ok(interface(Some(ADDRESS))?.into())
    }

    fn with_balloon(&self, config: DomainConfig) -> DomainConfig {
        config
    }

    fn agents_need_channels(&self) -> bool {
        false
    }

    fn has_kernels(&self) -> bool {
        false
    }

    fn refused_device(&self) -> Option<(&str, &str)> {
        Some(("<tpm model='tpm-tis'><backend type='emulator'/></tpm>", "tpm"))
    }

    fn times(&self) -> Times {
        Times::booting_in(Duration::from_secs(2))
    }

    fn prompt(&self) -> Option<&str> {
        None
    }

    fn keeps_state(&self) -> bool {
        true
    }

    fn needs_images(&self) -> bool {
        true
    }

    fn has_directories(&self) -> bool {
        false
    }

    async fn guest_powers_off(&self, domain: &Domain) -> Result<(), Failure> {
        let other = self.other().await?;
        let same = other.domain(domain.uuid()).await.doing("looking it up")?;
        same.shutdown().await.doing("having the guest power off")?;
        other.shutdown().await.doing("leaving")
    }

    async fn guest_reboots(&self, domain: &Domain) -> Result<(), Failure> {
        let other = self.other().await?;
        let same = other.domain(domain.uuid()).await.doing("looking it up")?;
        same.reboot().await.doing("having the guest reboot")?;
        other.shutdown().await.doing("leaving")
    }

    async fn guest_panics(&self, _domain: &Domain) -> Result<(), Failure> {
        Err(Failure::not_here(
            "nothing runs in the simulator's guests that could panic",
        ))
    }

    async fn prepare(&self, _place: &Path) -> Result<(), Failure> {
        Ok(())
    }

    async fn leftovers(&self, _place: &Path) -> Vec<String> {
        match self.forget_all().await {
            Ok(names) if names.is_empty() => Vec::new(),
            Ok(names) => vec![format!("machines are left: {}", names.join(", "))],
            Err(failure) => vec![failure.to_string()],
        }
    }
}

impl Simulated {
    /// Removes the machines that are left; their names.
    async fn forget_all(&self) -> Result<Vec<String>, Failure> {
        let conn = self.other().await?;
        let mut names = Vec::new();
        for domain in conn.domains().await.doing("listing what is left")? {
            names.push(domain.name().to_owned());
            // One that does not run is not destroyed.
            drop(domain.destroy().await);
            domain.undefine().await.doing("removing what is left")?;
        }
        conn.shutdown().await.doing("leaving")?;
        Ok(names)
    }
}
