//! What crashes, full disks and destroys in the middle leave: on real QEMUs that are started paused.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what is shared by tests fails as they do"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use virt_core::backend::{Backend, BackendTable, PathRule};
use virt_core::domain::{ConfigScope, DomainFilter, DomainName, MetadataItem, StartOptions, XmlOptions};
use virt_core::host::{LocalHost, Processes, Signal, TEMPORARY_PREFIX};
use virt_core::model::DomainConfig;
use virt_core::{Connection, Domain, ErrorKind, Result};
use virt_qemu::{QemuBackend, recovery_report};
use virt_testkit::fake_host::{FakeHost, Fault};
use virt_testkit::live::qemu::QemuBinary;

/// A root directory of its own; what QEMU can do is known in it already.
struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("tests need a directory for temporary files");
        let place = Self { directory };
        let cache = std::env::temp_dir().join("virt-live-crashes-probed");
        let ours = place.directory.path().join("cache");
        std::fs::create_dir_all(&ours).expect("the directory is ours");
        copy_files(&cache, &ours);
        if std::fs::read_dir(&ours).expect("it is there").next().is_none() {
            let conn = place.open(&FakeHost::local()).await.unwrap();
            conn.version().await.unwrap();
            std::fs::create_dir_all(&cache).expect("a cache beside the tests");
            copy_files(&ours, &cache);
            conn.shutdown().await.unwrap();
        }
        place
    }

    async fn open(&self, host: &FakeHost) -> Result<Connection> {
        let backend: Option<Arc<dyn Backend>> = Some(Arc::new(QemuBackend));
        Connection::builder()
            .backends(BackendTable::default().backend("qemu", PathRule::Is("/embed"), "qemu", backend))
            .host(Arc::new(host.clone()))
            .open(&format!(
                "qemu:///embed?root={}",
                self.path("").trim_end_matches('/')
            ))
            .await
    }

    fn path(&self, below: &str) -> String {
        format!("{}/{below}", self.directory.path().display())
    }

    fn names(&self, below: &str) -> BTreeSet<String> {
        let Ok(entries) = std::fs::read_dir(self.path(below)) else {
            return BTreeSet::new();
        };
        let name =
            |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        entries.map(name).collect()
    }

    async fn processes(&self) -> Vec<virt_core::host::ProcessIdentity> {
        let ours = self.path("run/");
        let all = LocalHost::new().list("qemu-system").await.unwrap();
        all.into_iter()
            .filter(|info| !info.zombie && info.argv.iter().any(|arg| arg.contains(&ours)))
            .map(|info| info.identity)
            .collect()
    }

    /// Every active domain has one process, one record, one directory; nothing else is left.
    async fn is_clean(&self, conn: &Connection, story: &str) {
        let infos = conn.domain_infos(&DomainFilter::default()).await.unwrap();
        let active: Vec<_> = infos.iter().filter(|info| info.id.is_some()).collect();
        let ids: BTreeSet<String> = active
            .iter()
            .filter_map(|info| Some(info.id?.to_string()))
            .collect();
        let records: BTreeSet<String> = active
            .iter()
            .map(|info| format!("{}.json", info.domain.uuid))
            .collect();
        assert_eq!(self.processes().await.len(), active.len(), "{story}: processes");
        assert_eq!(self.names("run"), ids, "{story}: run directories");
        assert_eq!(self.names("runs"), records, "{story}: records of runs");
        for below in ["definitions", "autostart", "runs"] {
            let temporary = self
                .names(below)
                .into_iter()
                .find(|name| name.starts_with(TEMPORARY_PREFIX));
            assert_eq!(temporary, None, "{story}: half-written files in {below:?}");
        }
    }

    async fn end(&self) {
        for process in self.processes().await {
            let host = LocalHost::new();
            drop(host.signal(process, Signal::Kill).await);
            drop(host.wait_exit(process).await);
        }
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).into_iter().flatten() {
        let entry = entry.expect("a directory of ours");
        drop(std::fs::copy(entry.path(), to.join(entry.file_name())));
    }
}

