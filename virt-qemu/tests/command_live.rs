//! Command lines of rich guests, started by real QEMUs: they accept every option, and the devices are where they belong.

#![expect(clippy::unwrap_used, clippy::panic, reason = "how a test fails")]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::time::Instant;
use virt_core::host::local::LocalHost;
use virt_core::model::DomainConfig;
use virt_qemu::command::command_line;
use virt_qemu::plan::{Abilities, Resources, complete, live};
use virt_qemu::probe::{ProbeRequest, probe};
use virt_qemu::qmp::commands::block::QueryBlock;
use virt_qemu::qmp::commands::machine::{QueryStatus, Quit, RunState};
use virt_qemu::qmp::{QmpConnection, QmpOptions};
use virt_testkit::live::qemu::QemuBinary;

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

/// A guest with one of everything; `sata` is the bus of its CD-ROM drives.
fn guest(machine: &str, sata: &str, directory: &Path) -> DomainConfig {
    let directory = directory.display();
    let cdrom = if sata == "sata" { "sda" } else { "hdc" };
    let text = format!(
        "<domain type='qemu'><name>one of, everything=\"é\" 'here'</name><memory unit='MiB'>64</memory>
        <vcpu current='2'>4</vcpu>
        <os><type arch='x86_64' machine='{machine}'>hvm</type><bootmenu enable='yes' timeout='10'/></os>
        <features><acpi/><apic/><vmport state='off'/></features>
        <cpu mode='custom'><model>qemu64</model><topology sockets='2' cores='2' threads='1'/><feature policy='disable' name='svm'/></cpu>
        <clock offset='utc'><timer name='rtc' tickpolicy='catchup'/><timer name='hpet' present='no'/></clock>
        <pm><suspend-to-mem enabled='no'/><suspend-to-disk enabled='yes'/></pm>
        <devices>
        <disk type='file' device='disk'><driver type='raw' cache='none' io='native' discard='unmap' detect_zeroes='unmap'/><source file='{directory}/a,b.raw'/><target dev='vda'/><serial>A 1</serial><boot order='1'/></disk>
        <disk type='file' device='disk'><driver type='qcow2' cache='writeback' queues='2'/><source file='{directory}/c.qcow2'/><target dev='vdb'/></disk>
        <disk type='file' device='cdrom'><target dev='{cdrom}' bus='{sata}'/></disk>
        <disk type='file' device='disk'><source file='{directory}/d.raw'/><target dev='sdb' bus='scsi'/></disk>
        <controller type='scsi' index='0' model='virtio-scsi'/>
        <interface type='user'><model type='virtio'/><boot order='2'/></interface>
        <interface type='user'><model type='e1000'/><rom enabled='no'/></interface>
        <interface type='user'><model type='e1000e'/></interface>
        <interface type='user'><model type='rtl8139'/></interface>
        <serial type='pty'/><serial type='file'><source path='{directory}/serial.log'/></serial>
        <serial type='unix'><source mode='bind' path='{directory}/serial,2.sock'/></serial><serial type='null'/>
        <console type='pty'><target type='virtio'/></console>
        <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
        <channel type='unix'><source mode='connect' path='{directory}/nobody.sock'><reconnect enabled='yes' timeout='1'/></source><target type='virtio' name='other'/></channel>
        <memballoon model='virtio' autodeflate='on' freePageReporting='on'><stats period='5'/></memballoon>
        <rng model='virtio'><rate bytes='1024'/><backend model='random'>/dev/urandom</backend></rng>
        <rng model='virtio'><backend model='builtin'/></rng>
        <watchdog model='i6300esb' action='reset'/><panic model='isa'/><panic model='pvpanic'/>
        </devices></domain>"
    );
    DomainConfig::from_xml(&text).unwrap()
}

async fn abilities_of(binary: &Path) -> Abilities {
    let host = LocalHost::new();
    let capabilities = probe(&host, binary.to_str().unwrap(), &ProbeRequest::default(), soon())
        .await
        .unwrap();
    Abilities::of_probe(binary.to_str().unwrap(), &capabilities)
}

fn make_images(directory: &Path) {
    for raw in ["a,b.raw", "d.raw"] {
        std::fs::File::create(directory.join(raw))
            .unwrap()
            .set_len(1 << 20)
            .unwrap();
    }
    let made = std::process::Command::new("qemu-img")
        .args(["create", "-q", "-f", "qcow2"])
        .arg(directory.join("c.qcow2"))
        .arg("1M")
        .status()
        .unwrap();
    assert!(made.success());
    std::fs::create_dir(directory.join("channel")).unwrap();
}

async fn starts(binary: &Path, machine: &str, cdrom_bus: &str) {
    let directory = tempfile::tempdir().unwrap();
    make_images(directory.path());
    let abilities = abilities_of(binary).await;
    let config = complete(&guest(machine, cdrom_bus, directory.path()), &abilities).unwrap();
    let mut resources = Resources::in_directory(directory.path().to_str().unwrap());
    resources.domain_id = Some(1);
    resources.console_log_dir = Some(directory.path().to_str().unwrap().to_owned());
    let config = live(&config, &resources).unwrap();
    let line = command_line(&config, &abilities, &resources).unwrap();
    let mut child = tokio::process::Command::new(&line.program)
        .args(&line.args)
        .env_clear()
        .envs(line.env)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let socket = directory.path().join("monitor.sock");
    let stream = loop {
        if let Ok(stream) = tokio::net::UnixStream::connect(&socket).await {
            break stream;
        }
        if let Some(status) = child.try_wait().unwrap() {
            let mut said = String::new();
            tokio::io::AsyncReadExt::read_to_string(&mut stderr, &mut said)
                .await
                .unwrap();
            panic!("{machine}: {status}: {said}\n{:?}", line.args);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let options = QmpOptions::labelled("live").with_greeting(Duration::from_secs(20));
    let (qmp, _events) = QmpConnection::connect(stream, options).await.unwrap();
    assert_eq!(
        qmp.execute(&QueryStatus, soon()).await.unwrap().status,
        RunState::Prelaunch
    );
    let blocks = qmp.execute(&QueryBlock, soon()).await.unwrap();
    for disk in &config.devices.as_ref().unwrap().disks {
        let alias = disk.alias.as_ref().unwrap().name.as_deref().unwrap();
        let found = blocks
            .iter()
            .any(|block| block.qdev.as_deref().is_some_and(|path| path.contains(alias)));
        assert!(found, "no {alias} among {blocks:?}");
    }
    qmp.execute(&Quit, soon()).await.unwrap();
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_installed_qemu_starts_one_of_everything() {
    let qemu = match QemuBinary::installed() {
        Ok(qemu) => qemu,
        Err(missing) => virt_testkit::skip!("{missing}"),
    };
    starts(&qemu.path, "q35", "sata").await;
    starts(&qemu.path, "pc", "ide").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn qemu_7_2_starts_one_of_everything() {
    let qemu = match QemuBinary::version_7_2() {
        Ok(qemu) => qemu,
        Err(missing) => virt_testkit::skip!("{missing}"),
    };
    starts(&qemu.path, "q35", "sata").await;
    starts(&qemu.path, "pc", "ide").await;
}
