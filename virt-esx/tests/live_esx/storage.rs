//! Datastores as pools, disks and images as volumes.

use std::time::Duration;

use virt_core::event::{Event, EventFilter, EventStream, StoragePoolChange};
use virt_core::model::volume::VolumeFormat;
use virt_core::model::{ByteSize, PoolConfig, PoolType, VolumeConfig};
use virt_core::storage::{
    PoolBuildOptions, StoragePool, StoragePoolFilter, StoragePoolSelector, StoragePoolState,
    StorageVolumeSelector, VolumeCreateOptions, VolumeDeleteOptions, VolumeResize, VolumeResizeOptions,
    WipeAlgorithm,
};
use virt_core::{Connection, ErrorKind};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

use crate::fixture::{SOON, open, simulator};

/// A host, a connection to it, and its datastore.
async fn host(options: SimulatorOptions) -> Option<(Simulator, Connection, StoragePool)> {
    let simulator = simulator(options).await?;
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let pool = conn.storage_pool("LocalDS_0").await.expect("its datastore");
    Some((simulator, conn, pool))
}

fn disk(name: &str, mib: u64) -> VolumeConfig {
    VolumeConfig::builder(name)
        .capacity(ByteSize::mib(mib))
        .allocation(ByteSize::ZERO)
        .build()
        .expect("a document")
}

/// The next changes of pools.
async fn changes(events: &mut EventStream, count: usize) -> Vec<StoragePoolChange> {
    let mut seen = Vec::new();
    while seen.len() < count {
        let next = tokio::time::timeout(SOON, events.next()).await;
        match next.expect("it comes soon").expect("it comes") {
            Event::StoragePool(event) => seen.push(event.change),
            _ => continue,
        }
    }
    seen
}