fn config(name: &str) -> DomainConfig {
    let xml = format!(
        "<domain type='qemu'><name>{name}</name><uuid>7f9c1a52-3b0e-4a6c-9d53-0c2f5d1e8a01</uuid>\
         <memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"
    );
    DomainConfig::from_xml(&xml).unwrap()
}

/// What a user sees of all domains.
async fn seen(conn: &Connection) -> Vec<String> {
    let infos = conn.domain_infos(&DomainFilter::default()).await.unwrap();
    let one = |info: &virt_core::domain::DomainInfo| {
        format!(
            "{} state {} persistent {} autostart {} title {:?} memory {}",
            info.domain.name, info.state, info.persistent, info.autostart, info.title, info.max_memory
        )
    };
    infos.iter().map(one).collect()
}

type Act = for<'a> fn(&'a Connection) -> BoxFuture<'a, Result<()>>;

/// An operation with what has to be there before.
struct Story {
    name: &'static str,
    before: &'static [Act],
    act: Act,
}

async fn only(conn: &Connection) -> Result<Domain> {
    Ok(conn.domains().await?.remove(0))
}

fn define(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { conn.define_domain(&config("web")).await.map(drop) })
}

fn redefine(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async {
        let mut other = config("web");
        other.title = Some("another".into());
        conn.define_domain(&other).await.map(drop)
    })
}

fn undefine(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { only(conn).await?.undefine().await })
}

fn rename(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async {
        only(conn)
            .await?
            .rename(&DomainName::new("shop")?)
            .await
            .map(drop)
    })
}

fn autostart(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { only(conn).await?.set_autostart(true).await })
}

fn no_autostart(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { only(conn).await?.set_autostart(false).await })
}

fn title(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async {
        let title = MetadataItem::Title(Some("shop".into()));
        only(conn).await?.set_metadata(&title, ConfigScope::Current).await
    })
}

fn start(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async {
        only(conn)
            .await?
            .start_with(&StartOptions::default().paused())
            .await
    })
}

fn create(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    let paused = StartOptions::default().paused();
    Box::pin(async move { conn.create_domain_with(&config("web"), &paused).await.map(drop) })
}

fn destroy(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { only(conn).await?.destroy().await })
}

const DEFINITIONS: &[Story] = &[
    Story {
        name: "define",
        before: &[],
        act: define,
    },
    Story {
        name: "redefine",
        before: &[define],
        act: redefine,
    },
    Story {
        name: "undefine",
        before: &[define, autostart],
        act: undefine,
    },
    Story {
        name: "rename",
        before: &[define],
        act: rename,
    },
    Story {
        name: "autostart",
        before: &[define],
        act: autostart,
    },
    Story {
        name: "no autostart",
        before: &[define, autostart],
        act: no_autostart,
    },
    Story {
        name: "metadata",
        before: &[define],
        act: title,
    },
];

const STARTS: &[Story] = &[
    Story {
        name: "start",
        before: &[define],
        act: start,
    },
    Story {
        name: "create",
        before: &[],
        act: create,
    },
];

const RUNNING: &[Story] = &[
    Story {
        name: "destroy",
        before: &[define, start],
        act: destroy,
    },
    Story {
        name: "destroy of a transient one",
        before: &[create],
        act: destroy,
    },
    Story {
        name: "undefine while it runs",
        before: &[define, start],
        act: undefine,
    },
    Story {
        name: "define while it runs",
        before: &[create],
        act: define,
    },
    Story {
        name: "metadata while it runs",
        before: &[define, start],
        act: title,
    },
];

impl Story {
    async fn prepare(&self, place: &Place, host: &FakeHost) -> (Connection, Vec<String>) {
        let conn = place.open(host).await.unwrap();
        for step in self.before {
            step(&conn).await.unwrap();
        }
        // Numbers of runs are reserved many at a time.
        let before = seen(&conn).await;
        host.forget();
        (conn, before)
    }

    /// Without any fault: what is seen then, and how many writes it takes.
    async fn told_whole(&self) -> (Vec<String>, u64) {
        let (place, host) = (Place::new().await, FakeHost::local());
        let (conn, _) = self.prepare(&place, &host).await;
        (self.act)(&conn).await.unwrap();
        let (after, writes) = (seen(&conn).await, host.writes());
        place.is_clean(&conn, self.name).await;
        conn.shutdown().await.unwrap();
        place.end().await;
        (after, writes)
    }

