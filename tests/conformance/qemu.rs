//! `qemu:///embed` as a target: real QEMUs, each case with a root directory of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use virt_sdk::Domain;
use virt_sdk::connection::ConnectionBuilder;
use virt_sdk::model::DomainConfig;
use virt_testkit::conformance::{Case, Failure, GuestNeed, Target, TargetChoice, Times};
use virt_testkit::live::far::FarMachine;
use virt_testkit::live::guest::PROMPT;
use virt_testkit::live::leftovers;
use virt_testkit::live::qemu::QemuBinary;

use crate::guest_shell::tell;
use crate::machines::Machines;
use crate::selection::{differs_by_version, whole};

/// All cases on the installed QEMU, those that start machines on 7.2, and those that differ by distance over a real sshd.
pub(crate) fn targets() -> [TargetChoice; 3] {
    [
        TargetChoice::new("qemu", || make("qemu", QemuBinary::installed(), None)),
        TargetChoice::new("qemu+ssh", || {
            let runtime = tokio::runtime::Handle::try_current().map_err(|error| error.to_string())?;
            let far = runtime.block_on(FarMachine::start(|sshd| sshd));
            let far = far.map_err(|error| error.to_string())?;
            make("qemu+ssh", QemuBinary::installed(), Some(far))
        })
        .only(differs_by_distance),
        TargetChoice::new("qemu-7.2", || make("qemu-7.2", QemuBinary::version_7_2(), None))
            .only(differs_by_version),
    ]
}

fn make(
    name: &'static str,
    qemu: Result<QemuBinary, virt_testkit::live::LiveError>,
    far: Option<FarMachine>,
) -> Result<Arc<dyn Target>, String> {
    let qemu = qemu.map_err(|error| error.to_string())?;
    let machines = Machines::of(qemu)?;
    Ok(Arc::new(QemuTarget { name, machines, far }))
}

/// What a far machine may do otherwise than a near one: what goes to it, not what is answered here.
fn differs_by_distance(case: &Case) -> bool {
    let goes_there = matches!(
        case.theme(),
        "access" | "definitions" | "identity" | "transient" | "cancelling" | "concurrency"
    );
    whole() || differs_by_version(case) || goes_there && case.guest() != GuestNeed::Booted
}

#[derive(Debug)]
struct QemuTarget {
    name: &'static str,
    machines: Machines,
    /// The machine the work is done on; this one, directly, where there is none.
    far: Option<FarMachine>,
}

#[async_trait::async_trait]
impl Target for QemuTarget {
    fn name(&self) -> &str {
        self.name
    }

    fn uri(&self, place: &Path) -> String {
        let root = place.join("root");
        match &self.far {
            Some(far) => far.uri(&root),
            None => format!("qemu:///embed?root={}", root.display()),
        }
    }

    fn builder(&self) -> ConnectionBuilder {
        virt_sdk::Connection::builder().backends(virt_sdk::backends())
    }

    fn machine(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        self.machines.machine(place, name)
    }

    fn guest(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        self.machines.guest(place, name)
    }

    fn times(&self) -> Times {
        // 3 to 5 s alone under TCG; two boot at a time, beside whatever else the machine does.
        Times::booting_in(Duration::from_secs(12))
    }

    fn prompt(&self) -> Option<&str> {
        Some(PROMPT)
    }

    fn keeps_state(&self) -> bool {
        true
    }

    fn needs_images(&self) -> bool {
        true
    }

    fn refused_device(&self) -> Option<(&str, &str)> {
        Some((
            "<hostdev mode='subsystem' type='pci'><source>\
             <address domain='0x0000' bus='0x06' slot='0x02' function='0x0'/></source></hostdev>",
            "hostdev",
        ))
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

    async fn prepare(&self, _place: &Path) -> Result<(), Failure> {
        Ok(())
    }

    async fn leftovers(&self, place: &Path) -> Vec<String> {
        let mut left = Vec::new();
        match leftovers::processes_in(place) {
            Ok(processes) => {
                for process in processes {
                    left.push(format!("{} (pid {}) still runs", process.program, process.pid));
                    if let Err(error) = leftovers::kill(&process) {
                        left.push(format!("it cannot be killed: {error}"));
                    }
                }
            }
            Err(error) => left.push(format!("/proc cannot be read: {error}")),
        }
        for directory in ["root/run", "root/runs"] {
            let entries = std::fs::read_dir(place.join(directory))
                .into_iter()
                .flatten()
                .flatten();
            left.extend(entries.map(|entry| format!("{} is left", entry.path().display())));
        }
        left
    }
}
