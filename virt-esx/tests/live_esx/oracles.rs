//! Second opinions: libvirt's own driver, by virsh, and VMware's own client, on the same simulator as ours.

use std::collections::BTreeMap;
use std::sync::Arc;

use virt_core::domain::{DomainFilter, DomainState, XmlOptions};
use virt_core::event::{DefinedReason, DomainChange, ResumedReason, StartedReason, StoppedReason};
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{Connection, Domain};
use virt_esx::vmx::Vmx;
use virt_esx::vmx::convert::{DatastoreNames, FromVmx, ToVmx, from_vmx, to_vmx};
use virt_testkit::live::vsphere::{Pyvmomi, Simulator, SimulatorOptions};
use virt_testkit::skip;

use crate::fixture::{connected, first, until};

/// What virsh says; `None` where there is none on this machine, which is told.
async fn virsh(simulator: &Simulator, words: &[&str]) -> Option<String> {
    match simulator.virsh(&simulator.esx_uri(), words).await {
        Ok(said) => Some(said),
        Err(missing) if missing.to_string().contains("xtask install") => {
            skip::declare(&missing.to_string());
            None
        }
        Err(error) => panic!("virsh {words:?}: {error}"),
    }
}

/// The rows of `virsh dominfo`.
fn rows(said: &str) -> BTreeMap<&str, &str> {
    let rows = said.lines().filter_map(|line| line.split_once(':'));
    rows.map(|(name, value)| (name.trim(), value.trim())).collect()
}

/// Suspends one machine and ends another.
async fn in_all_states(conn: &Connection) {
    let domains = conn.domains().await.expect("the machines");
    let [one, two, ..] = domains.as_slice() else {
        panic!("there are some")
    };
    one.suspend().await.expect("it is suspended");
    two.destroy().await.expect("it ends");
}

#[tokio::test]
async fn libvirt_sees_the_machines_that_we_see() {
    let options = SimulatorOptions::esx().with_machines(4);
    let Some((simulator, conn)) = connected(options).await else {
        return;
    };
    in_all_states(&conn).await;
    let infos = conn
        .domain_infos(&DomainFilter::all())
        .await
        .expect("the machines");
    let Some(listed) = virsh(&simulator, &["list", "--all", "--name"]).await else {
        return;
    };
    let mut theirs: Vec<&str> = listed.lines().filter(|line| !line.is_empty()).collect();
    theirs.sort_unstable();
    let ours: Vec<&str> = infos.iter().map(|info| info.domain.name.as_str()).collect();
    assert_eq!(ours, theirs);
    for info in &infos {
        let name = info.domain.name.as_str();
        let Some(said) = virsh(&simulator, &["dominfo", name]).await else {
            return;
        };
        let said = rows(&said);
        let row = |name: &str| said.get(name).copied().unwrap_or_default();
        let (uuid, vcpus) = (info.domain.uuid.to_string(), info.vcpus.to_string());
        assert_eq!(
            (row("UUID"), row("CPU(s)")),
            (uuid.as_str(), vcpus.as_str()),
            "{name}"
        );
        let memory = format!("{} KiB", info.max_memory.as_bytes() / 1024);
        assert_eq!(row("Max memory"), memory, "{name}");
        let state = match info.state {
            DomainState::Running => "running",
            DomainState::Paused => "paused",
            _ => "shut off",
        };
        assert_eq!(row("State"), state, "{name}");
        let id = info.id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        assert_eq!(row("Id"), id, "{name}");
    }
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn libvirt_reads_the_documents_that_we_read() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx().with_machines(3)).await else {
        return;
    };
    in_all_states(&conn).await;
    for domain in conn.domains().await.expect("the machines") {
        let Some(theirs) = virsh(&simulator, &["dumpxml", domain.name()]).await else {
            return;
        };
        let theirs = DomainConfig::from_xml(&theirs).expect("a document");
        let mut ours = domain.config().await.expect("its document");
        // libvirt has nothing to keep what has no element, and calls no device of a machine anything.
        ours.metadata = None;
        without_aliases(&mut ours);
        let differences = theirs.changes(&ours);
        assert!(
            differences.is_empty(),
            "{}: {differences:?}\n{}",
            domain.name(),
            ours.to_xml()
        );
    }
    conn.shutdown().await.expect("it ends");
}