    async fn with_crashes(&self) {
        let (after, writes) = self.told_whole().await;
        assert!(writes > 0, "{}: writes something", self.name);
        for (k, on_reply) in (0..writes).flat_map(|k| [(k, false), (k, true)]) {
            let story = format!(
                "{}, crash {} write {k}",
                self.name,
                if on_reply { "after" } else { "before" }
            );
            let (place, host) = (Place::new().await, FakeHost::local());
            let (conn, before) = self.prepare(&place, &host).await;
            if on_reply {
                host.crash_on_reply(k + 1);
            } else {
                host.crash_after(k);
            }
            let result = (self.act)(&conn).await;
            host.crash();
            drop(conn);
            let conn = place.open(&host.reborn()).await.expect(&story);
            let now = seen(&conn).await;
            if result.is_ok() {
                assert_eq!(now, after, "{story}: it was confirmed");
            }
            let is_whole = now == before || now == after;
            assert!(is_whole, "{story}: {now:?} is neither {before:?} nor {after:?}");
            assert_eq!(recovery_report(&conn).unwrap().corrupt, [], "{story}");
            place.is_clean(&conn, &story).await;
            drop(conn.shutdown().await);
            place.end().await;
        }
    }

    async fn with_refusals(&self, kind: ErrorKind) {
        let (after, writes) = self.told_whole().await;
        for k in 1..=writes {
            let story = format!("{}, write {k} fails with {kind}", self.name);
            let (place, host) = (Place::new().await, FakeHost::local());
            let (conn, before) = self.prepare(&place, &host).await;
            host.inject(Fault::matching(|op| op.is_write()).nth(k).fail(kind));
            match (self.act)(&conn).await {
                Ok(()) => assert_eq!(seen(&conn).await, after, "{story}, and it says it is done"),
                Err(error) => {
                    assert_eq!(error.kind(), kind, "{story}: {error}");
                    assert_eq!(seen(&conn).await, before, "{story}: nothing has changed");
                    host.clear_faults();
                    (self.act)(&conn).await.expect(&story);
                    assert_eq!(seen(&conn).await, after, "{story}: the second time it is done");
                    place.is_clean(&conn, &story).await;
                }
            }
            conn.shutdown().await.expect(&story);
            let conn = place.open(&FakeHost::local()).await.expect(&story);
            assert_eq!(seen(&conn).await, after, "{story}: and lasts");
            place.is_clean(&conn, &story).await;
            conn.shutdown().await.unwrap();
            place.end().await;
        }
    }
}

