//! The QMP connection against a real QEMU.

#![expect(clippy::unwrap_used, reason = "how a test fails")]

use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::time::Instant;
use virt_qemu::qmp::commands::machine::{
    Cont, QueryKvm, QueryName, QueryStatus, Quit, RunState, SystemReset,
};
use virt_qemu::qmp::commands::qom::QomGet;
use virt_qemu::qmp::commands::{
    block, chardev, cpu, introspection, iothread, machine, monitor, pci, statistics,
};
use virt_qemu::qmp::{DisconnectReason, EventKind, QmpConnection, QmpEventItem, QmpOptions};
use virt_testkit::live::qemu::QemuBinary;

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// A paused machine with a monitor on its standard streams; killed when the value is dropped.
fn start(
    binary: &Path,
) -> Option<(
    tokio::process::Child,
    impl AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
)> {
    let arguments = "-machine q35,accel=tcg -m 64 -nodefaults -display none -S -name live -qmp stdio -object iothread,id=io0 \
        -device virtio-rng-pci,id=rng0 -chardev null,id=ser0 -serial chardev:ser0 \
        -blockdev null-co,node-name=n0,size=1048576 -device virtio-blk-pci,drive=n0,id=d0 -device virtio-balloon-pci,id=b0";
    let mut child = tokio::process::Command::new(binary)
        .args(arguments.split_whitespace())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let stream = tokio::io::join(child.stdout.take()?, child.stdin.take()?);
    Some((child, stream))
}

#[tokio::test]
async fn the_installed_qemu_is_understood() {
    match QemuBinary::installed() {
        Ok(qemu) => everything_is_understood(&qemu.path).await,
        Err(missing) => virt_testkit::skip!("{missing}"),
    }
}

#[tokio::test]
async fn qemu_7_2_is_understood() {
    match QemuBinary::version_7_2() {
        Ok(qemu) => everything_is_understood(&qemu.path).await,
        Err(missing) => virt_testkit::skip!("{missing}"),
    }
}

async fn everything_is_understood(binary: &Path) {
    let (mut child, stream) = start(binary).unwrap();
    let options = QmpOptions::labelled("live").with_greeting(Duration::from_secs(20));
    let (qmp, mut events) = QmpConnection::connect(stream, options).await.unwrap();

    assert_eq!(
        qmp.execute(&QueryStatus, soon()).await.unwrap().status,
        RunState::Prelaunch
    );
    assert_eq!(
        qmp.execute(&QueryName, soon()).await.unwrap().name.as_deref(),
        Some("live")
    );
    assert!(!qmp.execute(&QueryKvm, soon()).await.unwrap().enabled);
    assert_eq!(
        qmp.execute(&machine::QueryTarget, soon()).await.unwrap().arch,
        "x86_64"
    );
    assert!(
        !qmp.execute(&machine::QueryUuid, soon())
            .await
            .unwrap()
            .uuid
            .is_empty()
    );
    let version = qmp.execute(&machine::QueryVersion, soon()).await.unwrap();
    assert_eq!(version.qemu, qmp.greeting().version.qemu);

    let cpus = qmp.execute(&cpu::QueryCpusFast, soon()).await.unwrap();
    assert!(
        cpus.len() == 1 && cpus.iter().all(|cpu| cpu.thread_id > 0),
        "{cpus:?}"
    );
    let disks = qmp.execute(&block::QueryBlock, soon()).await.unwrap();
    assert!(
        disks
            .iter()
            .any(|disk| disk.qdev.as_deref().is_some_and(|path| path.contains("d0"))),
        "{disks:?}"
    );
    let nodes = qmp
        .execute(&block::QueryNamedBlockNodes { flat: Some(true) }, soon())
        .await
        .unwrap();
    assert!(
        nodes.iter().any(|node| node.node_name.as_deref() == Some("n0")),
        "{nodes:?}"
    );
    let stats = qmp
        .execute(&block::QueryBlockstats::default(), soon())
        .await
        .unwrap();
    assert!(
        stats.iter().any(|disk| disk.node_name.as_deref() == Some("n0")),
        "{stats:?}"
    );
    let chardevs = qmp.execute(&chardev::QueryChardev, soon()).await.unwrap();
    assert!(
        chardevs.iter().any(|chardev| chardev.label == "ser0"),
        "{chardevs:?}"
    );
    let buses = qmp.execute(&pci::QueryPci, soon()).await.unwrap();
    assert!(
        buses
            .iter()
            .flat_map(|bus| &bus.devices)
            .any(|device| device.qdev_id == "rng0"),
        "{buses:?}"
    );
    assert_eq!(
        qmp.execute(&iothread::QueryIothreads, soon())
            .await
            .unwrap()
            .len(),
        1
    );
    let machines = qmp.execute(&introspection::QueryMachines, soon()).await.unwrap();
    assert!(
        machines
            .iter()
            .any(|machine| machine.alias.as_deref() == Some("q35"))
    );
    let schema = qmp.execute(&introspection::QueryQmpSchema, soon()).await.unwrap();
    assert!(schema.has("query-status/ret-type/status/^debug"));
    let query = statistics::QueryStats {
        target: statistics::StatisticsTarget::Vm,
        providers: None,
    };
    if let Err(error) = qmp.execute(&query, soon()).await {
        assert!(error.is_command_not_found(), "{error:?}");
    }
    let human = monitor::HumanMonitorCommand {
        command_line: "info version".to_owned(),
        cpu_index: None,
    };
    assert!(
        qmp.execute(&human, soon())
            .await
            .unwrap()
            .contains(&version.qemu.to_string())
    );
    let get = QomGet {
        path: "/machine/peripheral/b0".to_owned(),
        property: "guest-stats".to_owned(),
    };
    let figures = qmp.execute(&get, soon()).await.unwrap();
    serde_json::from_value::<virt_qemu::qmp::commands::balloon::BalloonStatistics>(figures).unwrap();

    qmp.execute(&Cont, soon()).await.unwrap();
    qmp.execute(&SystemReset, soon()).await.unwrap();
    qmp.execute(&Quit, soon()).await.unwrap();
    assert!(matches!(qmp.ended().await, DisconnectReason::Eof));
    let mut seen = Vec::new();
    while let Some(QmpEventItem::Event(event)) = events.next().await {
        assert!(!matches!(event.kind, EventKind::Unknown), "{event:?}");
        assert!(event.timestamp.is_some());
        seen.push(event.name.clone());
    }
    for name in ["RESUME", "SHUTDOWN"] {
        assert!(seen.iter().any(|event| event == name), "no {name} among {seen:?}");
    }
    assert!(child.wait().await.unwrap().success());
}
