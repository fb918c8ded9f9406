//! Roots that are partly damaged, and connections that only read.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use virt_core::domain::{DomainState, StartOptions};
use virt_core::{Connection, ErrorKind};
use virt_qemu::recovery_report;
use virt_testkit::fake_host::{FakeHost, Fault};
use virt_testkit::live::qemu::QemuBinary;

use crate::stories::{Place, config, create, define, needs_qemu, only, start};

/// The only file of a directory of the root.
fn only_file(place: &Place, below: &str) -> String {
    let names = place.names(below);
    assert_eq!(names.len(), 1, "{names:?}");
    format!("{}/{}", place.path(below), names.first().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_whose_record_is_damaged_is_adopted_by_its_arguments() {
    needs_qemu!();
    for is_defined in [true, false] {
        let (place, host) = (Place::new().await, FakeHost::local());
        let conn = place.open(&host).await.unwrap();
        if is_defined {
            define(&conn).await.unwrap();
            start(&conn).await.unwrap();
        } else {
            create(&conn).await.unwrap();
        }
        let before = only(&conn).await.unwrap().info().await.unwrap();
        host.crash();
        drop(conn);
        std::fs::write(only_file(&place, "runs"), "{ nonsense").unwrap();
        let conn = place.open(&host.reborn()).await.unwrap();
        let report = recovery_report(&conn).unwrap();
        assert_eq!(
            (report.adopted, report.corrupt.len()),
            (vec!["web".to_owned()], 1)
        );
        assert!(report.failed.is_empty() && report.unknown_processes.is_empty());
        let domain = only(&conn).await.unwrap();
        let info = domain.info().await.unwrap();
        assert_eq!((info.id, info.persistent), (before.id, is_defined));
        assert_eq!(
            (info.state, info.max_memory),
            (DomainState::Paused, before.max_memory)
        );
        domain.resume().await.unwrap();
        host.crash();
        conn.shutdown().await.unwrap();
        // The record that was made anew is as good as any.
        let conn = place.open(&FakeHost::local()).await.unwrap();
        let domain = only(&conn).await.unwrap();
        assert_eq!(domain.info().await.unwrap().state, DomainState::Running);
        domain.destroy().await.unwrap();
        place.is_clean(&conn, "after all").await;
        conn.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_definitions_of_one_name_one_is_taken_and_the_other_set_aside() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    define(&conn).await.unwrap();
    conn.shutdown().await.unwrap();
    let file = only_file(&place, "definitions");
    let text = std::fs::read_to_string(&file).unwrap();
    let uuid = uuid::Uuid::from_u128(u128::MAX);
    let twin = format!("{}/{uuid}.xml", place.path("definitions"));
    let old = config("web").uuid.unwrap().to_string();
    std::fs::write(&twin, text.replace(&old, &uuid.to_string())).unwrap();
    let conn = place.open(&host.reborn()).await.unwrap();
    assert_eq!(only(&conn).await.unwrap().uuid(), config("web").uuid.unwrap());
    let report = recovery_report(&conn).unwrap();
    let [(path, reason)] = report.corrupt.as_slice() else {
        panic!("{report:?}");
    };
    assert!(
        *path == twin && reason.contains("exists already"),
        "{path}: {reason}"
    );
    assert!(Path::new(&format!("{twin}.corrupt")).exists() && Path::new(&file).exists());
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_cannot_be_recovered_is_told_of_and_keeps_nothing_from_being_opened() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    define(&conn).await.unwrap();
    let mut other = config("other");
    other.uuid = Some(uuid::Uuid::from_u128(9));
    conn.define_domain(&other).await.unwrap();
    let auto = StartOptions::default().paused().auto_destroy();
    conn.domain("web").await.unwrap().start_with(&auto).await.unwrap();
    host.crash();
    drop(conn);
    let host = host.reborn();
    host.inject(
        Fault::on("remove_dir_all")
            .path_containing("/run/")
            .fail(ErrorKind::Denied),
    );
    let conn = place.open(&host).await.unwrap();
    let report = recovery_report(&conn).unwrap();
    assert!(
        report.failed.len() == 1 && report.failed[0].0.ends_with(".json"),
        "{report:?}"
    );
    assert_eq!(conn.domains().await.unwrap().len(), 2);
    let web = conn.domain("web").await.unwrap();
    assert_eq!(
        web.start().await.unwrap_err().kind(),
        ErrorKind::Denied,
        "not beside what is left"
    );
    conn.domain("other").await.unwrap().undefine().await.unwrap();
    host.clear_faults();
    let until = Instant::now() + Duration::from_secs(20);
    while place.untidy(&conn).await.is_some() {
        assert!(Instant::now() < until, "{:?}", place.untidy(&conn).await);
        sleep(Duration::from_millis(100)).await;
    }
    start(&conn).await.unwrap();
    web.destroy().await.unwrap();
    conn.shutdown().await.unwrap();
}

/// Every file and directory of the root, with its content; without the lease, which whoever reads holds, too.
fn content(place: &Place) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut directories = vec![place.directory.path().to_path_buf()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).unwrap() {
            let (path, kind) = {
                let entry = entry.unwrap();
                (entry.path(), entry.file_type().unwrap())
            };
            let content = if kind.is_file() {
                std::fs::read(&path).unwrap()
            } else {
                Vec::new()
            };
            if kind.is_dir() {
                directories.push(path.clone());
            }
            // QEMU writes there.
            if !path.ends_with("lease") && !path.to_string_lossy().contains("/log/") {
                found.insert(path.display().to_string(), content);
            }
        }
    }
    found
}

async fn read_only(place: &Place, host: &FakeHost) -> Connection {
    place
        .open_with(host, |builder| builder.read_only())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_connection_leaves_everything_as_it_is() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    create(&conn).await.unwrap();
    let mut auto = config("auto");
    auto.uuid = Some(uuid::Uuid::from_u128(9));
    let destroyed = StartOptions::default().paused().auto_destroy();
    conn.create_domain_with(&auto, &destroyed).await.unwrap();
    let mut other = config("other");
    other.uuid = Some(uuid::Uuid::from_u128(7));
    conn.define_domain(&other)
        .await
        .unwrap()
        .set_autostart(true)
        .await
        .unwrap();
    host.crash();
    drop(conn);
    std::fs::remove_file(place.path("manager.json")).unwrap();
    std::fs::write(place.path("definitions/.tmp-1-1"), "half").unwrap();
    std::fs::write(place.path("definitions/odd.xml"), "<odd").unwrap();
    std::fs::write(place.path("autostart/7f9c1a52-3b0e-4a6c-9d53-0c2f5d1e8a99"), "").unwrap();
    std::fs::create_dir(place.path("run/99")).unwrap();
    let before = content(&place);
    let host = host.reborn();
    let conn = read_only(&place, &host).await;
    let domains = conn.domains().await.unwrap();
    assert_eq!(domains.len(), 3);
    assert_eq!(
        conn.domain("web").await.unwrap().info().await.unwrap().state,
        DomainState::Paused
    );
    assert_eq!(
        conn.domain("other").await.unwrap().info().await.unwrap().state,
        DomainState::ShutOff
    );
    assert_eq!(recovery_report(&conn).unwrap().corrupt.len(), 1);
    sleep(Duration::from_millis(500)).await;
    conn.shutdown().await.unwrap();
    assert_eq!(content(&place), before);
    assert_eq!(place.processes().await.len(), 2);
    let writes: Vec<_> = host
        .record()
        .into_iter()
        .filter(|one| one.op.is_write())
        .collect();
    assert!(writes.iter().all(|one| one.op.name() == "lease"), "{writes:?}");
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_that_is_not_there_is_empty_to_who_only_reads_and_is_not_made() {
    needs_qemu!();
    let place = Place::new().await;
    std::fs::remove_dir_all(place.directory.path()).unwrap();
    let conn = read_only(&place, &FakeHost::local()).await;
    assert!(conn.domains().await.unwrap().is_empty());
    conn.shutdown().await.unwrap();
    assert!(!place.directory.path().exists());
}