macro_rules! needs_qemu {
    () => {
        if let Err(missing) = QemuBinary::installed() {
            virt_testkit::skip!("{missing}");
        }
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_write_of_a_definition_leaves_the_old_or_the_new() {
    needs_qemu!();
    for story in DEFINITIONS {
        story.with_crashes().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_write_of_a_start_leaves_it_done_or_taken_back() {
    needs_qemu!();
    for story in STARTS {
        story.with_crashes().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_write_about_a_running_guest_leaves_it_whole() {
    needs_qemu!();
    for story in RUNNING {
        story.with_crashes().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_full_disk_refuses_has_changed_nothing() {
    needs_qemu!();
    for story in DEFINITIONS.iter().chain(STARTS).chain(RUNNING) {
        story.with_refusals(ErrorKind::ResourceExhausted).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_takes_at_most_eight_round_trips() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    let domain = conn.define_domain(&config("web")).await.unwrap();
    start(&conn).await.unwrap();
    domain.destroy().await.unwrap();
    host.forget();
    start(&conn).await.unwrap();
    let names: Vec<_> = host
        .record()
        .iter()
        .map(|one| (one.batch, one.op.name()))
        .collect();
    assert!(host.batches() <= 8, "{} round trips: {names:?}", host.batches());
    domain.destroy().await.unwrap();
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destroy_at_any_moment_of_a_start_leaves_nothing_of_it() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    let domain = conn.define_domain(&config("web")).await.unwrap();
    for wait in (0..90).step_by(9) {
        let starting = tokio::spawn({
            let domain = domain.clone();
            async move { domain.start_with(&StartOptions::default().paused()).await }
        });
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let destroyed = domain.destroy().await;
        let started = starting.await.unwrap();
        match (&started, &destroyed) {
            // It came before the start.
            (Ok(()), Err(error)) => {
                assert_eq!(error.kind(), ErrorKind::InvalidState);
                domain.destroy().await.unwrap();
            }
            (Err(error), Ok(())) => {
                assert_eq!(error.kind(), ErrorKind::Cancelled, "after {wait} ms: {error}")
            }
            (Ok(()), Ok(())) => {}
            other => panic!("after {wait} ms: {other:?}"),
        }
        place.is_clean(&conn, &format!("destroyed after {wait} ms")).await;
    }
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_whose_image_is_missing_is_refused_once_and_its_name_is_free_again() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    let mut broken = config("web");
    broken.os.get_or_insert_default().kernel = Some(place.path("no-kernel"));
    for _ in 0..20 {
        let refused = tokio::time::timeout(Duration::from_secs(10), conn.create_domain(&broken)).await;
        assert_eq!(
            refused.expect("an answer").unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }
    let mut other = config("web");
    other.uuid = Some(uuid::Uuid::from_u128(7));
    conn.define_domain(&other).await.expect("the name is free");
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_definition_that_was_given_up_before_it_began_leaves_its_name_free() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    for _ in 0..50 {
        let wanted = config("web");
        let mut defining = Box::pin(conn.define_domain(&wanted));
        for _ in 0..3 {
            if futures::poll!(&mut defining).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(defining);
        let mut other = config("web");
        other.uuid = Some(uuid::Uuid::from_u128(7));
        // What was begun is carried out: then the name is taken, by a domain that can be seen.
        let until = tokio::time::Instant::now() + Duration::from_secs(5);
        let defined = loop {
            match conn.define_domain(&other).await {
                Err(error) if conn.domains().await.unwrap().is_empty() => {
                    assert!(
                        tokio::time::Instant::now() < until,
                        "the name stays taken by nobody: {error}"
                    );
                    tokio::task::yield_now().await;
                }
                other => break other,
            }
        };
        drop(defined);
        for domain in conn.domains().await.unwrap() {
            domain.undefine().await.unwrap();
        }
    }
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_left_half_written_is_removed_and_numbers_are_not_used_twice() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    create(&conn).await.unwrap();
    let id = only(&conn).await.unwrap().id().await.unwrap();
    host.crash();
    drop(conn);
    std::fs::remove_file(place.path("manager.json")).unwrap();
    for half in ["definitions", "runs", "autostart"] {
        std::fs::write(place.path(&format!("{half}/{TEMPORARY_PREFIX}1-1")), "half").unwrap();
    }
    std::fs::create_dir(place.path("run/9")).unwrap();
    let conn = place.open(&host.reborn()).await.unwrap();
    place.is_clean(&conn, "after the crash").await;
    let mut other = config("shop");
    other.uuid = Some(uuid::Uuid::from_u128(8));
    let other = conn
        .create_domain_with(&other, &StartOptions::default().paused())
        .await
        .unwrap();
    assert!(other.id().await.unwrap() > id, "a number is used once");
    for domain in conn.domains().await.unwrap() {
        domain.destroy().await.unwrap();
    }
    place.is_clean(&conn, "after all").await;
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transient_guests_inactive_configuration_is_that_of_its_start_also_after_a_crash() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    create(&conn).await.unwrap();
    title(&conn).await.unwrap();
    let inactive = only(&conn)
        .await
        .unwrap()
        .config_with(&XmlOptions::default().inactive())
        .await
        .unwrap();
    assert_eq!((inactive.title.as_deref(), inactive.id), (None, None));
    host.crash();
    drop(conn);
    let conn = place.open(&host.reborn()).await.unwrap();
    let domain = only(&conn).await.unwrap();
    let again = domain
        .config_with(&XmlOptions::default().inactive())
        .await
        .unwrap();
    assert_eq!(again.to_xml(), inactive.to_xml());
    assert_eq!(domain.config().await.unwrap().title.as_deref(), Some("shop"));
    domain.destroy().await.unwrap();
    conn.shutdown().await.unwrap();
}