#[tokio::test]
async fn datastores_are_pools() {
    let Some((simulator, conn, pool)) = host(SimulatorOptions::esx().with_datastores(2)).await else {
        return;
    };
    let infos = conn
        .storage_pool_infos(&StoragePoolFilter::all())
        .await
        .expect("the pools");
    let names: Vec<&str> = infos.iter().map(|info| info.pool.name.as_str()).collect();
    assert_eq!(names, ["LocalDS_0", "LocalDS_1"]);
    for info in &infos {
        assert_eq!(info.state, StoragePoolState::Running);
        assert!(info.persistent && info.autostart);
        let together = info.allocation.as_bytes() + info.available.as_bytes();
        assert!(
            info.capacity.as_bytes() > 0 && together == info.capacity.as_bytes(),
            "{info:?}"
        );
    }
    let none = StoragePoolFilter::all().kind(PoolType::Netfs);
    assert!(
        conn.storage_pool_infos(&none)
            .await
            .expect("the pools")
            .is_empty()
    );
    let path = "/vmfs/volumes/LocalDS_0";
    for selector in [
        StoragePoolSelector::Uuid(pool.uuid()),
        StoragePoolSelector::TargetPath(path.to_owned()),
    ] {
        let found = conn.storage_pool(selector).await.expect("it is found");
        assert_eq!((found.uuid(), found.name()), (pool.uuid(), "LocalDS_0"));
    }
    let error = conn
        .storage_pool("nothing")
        .await
        .map(drop)
        .expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("LocalDS_1"), "{error}");
    let config = pool.config().await.expect("its document");
    config.validate().expect("it is valid");
    assert_eq!(config.kind, PoolType::Dir);
    let target = config.target.and_then(|target| target.path);
    assert_eq!(target.as_deref(), Some(path));
    // libvirt's own driver sees the same.
    let words = ["pool-uuid", "LocalDS_0"];
    let uuid = simulator
        .virsh(&simulator.esx_uri(), &words)
        .await
        .expect("virsh");
    assert_eq!(uuid.trim(), pool.uuid().to_string());
    let can = conn.storage_pool_capabilities().await.expect("what there can be");
    assert!(can.supports(&PoolType::Netfs) && !can.supports(&PoolType::Logical));
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn what_a_datastore_is_not_asked_for_is_refused_by_name() {
    let Some((_simulator, conn, pool)) = host(SimulatorOptions::esx()).await else {
        return;
    };
    let dir = PoolConfig::dir("images", "/srv/images")
        .build()
        .expect("a document");
    let refused = [
        pool.destroy().await,
        pool.delete().await,
        pool.undefine().await,
        pool.set_autostart(false).await,
        pool.build_with(&PoolBuildOptions::default()).await,
        conn.define_storage_pool(&dir).await.map(drop),
        conn.create_storage_pool(&dir).await.map(drop),
        conn.find_storage_pool_sources(&PoolType::Fs, None)
            .await
            .map(drop),
    ];
    for (place, result) in refused.into_iter().enumerate() {
        let error = result.expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{place}: {error}");
    }
    let error = pool.start().await.expect_err("it is in use");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    pool.set_autostart(true).await.expect("it is so already");
    pool.info().await.expect("it is still there");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_directory_of_a_server_is_mounted_and_forgotten() {
    let Some((_simulator, conn, pool)) = host(SimulatorOptions::esx()).await else {
        return;
    };
    let mut events = conn.events(EventFilter::all()).await.expect("events");
    let config = PoolConfig::netfs(
        "images",
        "filer.example",
        "/export/images",
        "/vmfs/volumes/images",
    )
    .build()
    .expect("a document");
    let made = conn.define_storage_pool(&config).await.expect("it is mounted");
    assert_eq!(
        changes(&mut events, 2).await,
        [StoragePoolChange::Defined, StoragePoolChange::Started]
    );
    let read = made.config().await.expect("its document");
    assert_eq!(read.kind, PoolType::Netfs);
    let text = read.to_xml();
    for wanted in [
        "<host name='filer.example'/>",
        "<dir path='/export/images'/>",
        "<format type='nfs'/>",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
    let again = conn
        .define_storage_pool(&config)
        .await
        .map(drop)
        .expect_err("it is taken");
    assert_eq!(again.kind(), ErrorKind::AlreadyExists, "{again}");
    made.create_volume(&disk("web/web.vmdk", 1))
        .await
        .expect("a disk in it");
    assert!(pool.volume("web/web.vmdk").await.is_err());
    made.refresh().await.expect("it is looked at anew");
    assert_eq!(changes(&mut events, 1).await, [StoragePoolChange::Refreshed]);
    made.undefine().await.expect("it is forgotten");
    assert_eq!(
        changes(&mut events, 2).await,
        [StoragePoolChange::Stopped, StoragePoolChange::Undefined]
    );
    let error = made.info().await.map(drop).expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let error = conn
        .storage_pool("images")
        .await
        .map(drop)
        .expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_disk_is_made_looked_at_resized_wiped_and_deleted() {
    let Some((simulator, conn, pool)) = host(SimulatorOptions::esx().with_machines(0)).await else {
        return;
    };
    let volume = pool
        .create_volume(&disk("web 1/ü%+#.vmdk", 8))
        .await
        .expect("it is made");
    let info = volume.info().await.expect("what it is");
    assert_eq!(
        (info.capacity, info.allocation),
        (ByteSize::mib(8), ByteSize::ZERO)
    );
    assert_eq!(volume.name(), "web 1/ü%+#.vmdk");
    let path = volume.path().await.expect("where it is");
    assert_eq!(path, "[LocalDS_0] web 1/ü%+#.vmdk");
    for selector in [
        StorageVolumeSelector::path(path.as_str()),
        StorageVolumeSelector::path("/vmfs/volumes/LocalDS_0/web 1/ü%+#.vmdk"),
        StorageVolumeSelector::key(volume.key()),
    ] {
        let found = conn.storage_volume(selector).await.expect("it is found");
        assert_eq!(found.reference(), volume.reference());
    }
    assert_eq!(volume.pool().await.expect("its pool").uuid(), pool.uuid());
    let config = volume.config().await.expect("its document");
    let target = config.target.as_ref();
    let format = target.and_then(|target| target.format.as_ref()?.kind.clone());
    assert_eq!(format, Some(VolumeFormat::Vmdk), "{}", config.to_xml());
    let again = pool.create_volume(&disk("web 1/ü%+#.vmdk", 8)).await.map(drop);
    assert_eq!(again.expect_err("it is there").kind(), ErrorKind::AlreadyExists);
    volume.resize(ByteSize::mib(9)).await.expect("it grows");
    volume
        .resize(VolumeResize::GrowBy(ByteSize::mib(1)))
        .await
        .expect("it grows");
    assert_eq!(
        volume.info().await.expect("what it is").capacity,
        ByteSize::mib(10)
    );
    let error = volume.resize(ByteSize::mib(1)).await.expect_err("it has more");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    let leave = VolumeResizeOptions::default().shrink();
    let error = volume
        .resize_with(ByteSize::mib(1), &leave)
        .await
        .expect_err("it cannot");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    volume.wipe().await.expect("it is wiped");
    let error = volume
        .wipe_with(WipeAlgorithm::Gutmann)
        .await
        .expect_err("it cannot");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let with = VolumeDeleteOptions::default().with_snapshots();
    let error = volume.delete_with(&with).await.expect_err("it has none");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    // libvirt knows it by its uuid, and so it is found as well.
    let words = ["vol-key", "--pool", "LocalDS_0", "web 1/ü%+#.vmdk"];
    let key = simulator
        .virsh(&simulator.esx_uri(), &words)
        .await
        .expect("virsh");
    let found = conn.storage_volume(StorageVolumeSelector::key(key.trim())).await;
    assert_eq!(found.expect("it is found").name(), volume.name());
    volume
        .delete_with(&VolumeDeleteOptions::default().zeroed())
        .await
        .expect("it is deleted");
    let error = volume.info().await.map(drop).expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(pool.volumes().await.expect("its volumes").is_empty());
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn volumes_are_listed_by_as_many_calls_however_many_there_are() {
    let Some((simulator, conn, pool)) = host(SimulatorOptions::esx().with_machines(0)).await else {
        return;
    };
    let mut calls = Vec::new();
    for round in 0..2_u32 {
        for number in 0..4_u32 {
            let name = format!("dir {round}/disk{number}.vmdk");
            pool.create_volume(&disk(&name, u64::from(number) + 1))
                .await
                .expect("it is made");
        }
        simulator.control().reset_calls().await.expect("the control");
        let infos = pool.volume_infos().await.expect("its volumes");
        let count = simulator.calls().await.expect("the control").total();
        let expected = usize::try_from((round + 1) * 4).unwrap_or_default();
        assert_eq!(infos.len(), expected);
        calls.push(count);
        let names: Vec<&str> = infos.iter().map(|info| info.volume.name.as_str()).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert!(names.iter().all(|name| !name.contains("-flat")), "{names:?}");
        assert_eq!(infos.get(3).map(|info| info.capacity), Some(ByteSize::mib(4)));
    }
    // What follows the inventory meanwhile may add its own.
    assert!(calls.iter().all(|count| *count <= 14), "{calls:?}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_volume_is_cloned_within_a_datastore_and_to_another() {
    let Some((_simulator, conn, pool)) =
        host(SimulatorOptions::esx().with_machines(0).with_datastores(2)).await
    else {
        return;
    };
    let other = conn.storage_pool("LocalDS_1").await.expect("another");
    let origin = pool
        .create_volume(&disk("a/a.vmdk", 2))
        .await
        .expect("it is made");
    let unsaid = |name: &str| {
        VolumeConfig::from_xml(&format!("<volume><name>{name}</name></volume>")).expect("a document")
    };
    let copy = other
        .clone_volume(&unsaid("b/b.vmdk"), &origin)
        .await
        .expect("it is cloned");
    assert_eq!(copy.info().await.expect("what it is").capacity, ByteSize::mib(2));
    let larger = VolumeConfig::builder("b/c.vmdk")
        .capacity(ByteSize::mib(3))
        .build()
        .expect("a document");
    let larger = pool.clone_volume(&larger, &copy).await.expect("it is cloned");
    assert_eq!(
        larger.info().await.expect("what it is").capacity,
        ByteSize::mib(3)
    );
    let all = VolumeConfig::builder("b/d.vmdk")
        .capacity(ByteSize::mib(2))
        .allocation(ByteSize::mib(2))
        .build()
        .expect("a document");
    let all = pool.clone_volume(&all, &origin).await.expect("it is cloned");
    assert_eq!(all.info().await.expect("what it is").allocation, ByteSize::mib(2));
    for (config, kind) in [
        (unsaid("b/c.vmdk"), ErrorKind::AlreadyExists),
        (unsaid("b/x.iso"), ErrorKind::InvalidConfig),
        (disk("b/x.vmdk", 1), ErrorKind::InvalidConfig),
    ] {
        let error = pool
            .clone_volume(&config, &origin)
            .await
            .map(drop)
            .expect_err("it is refused");
        assert_eq!(error.kind(), kind, "{error}");
    }
    origin.delete().await.expect("it is deleted");
    let error = pool.clone_volume(&unsaid("b/e.vmdk"), &origin).await.map(drop);
    assert_eq!(error.expect_err("it is gone").kind(), ErrorKind::NotFound);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn what_cannot_be_made_leaves_nothing() {
    let Some((simulator, conn, pool)) = host(SimulatorOptions::esx().with_machines(0)).await else {
        return;
    };
    let iso = VolumeConfig::builder("isos/a.iso")
        .capacity(ByteSize::mib(1))
        .build()
        .expect("a document");
    let half = VolumeConfig::builder("a/a.vmdk")
        .capacity(ByteSize::mib(2))
        .allocation(ByteSize::mib(1))
        .build()
        .expect("a document");
    for (config, kind) in [
        (&iso, ErrorKind::Unsupported),
        (&half, ErrorKind::Unsupported),
        (&disk("../a.vmdk", 1), ErrorKind::InvalidConfig),
        (&disk("a.qcow2", 1), ErrorKind::InvalidConfig),
        (&disk("a.vmdk", 0), ErrorKind::InvalidConfig),
    ] {
        let error = pool
            .create_volume(config)
            .await
            .map(drop)
            .expect_err("it is refused");
        assert_eq!(error.kind(), kind, "{error}");
    }
    let options = VolumeCreateOptions::default().prealloc_metadata();
    let error = pool
        .create_volume_with(&disk("a.vmdk", 1), &options)
        .await
        .map(drop);
    assert_eq!(error.expect_err("it is refused").kind(), ErrorKind::Unsupported);
    simulator
        .control()
        .leave_room(1 << 20)
        .await
        .expect("the control");
    let all = VolumeConfig::builder("a/a.vmdk")
        .capacity(ByteSize::mib(2))
        .build()
        .expect("a document");
    let error = pool
        .create_volume(&all)
        .await
        .map(drop)
        .expect_err("there is no room");
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted, "{error}");
    assert!(pool.volumes().await.expect("its volumes").is_empty());
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn datastores_of_one_name_are_told_apart() {
    let options = SimulatorOptions::vcenter().with_datacenters(2).with_machines(0);
    let Some(simulator) = simulator(options).await else {
        return;
    };
    let server = format!("vpx://{}/", simulator.host_port());
    let conn = open(&simulator, &server, "").await.expect("it opens");
    let pools = conn.storage_pools().await.expect("the pools");
    let [first, second] = pools.as_slice() else {
        panic!("two pools, and not {pools:?}");
    };
    assert_eq!(first.name(), second.name());
    assert_ne!(first.uuid(), second.uuid());
    let error = conn
        .storage_pool(first.name())
        .await
        .map(drop)
        .expect_err("which one?");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    let mut made = Vec::new();
    for (pool, mib) in [(first, 1), (second, 2)] {
        let pool = conn.storage_pool(pool.uuid()).await.expect("by its uuid");
        made.push(
            pool.create_volume(&disk("same/same.vmdk", mib))
                .await
                .expect("it is made"),
        );
    }
    let capacity = async |place: usize| {
        let volume = made.get(place).expect("it was made");
        volume.info().await.expect("what it is").capacity
    };
    assert_eq!(
        (capacity(0).await, capacity(1).await),
        (ByteSize::mib(1), ByteSize::mib(2))
    );
    for volume in &made {
        let found = conn
            .storage_volume(StorageVolumeSelector::key(volume.key()))
            .await;
        assert_eq!(found.expect("by its key").reference(), volume.reference());
    }
    let path = StorageVolumeSelector::path(made.first().expect("one").path().await.expect("where it is"));
    let error = conn.storage_volume(path).await.map(drop).expect_err("which one?");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    conn.shutdown().await.expect("it ends");
    // A connection to one of the datacenters is about its own.
    let narrow = open(&simulator, &format!("{server}DC1"), "")
        .await
        .expect("it opens");
    let pool = narrow.storage_pool("LocalDS_0").await.expect("the only one");
    assert_eq!(pool.uuid(), second.uuid());
    assert_eq!(pool.volumes().await.expect("its volumes").len(), 1);
    narrow.shutdown().await.expect("it ends");
    let host = open(&simulator, &format!("{server}DC0/DC0_C0/DC0_C0_H0"), "")
        .await
        .expect("it opens");
    assert_eq!(
        host.storage_pool("LocalDS_0").await.expect("its own").uuid(),
        first.uuid()
    );
    host.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn work_that_takes_longer_than_the_call_is_not_known_to_be_done() {
    let Some((simulator, conn, pool)) = host(SimulatorOptions::esx().with_machines(0)).await else {
        return;
    };
    let slow = Duration::from_secs(20);
    simulator
        .control()
        .slow_down("CreateVirtualDisk_Task", slow)
        .await
        .expect("the control");
    let hasty = pool.with_deadline(Duration::from_millis(700));
    let error = hasty
        .create_volume(&disk("a/a.vmdk", 1))
        .await
        .map(drop)
        .expect_err("no time");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert_eq!(error.outcome(), virt_core::Outcome::Unknown);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_folder_of_hosts_has_the_datastores_of_its_hosts() {
    let options = SimulatorOptions::vcenter().with_folders(1).with_machines(0);
    let Some(simulator) = simulator(options).await else {
        return;
    };
    let uri = format!("vpx://{}/F0/DC0/F0", simulator.host_port());
    let conn = open(&simulator, &uri, "").await.expect("it opens");
    let pool = conn.storage_pool("LocalDS_0").await.expect("its datastore");
    pool.create_volume(&disk("a/a.vmdk", 1))
        .await
        .expect("a disk in it");
    assert_eq!(pool.volumes().await.expect("its volumes").len(), 1);
    conn.shutdown().await.expect("it ends");
}
