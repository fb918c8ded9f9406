//! `lxc:///embed` as a target: real containers, each case with a directory of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use virt_sdk::Domain;
use virt_sdk::agent::ExecRequest;
use virt_sdk::connection::ConnectionBuilder;
use virt_sdk::model::{Device, DomainConfig};
use virt_testkit::conformance::{Case, Doing as _, Failure, Target, TargetChoice, Times};
use virt_testkit::live::container::PROMPT;
use virt_testkit::live::far::FarMachine;
use virt_testkit::live::lxc::{Init, Leftover, LxcTools, Rootfs, Scope};

use crate::guest_shell::tell;
use crate::selection::whole;

/// How long a connection that was dropped may take to end what it started.
const ENDING: Duration = Duration::from_secs(2);

/// All cases on this machine, and those that the way changes over a real sshd.
pub(crate) fn targets() -> [TargetChoice; 2] {
    [
        TargetChoice::new("lxc", || make("lxc", None)),
        TargetChoice::new("lxc+ssh", || {
            let runtime = tokio::runtime::Handle::try_current().map_err(|error| error.to_string())?;
            let far = runtime.block_on(FarMachine::start(|sshd| sshd));
            make("lxc+ssh", Some(far.map_err(|error| error.to_string())?))
        })
        .only(differs_by_way),
    ]
}

/// What the way to the machine may change; all of it in `cargo xtask soak lxc`.
fn differs_by_way(case: &Case) -> bool {
    let through_the_machine = [
        "agents",
        "cancelling",
        "capabilities",
        "concurrency",
        "connection",
        "consoles",
        "devices",
        "ending",
        "events",
        "snapshots",
        "starting",
        "statistics",
        "suspending",
    ];
    whole() || through_the_machine.contains(&case.theme())
}

fn make(name: &'static str, far: Option<FarMachine>) -> Result<Arc<dyn Target>, String> {
    LxcTools::check().map_err(|error| error.to_string())?;
    Ok(Arc::new(Containers { name, far }))
}

#[derive(Debug)]
struct Containers {
    name: &'static str,
    far: Option<FarMachine>,
}

impl Containers {
    /// The containers of a case.
    fn directory(place: &Path) -> std::path::PathBuf {
        place.join("lxc")
    }
}

#[async_trait::async_trait]
impl Target for Containers {
    fn name(&self) -> &str {
        self.name
    }

    fn uri(&self, place: &Path) -> String {
        let directory = Self::directory(place);
        match &self.far {
            Some(far) => far.uri_of("lxc", &directory),
            None => format!("lxc:///embed?root={}", directory.display()),
        }
    }

    fn builder(&self) -> ConnectionBuilder {
        virt_sdk::Connection::builder().backends(virt_sdk::backends())
    }

    fn machine(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        let root = Rootfs::make_with(&place.join(format!("{name}.root")), Init::Controlled)
            .doing("making the root of a container")?;
        let text = format!(
            "<domain type='lxc'><name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>\
             <os><type>exe</type><init>/sbin/init</init></os><features><privnet/></features>\
             <devices><filesystem type='mount'><source dir='{}'/><target dir='/'/></filesystem>\
             <interface type='ethernet'><ip address='198.51.100.7' prefix='24'/></interface><console type='pty'/></devices></domain>",
            root.path().display()
        );
        Ok(DomainConfig::from_xml(&text)?)
    }

    fn guest(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        self.machine(place, name)
    }

    fn device(&self, _place: &Path) -> Result<Device, Failure> {
        let text = "<interface type='ethernet'><mac address='52:54:00:aa:bb:cc'/></interface>";
        Ok(Device::from_xml(text)?)
    }

    fn has_drives(&self) -> bool {
        false
    }

    fn with_balloon(&self, config: DomainConfig) -> DomainConfig {
        config
    }

    fn agents_need_channels(&self) -> bool {
        false
    }

    fn keeps_id_over_reboots(&self) -> bool {
        false
    }

    fn has_kernels(&self) -> bool {
        false
    }

    fn refused_device(&self) -> Option<(&str, &str)> {
        Some(("<graphics type='vnc'/>", "graphics"))
    }

    fn times(&self) -> Times {
        Times::booting_in(Duration::from_secs(5))
    }

    fn prompt(&self) -> Option<&str> {
        Some(PROMPT)
    }

    fn keeps_state(&self) -> bool {
        true
    }

    fn needs_images(&self) -> bool {
        false
    }

    async fn boots(&self, domain: &Domain) -> Result<(), Failure> {
        // Its init listens last at its control pipe.
        let script = "until [ -p /run/initctl ]; do sleep 0.01; done";
        let request = ExecRequest::new("/bin/sh").args(["-c", script]);
        let booted = domain.agent().exec(&request).await;
        booted.doing("waiting for the container's init").map(drop)
    }

    async fn guest_powers_off(&self, domain: &Domain) -> Result<(), Failure> {
        tell(domain, "poweroff -f").await
    }

    async fn guest_reboots(&self, domain: &Domain) -> Result<(), Failure> {
        tell(domain, "reboot -f").await
    }

    async fn guest_panics(&self, _domain: &Domain) -> Result<(), Failure> {
        Err(Failure::not_here("a container has no kernel that could panic"))
    }

    async fn prepare(&self, _place: &Path) -> Result<(), Failure> {
        Ok(())
    }

    async fn leftovers(&self, place: &Path) -> Vec<String> {
        let scope = Scope::of(&Self::directory(place));
        let until = Instant::now() + ENDING;
        let mut sentences = loop {
            let found = match scope.find() {
                Ok(found) => found,
                Err(error) => return vec![error.to_string()],
            };
            let left = found.iter().filter(|one| !is_of_liblxc_itself(one));
            let sentences: Vec<String> = left.map(ToString::to_string).collect();
            if sentences.is_empty() || Instant::now() > until {
                break sentences;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        if let Err(error) = scope.remove() {
            sentences.push(error.to_string());
        }
        sentences
    }
}

/// Its locks stay for ever, and its daemon for half a minute after the last who listened.
fn is_of_liblxc_itself(left: &Leftover) -> bool {
    match left {
        Leftover::Lock(_) => true,
        Leftover::Process { title, .. } => title.contains("lxc-monitord"),
        _ => false,
    }
}
