//! Operations with what has to be there before, and the places they happen in.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use virt_core::backend::{Backend, BackendTable, PathRule};
use virt_core::connection::ConnectionBuilder;
use virt_core::domain::{ConfigScope, DomainFilter, DomainName, MetadataItem, StartOptions};
use virt_core::host::{LocalHost, Processes, Signal, TEMPORARY_PREFIX};
use virt_core::model::DomainConfig;
use virt_core::{Connection, Domain, Error, ErrorKind, Result};
use virt_qemu::QemuBackend;
use virt_testkit::fake_host::FakeHost;

/// A root directory of its own; what QEMU can do is known in it already.
pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
}

impl Place {
    pub(crate) async fn new() -> Self {
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

    pub(crate) async fn open(&self, host: &FakeHost) -> Result<Connection> {
        self.open_with(host, |builder| builder).await
    }

    pub(crate) async fn open_with(
        &self,
        host: &FakeHost,
        set: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    ) -> Result<Connection> {
        let backend: Option<Arc<dyn Backend>> = Some(Arc::new(QemuBackend));
        let builder = Connection::builder()
            .backends(BackendTable::default().backend("qemu", PathRule::Is("/embed"), "qemu", backend))
            .host(Arc::new(host.clone()));
        let root = self.path("");
        set(builder)
            .open(&format!("qemu:///embed?root={}", root.trim_end_matches('/')))
            .await
    }

    pub(crate) fn path(&self, below: &str) -> String {
        format!("{}/{below}", self.directory.path().display())
    }

    pub(crate) fn names(&self, below: &str) -> BTreeSet<String> {
        let Ok(entries) = std::fs::read_dir(self.path(below)) else {
            return BTreeSet::new();
        };
        let name =
            |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        entries.map(name).collect()
    }

    pub(crate) async fn processes(&self) -> Vec<virt_core::host::ProcessIdentity> {
        let ours = self.path("run/");
        let all = LocalHost::new().list("qemu-system").await.unwrap();
        all.into_iter()
            .filter(|info| !info.zombie && info.argv.iter().any(|arg| arg.contains(&ours)))
            .map(|info| info.identity)
            .collect()
    }

    /// Every active domain has one process, one record, one directory; nothing else is left.
    pub(crate) async fn is_clean(&self, conn: &Connection, story: &str) {
        let untidy = self.untidy(conn).await;
        assert_eq!(untidy, None, "{story}");
    }

    /// What is there and should not be, or is not and should be.
    pub(crate) async fn untidy(&self, conn: &Connection) -> Option<String> {
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
        let processes = self.processes().await.len();
        if processes != active.len() {
            return Some(format!("{processes} processes of {} runs", active.len()));
        }
        for (below, expected) in [("run", ids), ("runs", records)] {
            let mut there = self.names(below);
            there.retain(|name| !name.ends_with(".corrupt"));
            if there != expected {
                return Some(format!("in {below:?} there is {there:?}, not {expected:?}"));
            }
        }
        ["definitions", "autostart", "runs"]
            .into_iter()
            .find_map(|below| {
                let mut names = self.names(below).into_iter();
                names
                    .find(|name| name.starts_with(TEMPORARY_PREFIX))
                    .map(|name| format!("half-written: {below}/{name}"))
            })
    }

    pub(crate) async fn end(&self) {
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

pub(crate) fn config(name: &str) -> DomainConfig {
    let xml = format!(
        "<domain type='qemu'><name>{name}</name><uuid>7f9c1a52-3b0e-4a6c-9d53-0c2f5d1e8a01</uuid>\
         <memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"
    );
    DomainConfig::from_xml(&xml).unwrap()
}

/// What a user sees of all domains.
pub(crate) async fn seen(conn: &Connection) -> Vec<String> {
    let infos = conn.domain_infos(&DomainFilter::default()).await.unwrap();
    let one = |info: &virt_core::domain::DomainInfo| {
        format!(
            "{} state {} persistent {} autostart {} title {:?} memory {}",
            info.domain.name, info.state, info.persistent, info.autostart, info.title, info.max_memory
        )
    };
    infos.iter().map(one).collect()
}

pub(crate) type Act = for<'a> fn(&'a Connection) -> BoxFuture<'a, Result<()>>;

/// An operation with what has to be there before.
pub(crate) struct Story {
    pub(crate) name: &'static str,
    pub(crate) before: &'static [Act],
    pub(crate) act: Act,
}

pub(crate) async fn only(conn: &Connection) -> Result<Domain> {
    let first = conn.domains().await?.into_iter().next();
    first.ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no domain"))
}

pub(crate) fn define(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { conn.define_domain(&config("web")).await.map(drop) })
}

pub(crate) fn redefine(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async {
        let mut other = config("web");
        other.title = Some("another".into());
        conn.define_domain(&other).await.map(drop)
    })
}

pub(crate) fn undefine(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { only(conn).await?.undefine().await })
}

pub(crate) fn rename(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async {
        only(conn)
            .await?
            .rename(&DomainName::new("shop")?)
            .await
            .map(drop)
    })
}

pub(crate) fn autostart(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { only(conn).await?.set_autostart(true).await })
}

pub(crate) fn no_autostart(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { only(conn).await?.set_autostart(false).await })
}

pub(crate) fn title(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async {
        let title = MetadataItem::Title(Some("shop".into()));
        only(conn).await?.set_metadata(&title, ConfigScope::Current).await
    })
}

pub(crate) fn start(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async {
        only(conn)
            .await?
            .start_with(&StartOptions::default().paused())
            .await
    })
}

pub(crate) fn create(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    let paused = StartOptions::default().paused();
    Box::pin(async move { conn.create_domain_with(&config("web"), &paused).await.map(drop) })
}

pub(crate) fn destroy(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { only(conn).await?.destroy().await })
}

pub(crate) const DEFINITIONS: &[Story] = &[
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

pub(crate) const STARTS: &[Story] = &[
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

pub(crate) const RUNNING: &[Story] = &[
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
    pub(crate) async fn prepare(&self, place: &Place, host: &FakeHost) -> (Connection, Vec<String>) {
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
    pub(crate) async fn told_whole(&self) -> (Vec<String>, u64) {
        let (place, host) = (Place::new().await, FakeHost::local());
        let (conn, _) = self.prepare(&place, &host).await;
        (self.act)(&conn).await.unwrap();
        let (after, writes) = (seen(&conn).await, host.writes());
        place.is_clean(&conn, self.name).await;
        conn.shutdown().await.unwrap();
        place.end().await;
        (after, writes)
    }
}

/// Skips a test where there is no QEMU.
macro_rules! needs_qemu {
    () => {
        if let Err(missing) = QemuBinary::installed() {
            virt_testkit::skip!("{missing}");
        }
    };
}
pub(crate) use needs_qemu;