fn without_aliases(config: &mut DomainConfig) {
    let Some(devices) = &mut config.devices else {
        return;
    };
    let disks = devices.disks.iter_mut().map(|disk| &mut disk.alias);
    let controllers = devices.controllers.iter_mut().map(|one| &mut one.alias);
    let interfaces = devices.interfaces.iter_mut().map(|one| &mut one.alias);
    let videos = devices.videos.iter_mut().map(|video| &mut video.alias);
    for alias in disks.chain(controllers).chain(interfaces).chain(videos) {
        *alias = None;
    }
}

/// Documents of what a machine of ESX can have. Descriptions of several lines libvirt writes as lines that are none.
fn documents() -> Vec<(&'static str, String)> {
    let document = |devices: &str, more: &str| {
        format!(
            "<domain type='vmware'><name>one</name><uuid>564d1111-2222-3333-4444-555566667777</uuid>\
             <memory unit='MiB'>512</memory><vcpu>2</vcpu>{more}<os><type arch='x86_64'>hvm</type></os>\
             <devices>{devices}</devices></domain>"
        )
    };
    let disk = "<disk type='file' device='disk'><source file='[LocalDS_0] one/one.vmdk'/>\
                <target dev='sda' bus='scsi'/></disk><controller type='scsi' index='0' model='lsilogic'/>";
    vec![
        ("a disk", document(disk, "")),
        (
            "a description",
            document(disk, "<description>for &quot;all&quot; | of us</description>"),
        ),
        (
            "several vCPUs of one socket",
            document(
                disk,
                "<cpu><topology sockets='1' dies='1' cores='2' threads='1'/></cpu>",
            ),
        ),
        (
            "disks on other buses",
            document(
                "<disk type='file' device='disk'><source file='[LocalDS_0] one/a.vmdk'/><target dev='hda' bus='ide'/></disk>\
                 <disk type='file' device='disk'><source file='[LocalDS_0] one/b.vmdk'/><target dev='sdb' bus='scsi'/></disk>\
                 <controller type='scsi' index='0' model='vmpvscsi'/>",
                "",
            ),
        ),
        (
            "a drive with a disc",
            document(
                &format!(
                    "{disk}<disk type='file' device='cdrom'><source file='[LocalDS_0] iso/a.iso'/>\
                     <target dev='hdc' bus='ide'/><readonly/></disk>"
                ),
                "",
            ),
        ),
        (
            "interfaces",
            document(
                &format!(
                    "{disk}<interface type='bridge'><mac address='00:50:56:11:22:33'/><source bridge='VM Network'/>\
                     <model type='vmxnet3'/></interface><interface type='bridge'>\
                     <mac address='00:0c:29:11:22:33'/><source bridge='VM Network'/><model type='e1000'/></interface>"
                ),
                "",
            ),
        ),
        (
            "a display",
            document(&format!("{disk}<graphics type='vnc' port='5903'/>"), ""),
        ),
        (
            "ports",
            document(
                &format!(
                    "{disk}<serial type='file'><source path='[LocalDS_0] one/serial.log'/><target port='0'/></serial>\
                     <parallel type='file'><source path='[LocalDS_0] one/parallel.out'/><target port='0'/></parallel>"
                ),
                "",
            ),
        ),
    ]
}

