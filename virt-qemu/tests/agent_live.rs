//! The guest agent's client, and the QMP events about it, with a guest that really boots.

#![expect(clippy::unwrap_used, reason = "how a test fails")]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::{Instant, timeout};
use virt_core::agent::{ExecRequest, GuestInterface};
use virt_core::host::ExitStatus;
use virt_qemu::agent::commands::filesystem::{FreezeStatus, GuestFsfreezeStatus, GuestGetFsinfo};
use virt_qemu::agent::commands::network::GuestNetworkGetInterfaces;
use virt_qemu::agent::commands::power::{GuestShutdown, ShutdownMode};
use virt_qemu::agent::commands::system::{GuestGetOsinfo, GuestGetTime, GuestInfo, GuestPing};
use virt_qemu::agent::{AgentConnection, AgentError};
use virt_qemu::qmp::event::ShutdownCause;
use virt_qemu::qmp::{EventKind, QmpConnection, QmpEventItem, QmpEvents, QmpOptions};
use virt_testkit::live::guest::{AGENT_PORT, GuestImage};
use virt_testkit::live::kvm::accelerator;
use virt_testkit::live::qemu::QemuBinary;

const PATIENCE: Duration = Duration::from_secs(90);

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

async fn connect(path: &Path) -> UnixStream {
    let connected = async {
        loop {
            match UnixStream::connect(path).await {
                Ok(stream) => return stream,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    timeout(PATIENCE, connected).await.unwrap()
}

/// Waits for an event for which `wanted` gives something.
async fn event<T>(events: &mut QmpEvents, wanted: impl Fn(&EventKind) -> Option<T>) -> T {
    let found = async {
        loop {
            if let QmpEventItem::Event(event) = events.next().await.unwrap()
                && let Some(found) = wanted(&event.kind)
            {
                return found;
            }
        }
    };
    timeout(PATIENCE, found).await.unwrap()
}

#[tokio::test]
async fn the_agent_of_a_real_guest_does_what_it_is_told() {
    let (qemu, accelerator) = match (QemuBinary::installed(), accelerator().await) {
        (Ok(qemu), Ok(accelerator)) => (qemu, accelerator),
        (Err(missing), _) | (_, Err(missing)) => virt_testkit::skip!("{missing}"),
    };
    let image = GuestImage::obtain().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let formatted = std::process::Command::new("mke2fs")
        .args(["-q", "-t", "ext4"])
        .arg(at("disk"))
        .arg("16M")
        .status();
    if !formatted.is_ok_and(|status| status.success()) {
        virt_testkit::skip!("mke2fs (e2fsprogs) is not installed");
    }
    let mut child = tokio::process::Command::new(&qemu.path)
        .args([
            "-accel",
            accelerator.name(),
            "-cpu",
            "qemu64",
            "-machine",
            "q35",
            "-m",
            "192",
        ])
        .args(["-nodefaults", "-display", "none", "-device", "virtio-serial-pci"])
        .args([
            "-qmp",
            &format!("unix:{},server=on,wait=off", at("monitor").display()),
        ])
        .args([
            "-chardev",
            &format!(
                "socket,id=agent,server=on,wait=off,path={}",
                at("agent").display()
            ),
        ])
        .args([
            "-device",
            &format!("virtserialport,chardev=agent,name={AGENT_PORT},id=channel0"),
        ])
        .args([
            "-netdev",
            "user,id=net0",
            "-device",
            "virtio-net-pci,netdev=net0,romfile=",
        ])
        .args([
            "-blockdev",
            &format!("driver=file,node-name=disk,filename={}", at("disk").display()),
        ])
        .args(["-device", "virtio-blk-pci,drive=disk"])
        .arg("-kernel")
        .arg(&image.kernel)
        .arg("-initrd")
        .arg(&image.initrd)
        .args(["-append", &GuestImage::command_line("guest.mount=vda")])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let monitor = connect(&at("monitor")).await;
    // QEMU listens before it answers: what follows may wait for its start on a busy machine.
    let patient = QmpOptions::labelled("live")
        .with_greeting(PATIENCE)
        .with_negotiation(PATIENCE);
    let (qmp, mut events) = QmpConnection::connect(monitor, patient).await.unwrap();
    let agent = AgentConnection::new(connect(&at("agent")).await, "live");

    // Nobody listens yet: the question is on its way all the same, and answered when the agent is up.
    let early = agent
        .execute(&GuestPing, Instant::now() + Duration::from_millis(100))
        .await;
    assert!(matches!(early, Err(AgentError::Timeout { .. })), "{early:?}");
    event(&mut events, |kind| match kind {
        EventKind::PortChange(change) if change.id == "channel0" && change.open => Some(()),
        _ => None,
    })
    .await;
    agent.set_port_open(true);
    agent
        .execute(&GuestPing, Instant::now() + PATIENCE)
        .await
        .unwrap();

    let info = agent.execute(&GuestInfo, soon()).await.unwrap();
    assert!(info.allows("guest-exec"), "{info:?}");
    assert!(agent.execute(&GuestGetTime, soon()).await.unwrap() > 0);
    let os = agent.execute(&GuestGetOsinfo, soon()).await.unwrap();
    assert_eq!(os.machine.as_deref(), Some("x86_64"));
    agent.execute(&GuestGetFsinfo, soon()).await.unwrap();

    let shell = ExecRequest::new("/bin/sh").args(["-c", "read word; echo out-$word; echo err >&2; exit 7"]);
    let output = agent.exec(&shell.stdin("input\n"), soon()).await.unwrap();
    assert_eq!(output.status, ExitStatus::Code(7));
    assert_eq!(
        (output.stdout.as_slice(), output.stderr.as_slice()),
        (&b"out-input\n"[..], &b"err\n"[..])
    );
    let killed = agent
        .exec(&ExecRequest::new("/bin/sh").args(["-c", "kill -9 $$"]), soon())
        .await
        .unwrap();
    assert_eq!(killed.status, ExitStatus::Signal(9));

    let content: Vec<u8> = (0..600_000_u32).flat_map(u32::to_le_bytes).collect();
    agent.write_file("/tmp/file", &content, soon()).await.unwrap();
    assert_eq!(
        agent.read_file("/tmp/file", 1 << 24, soon()).await.unwrap(),
        content
    );

    let interfaces = agent.execute(&GuestNetworkGetInterfaces, soon()).await.unwrap();
    assert!(
        interfaces
            .into_iter()
            .map(GuestInterface::from)
            .any(|interface| interface.name == "eth0")
    );
    let frozen = agent.freeze(&[], soon()).await.unwrap();
    assert_eq!(frozen.filesystems(), 1);
    assert_eq!(
        agent.execute(&GuestFsfreezeStatus, soon()).await.unwrap(),
        FreezeStatus::Frozen
    );
    drop(frozen);
    assert_eq!(
        agent.execute(&GuestFsfreezeStatus, soon()).await.unwrap(),
        FreezeStatus::Thawed
    );

    let off = GuestShutdown {
        mode: ShutdownMode::Powerdown,
    };
    agent.execute(&off, soon()).await.unwrap();
    let cause = event(&mut events, |kind| match kind {
        EventKind::Shutdown(shutdown) => Some(shutdown.reason.clone()),
        _ => None,
    })
    .await;
    assert_eq!(cause, ShutdownCause::GuestShutdown);
    qmp.ended().await;
    agent.closed().await;
    assert!(timeout(PATIENCE, child.wait()).await.unwrap().unwrap().success());
}
