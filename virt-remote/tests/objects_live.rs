//! A real libvirtd: the events of networks, storage pools, secrets, domains and devices, none of which is missed. Volumes
//! have none in libvirt.
#![cfg(feature = "rpc")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use virt_core::backend::{BackendTable, PathRule};
use virt_core::domain::{ConfigScope, MetadataItem};
use virt_core::event::{
    DomainChange, Event, EventFilter, EventStream, NetworkChange, NodeDeviceChange, ObjectKind, SecretChange,
    StoragePoolChange,
};
use virt_core::model::{ByteSize, DomainConfig, DomainType, NetworkConfig, PoolConfig, SecretConfig};
use virt_core::{ConnectUri, Connection};
use virt_remote::driver::RemoteBackend;
use virt_remote::protocol::remote::node_device::{
    NodeDeviceCreateXml, NodeDeviceCreateXmlArgs, NodeDeviceDestroy, NodeDeviceDestroyArgs,
};
use virt_remote::protocol::xdr::XdrString;
use virt_remote::session::{Session, SessionOptions};
use virt_remote::transport::unix::{self, Caller};
use virt_testkit::live::libvirtd::Libvirtd;
use virt_testkit::live::libvirtd_options::LibvirtdOptions;

/// A private daemon; `None`, loudly, where there is no libvirtd.
async fn daemon() -> Option<Libvirtd> {
    let asked = tokio::process::Command::new("libvirtd").arg("--version").output();
    if asked.await.is_err() {
        virt_testkit::skip::declare("libvirtd is not installed: `cargo xtask install libvirt` installs it");
        return None;
    }
    Some(
        Libvirtd::start_with(&LibvirtdOptions::default().apart())
            .await
            .expect("a private libvirtd"),
    )
}

fn uri(daemon: &Libvirtd, driver: &str) -> String {
    format!("{driver}?socket={}", daemon.socket().display())
}

async fn open(daemon: &Libvirtd, driver: &str) -> Connection {
    let table = ["qemu", "test"]
        .into_iter()
        .fold(BackendTable::default(), |table, scheme| {
            let backend = Arc::new(RemoteBackend::new());
            table.backend(scheme, PathRule::Any, "rpc", Some(backend))
        });
    let opened = Connection::builder()
        .backends(table)
        .open(&uri(daemon, driver))
        .await;
    opened.expect("a connection")
}