#[tokio::test]
async fn libvirt_writes_the_files_that_we_write() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let place = tempfile::tempdir().expect("a directory");
    for (what, text) in documents() {
        let file = place.path().join("one.xml");
        std::fs::write(&file, &text).expect("a file");
        let words = ["domxml-to-native", "vmware-vmx", file.to_str().expect("a name")];
        let Some(theirs) = virsh(&simulator, &words).await else {
            return;
        };
        let config = DomainConfig::from_xml(&text).expect("a document");
        let names = Arc::new(DatastoreNames::new("LocalDS_0", "one"));
        // libvirt knows none that is newer.
        let options = ToVmx::new().with_files(names.clone()).with_hardware_version(10);
        let ours = to_vmx(&config, &options).unwrap_or_else(|error| panic!("{what}: {error}"));
        let theirs = Vmx::parse(&theirs).expect("a file");
        let lines = |vmx: &Vmx| -> BTreeMap<String, String> {
            let entries = vmx.entries();
            entries
                .map(|entry| (entry.key.to_owned(), entry.value.to_owned()))
                .collect()
        };
        assert_eq!(lines(&ours), lines(&theirs), "{what}");
        // And back, each what the other wrote.
        let back = from_vmx(&theirs, &FromVmx::libvirt().with_files(names)).expect("a domain");
        let file = place.path().join("one.vmx");
        std::fs::write(&file, ours.to_string()).expect("a file");
        let words = ["domxml-from-native", "vmware-vmx", file.to_str().expect("a name")];
        let Some(read) = virsh(&simulator, &words).await else {
            return;
        };
        let read = DomainConfig::from_xml(&read).expect("a document");
        // Where a file of no machine is, it is asked about names only: those that are not full stay as they are.
        let differences = read.changes(&back);
        assert!(differences.is_empty(), "{what}: {differences:?}");
    }
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn what_libvirt_defines_we_have_and_what_we_define_libvirt_has() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let place = tempfile::tempdir().expect("a directory");
    let (_, text) = documents().swap_remove(0);
    let file = place.path().join("theirs.xml");
    let theirs = text.replace("one", "theirs");
    std::fs::write(&file, &theirs).expect("a file");
    if virsh(&simulator, &["define", file.to_str().expect("a name")])
        .await
        .is_none()
    {
        return;
    }
    let uuid: uuid::Uuid = "564d1111-2222-3333-4444-555566667777".parse().expect("a uuid");
    let domain = told(&conn, uuid).await;
    assert_eq!(domain.name(), "theirs");
    let read = domain.config_with(&XmlOptions::default().inactive()).await;
    let read = read.expect("its document");
    assert_eq!(read.uuid, Some(uuid));
    assert_eq!(
        domain.info().await.expect("what it is").max_memory,
        ByteSize::mib(512)
    );
    let ours = text.replace("one", "ours").replace("7777<", "7778<");
    let config = DomainConfig::from_xml(&ours).expect("a document");
    let control = simulator.control();
    let made = control.make_disk("[LocalDS_0] ours/ours.vmdk", 1024).await;
    made.expect("its image");
    let mine = conn.define_domain(&config).await.expect("it is defined");
    let file = text.replace("one", "file").replace("7777<", "7779<");
    let config = DomainConfig::from_xml(&file).expect("a document");
    let by_file = virt_esx::define_by_vmx(&conn, &config).await;
    let by_file = by_file.expect("it is defined");
    for (name, domain) in [("ours", &mine), ("file", &by_file)] {
        let seen = virsh(&simulator, &["domuuid", name]).await.unwrap_or_default();
        assert_eq!(seen.trim(), domain.uuid().to_string(), "{name}");
    }
    by_file.undefine().await.expect("it is forgotten");
    // Each ends and forgets the other's.
    virsh(&simulator, &["start", "ours"]).await.expect("it starts");
    mine.wait_for(DomainState::Running).await.expect("it runs");
    domain.start().await.expect("it starts");
    let listed = virsh(&simulator, &["list", "--name"]).await.unwrap_or_default();
    assert!(listed.contains("theirs") && listed.contains("ours"), "{listed}");
    for domain in [domain, mine] {
        virsh(&simulator, &["destroy", domain.name()])
            .await
            .expect("it ends");
        domain.wait_for(DomainState::ShutOff).await.expect("it has ended");
        domain.undefine().await.expect("it is forgotten");
    }
    conn.shutdown().await.expect("it ends");
}

