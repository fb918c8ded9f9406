//! The test guest itself: what other live tests rely on.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use virt_testkit::live::guest::{AGENT_PORT, GuestImage, PROMPT, READY_LINE};
use virt_testkit::live::kvm::{Accelerator, accelerator};
use virt_testkit::live::qemu::QemuBinary;
use virt_testkit::skip;

const PATIENCE: Duration = Duration::from_secs(60);

struct Guest {
    child: Child,
    monitor: BufReader<UnixStream>,
    console: BufReader<UnixStream>,
    agent: BufReader<UnixStream>,
    _directory: tempfile::TempDir,
}

impl Guest {
    async fn boot(qemu: &QemuBinary, accelerator: &Accelerator, more: &str) -> Self {
        let image = GuestImage::obtain().await.expect("a guest image");
        let directory = tempfile::tempdir().expect("a directory");
        let socket = |name: &str| format!("path={}/{name},server=on", directory.path().display());
        let child = Command::new(&qemu.path)
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
            .args(["-nodefaults", "-display", "none"])
            .args([
                "-qmp",
                &format!("unix:{}/monitor,server=on,wait=off", directory.path().display()),
            ])
            .args(["-chardev", &format!("socket,id=console,{}", socket("console"))])
            .args(["-serial", "chardev:console"])
            .args(["-device", "virtio-serial-pci"])
            .args([
                "-chardev",
                &format!("socket,id=agent,{},wait=off", socket("agent")),
            ])
            .args([
                "-device",
                &format!("virtserialport,chardev=agent,name={AGENT_PORT}"),
            ])
            .args([
                "-netdev",
                "user,id=net0",
                "-device",
                "virtio-net-pci,netdev=net0,romfile=",
            ])
            .args(["-device", "pvpanic"])
            .arg("-kernel")
            .arg(&image.kernel)
            .arg("-initrd")
            .arg(&image.initrd)
            .args(["-append", &GuestImage::command_line(more)])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("QEMU");
        let console = connect(&directory.path().join("console")).await;
        let monitor = connect(&directory.path().join("monitor")).await;
        let agent = connect(&directory.path().join("agent")).await;
        let mut guest = Self {
            child,
            monitor,
            console,
            agent,
            _directory: directory,
        };
        guest.command(r#"{"execute":"qmp_capabilities"}"#).await;
        guest
    }

    /// Sends one line to the monitor; the answer is left to be read.
    async fn command(&mut self, line: &str) {
        self.monitor
            .get_mut()
            .write_all(format!("{line}\n").as_bytes())
            .await
            .expect("a live monitor");
    }

    async fn ends(&mut self) {
        timeout(PATIENCE, self.child.wait())
            .await
            .expect("QEMU ends in time")
            .expect("its status");
    }
}

async fn connect(path: &Path) -> BufReader<UnixStream> {
    let connected = async {
        loop {
            match UnixStream::connect(path).await {
                Ok(stream) => return BufReader::new(stream),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    timeout(PATIENCE, connected)
        .await
        .unwrap_or_else(|_| panic!("{} was not there in time", path.display()))
}

/// Reads until `wanted` was seen and returns all that was read; a shell's prompt has no line end.
async fn read_until(stream: &mut BufReader<UnixStream>, wanted: &str) -> String {
    let mut seen = String::new();
    let reading = async {
        let mut buffer = [0_u8; 4096];
        while !seen.contains(wanted) {
            let count = stream.read(&mut buffer).await.expect("a live stream");
            assert!(count > 0, "the stream ended before {wanted:?}");
            seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    };
    let in_time = timeout(PATIENCE, reading).await.is_ok();
    assert!(in_time, "no {wanted:?} in time, only: {seen}");
    seen
}

async fn installed() -> Option<(QemuBinary, Accelerator)> {
    match (QemuBinary::installed(), accelerator().await) {
        (Ok(qemu), Ok(accelerator)) => Some((qemu, accelerator)),
        (Err(missing), _) | (_, Err(missing)) => {
            skip::declare(&missing.to_string());
            None
        }
    }
}

#[tokio::test]
async fn the_guest_boots_answers_on_its_console_and_agent_and_obeys_the_power_button() {
    let Some((qemu, accelerator)) = installed().await else {
        return;
    };
    let mut guest = Guest::boot(&qemu, &accelerator, "").await;
    read_until(&mut guest.console, READY_LINE).await;
    read_until(&mut guest.console, PROMPT).await;
    guest
        .console
        .get_mut()
        .write_all(b"echo answer=$((6*7))\n")
        .await
        .unwrap();
    read_until(&mut guest.console, "answer=42").await;
    guest
        .agent
        .get_mut()
        .write_all(b"{\"execute\":\"guest-get-osinfo\"}\n")
        .await
        .unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, guest.agent.read_line(&mut answer))
        .await
        .expect("an answer in time")
        .unwrap();
    assert!(answer.contains("virt SDK test guest"), "{answer}");
    guest
        .console
        .get_mut()
        .write_all(b"while ! ip route | grep default; do sleep 0.2; done\n")
        .await
        .unwrap();
    read_until(&mut guest.console, "default via 10.0.2.2").await;
    guest.command(r#"{"execute":"system_powerdown"}"#).await;
    read_until(&mut guest.monitor, r#""reason": "guest-shutdown""#).await;
    guest.ends().await;
}

#[tokio::test]
async fn the_guest_boots_on_qemu_7_2_and_powers_off_when_told_on_its_command_line() {
    let qemu = match QemuBinary::version_7_2() {
        Ok(qemu) => qemu,
        Err(missing) => skip!("{missing}"),
    };
    let Some((_, accelerator)) = installed().await else {
        return;
    };
    let mut guest = Guest::boot(&qemu, &accelerator, "guest.off").await;
    read_until(&mut guest.console, READY_LINE).await;
    guest.ends().await;
}

#[tokio::test]
async fn the_guest_panics_when_told_and_says_so_through_pvpanic() {
    let Some((qemu, accelerator)) = installed().await else {
        return;
    };
    let mut guest = Guest::boot(&qemu, &accelerator, "guest.panic").await;
    // A console that nobody reads stops the guest: its serial port waits for room in the socket.
    let (console, monitor) = (&mut guest.console, &mut guest.monitor);
    tokio::join!(
        read_until(console, "</TASK>"),
        read_until(monitor, "GUEST_PANICKED")
    );
}