/// The next events of all kinds, until so many of the kind have come.
async fn count(events: &mut EventStream, wanted: u32) -> BTreeMap<ObjectKind, u32> {
    let mut counts = BTreeMap::new();
    let mut left = wanted;
    while left > 0 {
        let next = timeout(Duration::from_secs(30), events.next()).await;
        let event = next.unwrap_or_else(|_| panic!("{left} events are missing; there came {counts:?}"));
        let counted = match &event {
            Some(Event::Domain(event)) => event.change == DomainChange::MetadataChanged,
            Some(Event::Network(event)) => event.change == NetworkChange::MetadataChanged,
            Some(Event::StoragePool(event)) => event.change == StoragePoolChange::Refreshed,
            Some(Event::Secret(event)) => event.change == SecretChange::ValueChanged,
            other => panic!("{other:?} came"),
        };
        if let (Some(kind), true) = (event.as_ref().and_then(Event::kind), counted) {
            *counts.entry(kind).or_default() += 1;
            left -= 1;
        }
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_events_of_four_kinds_none_is_missing() {
    const ROUNDS: u32 = 2_500;
    let Some(daemon) = daemon().await else { return };
    let conn = open(&daemon, "qemu+unix:///system").await;
    let domain = DomainConfig::builder("told")
        .kind(DomainType::Qemu)
        .memory(ByteSize::mib(64))
        .build()
        .expect("a document");
    let domain = conn.define_domain(&domain).await.expect("a domain");
    let network = NetworkConfig::builder("told")
        .isolated()
        .build()
        .expect("a document");
    let network = conn.define_network(&network).await.expect("a network");
    let secret = SecretConfig::ceph("told")
        .ephemeral()
        .build()
        .expect("a document");
    let secret = conn.define_secret(&secret).await.expect("a secret");
    let directory = tempfile::tempdir().expect("a directory");
    let pool = PoolConfig::dir("told", directory.path().to_string_lossy());
    let pool = pool.build().expect("a document");
    let pool = conn.create_storage_pool(&pool).await.expect("a pool");

    let filter = EventFilter::all().with_capacity(20_000);
    let mut events = conn.events(filter).await.expect("events");
    let title = |number: u32| MetadataItem::Title(Some(number.to_string()));
    let begun = Instant::now();
    let changes = async {
        for number in 0..ROUNDS {
            let (title, scope) = (title(number), ConfigScope::Config);
            let (of_domain, of_network, of_pool, of_secret) = tokio::join!(
                domain.set_metadata(&title, scope),
                network.set_metadata(&title, scope),
                pool.refresh(),
                async { secret.set_value(&number.to_string().as_str().into()).await },
            );
            of_domain.expect("a title of a domain");
            of_network.expect("a title of a network");
            of_pool.expect("a refreshed pool");
            of_secret.expect("a value");
        }
    };
    let ((), counts) = tokio::join!(changes, count(&mut events, 4 * ROUNDS));
    let kinds = [
        ObjectKind::Domain,
        ObjectKind::Network,
        ObjectKind::StoragePool,
        ObjectKind::Secret,
    ];
    assert_eq!(counts, kinds.map(|kind| (kind, ROUNDS)).into());
    assert_eq!(events.try_next(), None);
    println!("{} events in {:?}", 4 * ROUNDS, begun.elapsed());
    pool.destroy().await.expect("the pool's end");
    conn.shutdown().await.expect("the connection's end");
    daemon.stop().await.expect("the daemon's end");
}

/// The test driver's devices: it makes them and takes them away, and tells of both, without any hardware.
#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_events_of_devices_none_is_missing() {
    const ROUNDS: usize = 5_000;
    let Some(daemon) = daemon().await else { return };
    let conn = open(&daemon, "test+unix:///default").await;
    let filter = EventFilter::all()
        .of_kind(ObjectKind::NodeDevice)
        .with_capacity(4 * ROUNDS);
    let mut events = conn.events(filter).await.expect("events");
    let session = session(&daemon).await;
    let changes = async {
        let mut names = Vec::new();
        for _ in 0..ROUNDS {
            let name = make_device(&session).await;
            take_device(&session, &name).await;
            names.push(name);
        }
        names
    };
    let listening = async {
        let mut told = Vec::new();
        while told.len() < 2 * ROUNDS {
            let next = timeout(Duration::from_secs(60), events.next()).await;
            match next.unwrap_or_else(|_| panic!("{} events came", told.len())) {
                Some(Event::NodeDevice(event)) => told.push((event.device.name, event.change)),
                other => panic!("{other:?} came of a device"),
            }
        }
        told
    };
    let begun = Instant::now();
    let (names, told) = tokio::join!(changes, listening);
    println!("{} events of devices in {:?}", told.len(), begun.elapsed());
    let expected: Vec<_> = names
        .into_iter()
        .flat_map(|name| {
            let name = name.into_text();
            [
                (name.clone(), NodeDeviceChange::Created),
                (name, NodeDeviceChange::Deleted),
            ]
        })
        .collect();
    assert!(told == expected, "they were told in another order");
    assert_eq!(events.try_next(), None);
    session.close();
    conn.shutdown().await.expect("the connection's end");
    daemon.stop().await.expect("the daemon's end");
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

/// A session for procedures: the SDK has no handle of devices yet.
async fn session(daemon: &Libvirtd) -> Session {
    let uri: ConnectUri = uri(daemon, "test+unix:///default").parse().expect("a URI");
    let options = SessionOptions::default();
    let sockets = unix::candidates(&uri, options.access, &Caller::this_process()).expect("a socket");
    let stream = unix::connect(&sockets).await.expect("the daemon");
    let opened = Session::open_unix(stream, &uri, options, soon()).await;
    opened.expect("a session").0
}

/// A virtual host bus adapter, by its name.
async fn make_device(session: &Session) -> XdrString {
    let xml = "<device><parent>scsi_host1</parent><capability type='scsi_host'><capability type='fc_host'>\
               <wwnn>2000000012341234</wwnn><wwpn>1000000012341234</wwpn></capability></capability></device>";
    let args = NodeDeviceCreateXmlArgs {
        xml_desc: xml.into(),
        flags: 0,
    };
    let made = session.connection().call::<NodeDeviceCreateXml>(&args, soon());
    made.await.expect("a device").dev.name
}

async fn take_device(session: &Session, name: &XdrString) {
    let args = NodeDeviceDestroyArgs { name: name.clone() };
    let taken = session.connection().call::<NodeDeviceDestroy>(&args, soon());
    taken.await.expect("its end");
}