/// The domain of this uuid, once the server has told of it.
async fn told(conn: &Connection, uuid: uuid::Uuid) -> Domain {
    let looking = async {
        loop {
            if let Ok(domain) = conn.domain(uuid).await {
                return domain;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::fixture::SOON, looking)
        .await
        .expect("it is told of")
}

/// pyvmomi; `None` where it cannot be had on this machine, which is told.
async fn pyvmomi() -> Option<Pyvmomi> {
    match Pyvmomi::obtain().await {
        Ok(pyvmomi) => Some(pyvmomi),
        Err(missing) => {
            skip::declare(&format!("no pyvmomi: {missing}"));
            None
        }
    }
}

#[tokio::test]
async fn vmwares_own_client_sees_what_we_do_and_we_what_it_does() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let Some(pyvmomi) = pyvmomi().await else { return };
    let domain = first(&conn).await;
    let name = domain.name().to_owned();
    let show = "vm = machine(arguments[0])\n\
                print(vm.runtime.powerState, vm.config.hardware.memoryMB, vm.config.hardware.numCPU, vm.config.annotation)";
    let seen = async || {
        let said = pyvmomi.run(&simulator, show, &[&name]).await;
        said.expect("it is seen").trim().to_owned()
    };
    domain.destroy().await.expect("it ends");
    let current = virt_core::domain::ConfigScope::Current;
    domain
        .set_max_memory(ByteSize::mib(640), current)
        .await
        .expect("it is set");
    domain.set_vcpus(3, current).await.expect("they are set");
    let note = virt_core::domain::MetadataItem::Description(Some("seen".to_owned()));
    domain.set_metadata(&note, current).await.expect("it is set");
    assert_eq!(seen().await, "poweredOff 640 3 seen");
    domain.start().await.expect("it starts");
    assert_eq!(seen().await, "poweredOn 640 3 seen");
    domain.suspend().await.expect("it is suspended");
    assert_eq!(seen().await, "suspended 640 3 seen");
    let mut events = domain.events().await.expect("its events");
    // One after the other: what is done and undone between two answers is not told.
    let steps = [
        (
            "done(vm.PowerOn())",
            DomainChange::Resumed(ResumedReason::Unpaused),
        ),
        (
            "done(vm.PowerOff())",
            DomainChange::Stopped(StoppedReason::Shutdown),
        ),
        (
            "done(vm.Reconfigure(vim.vm.ConfigSpec(memoryMB=768)))",
            DomainChange::Defined(DefinedReason::Updated),
        ),
        ("done(vm.PowerOn())", DomainChange::Started(StartedReason::Booted)),
    ];
    for (step, change) in steps {
        let act = format!("vm = machine(arguments[0])\n{step}");
        let acted = pyvmomi.run(&simulator, &act, &[&name]).await;
        acted.expect("it acts");
        until(&mut events, &domain, &change).await;
    }
    let info = domain.info().await.expect("what it is");
    assert_eq!(
        (info.state, info.max_memory),
        (DomainState::Running, ByteSize::mib(768))
    );
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_task_that_somebody_cancels_is_told_as_such() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let Some(pyvmomi) = pyvmomi().await else { return };
    let domain = first(&conn).await;
    let long = std::time::Duration::from_secs(30);
    simulator
        .control()
        .slow_down("SuspendVM_Task", long)
        .await
        .expect("it is slow");
    let cancel = "while True:\n\
                  \x20   tasks = [task for task in content.taskManager.recentTask if task.info.state == 'running']\n\
                  \x20   if tasks:\n\
                  \x20       tasks[0].CancelTask()\n\
                  \x20       break\n\
                  \x20   time.sleep(0.01)";
    let (suspended, cancelled) = tokio::join!(domain.suspend(), pyvmomi.run(&simulator, cancel, &[]));
    cancelled.expect("it cancels");
    let error = suspended.expect_err("somebody has cancelled it");
    assert_eq!(error.kind(), virt_core::ErrorKind::Cancelled, "{error}");
    assert_eq!(
        domain.info().await.expect("what it is").state,
        DomainState::Running
    );
    conn.shutdown().await.expect("it ends");
}
