//! Snapshots through their public door: written by hand, read back, checked, laid beside a domain.

use virt_core::model::domain::devices::{DiskType, ImageFormat};
use virt_core::model::snapshot::{
    SnapshotAlignment, SnapshotDisk, SnapshotLocation, SnapshotMemory, SnapshotState,
};
use virt_core::model::{AnyDocument, Disk, DomainConfig, InactiveDomain, SnapshotConfig};
use virt_core::xml::{Position, XmlProblem};

#[test]
fn the_builder_writes_what_libvirt_reads() {
    let snapshot = SnapshotConfig::builder()
        .name("before-update")
        .description("<all> of it")
        .memory(SnapshotMemory::external("/srv/web.mem"))
        .disk(
            SnapshotDisk::external("vda")
                .file("/srv/web.new")
                .format(ImageFormat::Qcow2),
        )
        .disk(SnapshotDisk::internal("vdb"))
        .disk(SnapshotDisk::excluded("sda"))
        .build()
        .unwrap();
    let written = "<domainsnapshot>
  <name>before-update</name>
  <description>&lt;all&gt; of it</description>
  <memory snapshot='external' file='/srv/web.mem'/>
  <disks>
    <disk name='vda' snapshot='external' type='file'>
      <driver type='qcow2'/>
      <source file='/srv/web.new'/>
    </disk>
    <disk name='vdb' snapshot='internal'/>
    <disk name='sda' snapshot='no'/>
  </disks>
</domainsnapshot>
";
    assert_eq!(snapshot.to_xml(), written);
    assert_eq!(SnapshotConfig::from_xml(written).unwrap(), snapshot);
    assert_eq!(snapshot.normalized(), snapshot);
}

#[test]
fn a_domain_is_whole_or_known_by_its_uuid() {
    let by_uuid = "<domainsnapshot>
  <name>a</name>
  <domain>
    <uuid>9d37b878-a7cc-9f9a-b78f-49b3abad25a8</uuid>
  </domain>
</domainsnapshot>
";
    let snapshot = SnapshotConfig::from_xml(by_uuid).unwrap();
    assert_eq!(snapshot.to_xml(), by_uuid);
    assert!(snapshot.unknown().is_empty());
    let domain = snapshot.domain.unwrap();
    assert!(domain.to_config().is_none());
    assert_eq!(
        domain.uuid().unwrap().to_string(),
        "9d37b878-a7cc-9f9a-b78f-49b3abad25a8"
    );

    let whole = "<domainsnapshot>
  <name>a</name>
  <domain type='qemu'>
    <name>web</name>
    <novelty/>
  </domain>
  <inactiveDomain type='qemu'>
    <name>web</name>
  </inactiveDomain>
  <cookie>
    <cpu mode='host-model'/>
    <note of='somebody'/>
  </cookie>
</domainsnapshot>
";
    let snapshot = SnapshotConfig::from_xml(whole).unwrap();
    assert_eq!(snapshot.to_xml(), whole);
    let unknown: Vec<_> = snapshot.unknown().into_iter().map(|found| found.path).collect();
    assert_eq!(unknown, ["/domainsnapshot/domain/novelty[1]"]);
    assert_eq!(snapshot.domain.unwrap().to_config().unwrap().name, "web");
    assert_eq!(snapshot.inactive_domain.unwrap().name, "web");
}

#[test]
fn an_inactive_domain_is_a_document_too() {
    let text = "<inactiveDomain type='kvm'>
  <name>web</name>
  <vcpu>2</vcpu>
</inactiveDomain>
";
    let AnyDocument::InactiveDomain(document) = AnyDocument::from_xml(text).unwrap() else {
        panic!("it is another document");
    };
    assert_eq!(document.to_xml(), text);
    assert_eq!(document.0.name, "web");
    let made =
        InactiveDomain::from(DomainConfig::from_xml(&text.replace("inactiveDomain", "domain")).unwrap());
    assert_eq!(made, *document);
}

#[test]
fn contradictions_are_refused_with_their_place() {
    let cases = [
        ("<memory snapshot='external'/>", "/domainsnapshot/memory/@file"),
        (
            "<memory snapshot='internal' file='/a'/>",
            "/domainsnapshot/memory/@file",
        ),
        ("<memory file='a'/>", "/domainsnapshot/memory/@file"),
        (
            "<memory snapshot='elsewhere'/>",
            "/domainsnapshot/memory/@snapshot",
        ),
        (
            "<disks><disk snapshot='no'/></disks>",
            "/domainsnapshot/disks/disk[1]/@name",
        ),
        (
            "<disks><disk name='vda'/><disk name='vdb' snapshot='default'/></disks>",
            "/domainsnapshot/disks/disk[2]/@snapshot",
        ),
        (
            "<disks><disk name='vda' type='dir'/></disks>",
            "/domainsnapshot/disks/disk[1]/@type",
        ),
        (
            "<disks><disk name='vda'><driver type='raw'/></disk></disks>",
            "/domainsnapshot/disks/disk[1]/driver/@type",
        ),
        (
            "<disks><disk name='vda'><source file='new.img'/></disk></disks>",
            "/domainsnapshot/disks/disk[1]/source",
        ),
        (
            "<disks><disk name='vda' type='network'><source name='a'/></disk></disks>",
            "/domainsnapshot/disks/disk[1]/source/@protocol",
        ),
    ];
    for (part, path) in cases {
        let text = format!("<domainsnapshot>\n  {part}\n</domainsnapshot>");
        let error = SnapshotConfig::from_xml(&text).unwrap().validate().unwrap_err();
        assert_eq!(error.path(), path, "{part}");
        assert_eq!(error.position().map(Position::line), Some(2), "{part}");
    }
}

#[test]
fn a_snapshot_of_disks_only_keeps_no_memory() {
    let mut snapshot = SnapshotConfig::builder()
        .name("a")
        .memory(SnapshotMemory::internal())
        .build()
        .unwrap();
    snapshot.state = Some(SnapshotState::DiskSnapshot);
    assert!(snapshot.validate().is_err());
    snapshot.memory = None;
    let kept = snapshot.clone().with_default_memory().memory.unwrap();
    assert_eq!(kept.snapshot, Some(SnapshotLocation::No));
    snapshot.state = Some(SnapshotState::Running);
    let kept = snapshot.with_default_memory().memory.unwrap();
    assert_eq!(kept.snapshot, Some(SnapshotLocation::Internal));
}

#[test]
fn a_redefined_snapshot_says_when_it_was_made_and_what_the_guest_did() {
    let mut snapshot = SnapshotConfig::builder().name("a").build().unwrap();
    for (path, fill) in [("/domainsnapshot/creationTime", 0), ("/domainsnapshot/state", 1)] {
        let error = snapshot.validate_redefined().unwrap_err();
        assert!(matches!(error.problem(), XmlProblem::Missing(_)));
        assert_eq!(error.path(), path);
        match fill {
            0 => snapshot = snapshot.created_at(1_272_917_631),
            _ => snapshot.state = Some(SnapshotState::Shutoff),
        }
    }
    snapshot.validate_redefined().unwrap();
    let mut its_own = snapshot.clone();
    its_own.parent = Some("a".into());
    assert_eq!(
        its_own.validate_redefined().unwrap_err().path(),
        "/domainsnapshot/parent/name"
    );
    let new = snapshot.as_new();
    assert_eq!(new.name.as_deref(), Some("a"));
    assert!(new.creation_time.is_none() && new.state.is_none());
    for unnamed in ["", "<name/><description/>"] {
        let text = format!("<domainsnapshot>{unnamed}</domainsnapshot>");
        let made = SnapshotConfig::from_xml(&text)
            .unwrap()
            .created_at(12)
            .normalized();
        assert_eq!(made.name.as_deref(), Some("12"));
        assert_eq!(made.description, None);
    }
}

#[test]
fn a_disk_is_named_once_by_the_builder() {
    let twice = SnapshotConfig::builder()
        .disk(SnapshotDisk::internal("vda"))
        .disk(SnapshotDisk::excluded("vda"))
        .build();
    assert_eq!(twice.unwrap_err().path(), "/domainsnapshot/disks/disk[2]/@name");
}

#[test]
fn what_says_nothing_is_left_out() {
    let text = "<domainsnapshot>
  <disks>
    <disk name='vda' snapshot='external'><source/><driver/></disk>
    <disk name='vdb'><driver type='qcow2'/></disk>
    <disk name='vdc' type='network'>
      <source protocol='rbd' name='p/v'><host name='h' transport='tcp'/></source>
    </disk>
  </disks>
  <name>a</name>
</domainsnapshot>";
    assert_eq!(
        SnapshotConfig::from_xml(text).unwrap().normalized().to_xml(),
        "<domainsnapshot>
  <name>a</name>
  <disks>
    <disk name='vda' snapshot='external'/>
    <disk name='vdb' snapshot='external' type='file'>
      <driver type='qcow2'/>
    </disk>
    <disk name='vdc' snapshot='external' type='network'>
      <source protocol='rbd' name='p/v'>
        <host name='h'/>
      </source>
    </disk>
  </disks>
</domainsnapshot>
"
    );
}

fn web() -> DomainConfig {
    let mut kept_out = Disk::file("/srv/scratch.img").target("vdc");
    kept_out.snapshot = Some("no".to_owned());
    let mut config = DomainConfig::default();
    config.devices_mut().disks = vec![
        Disk::file("/srv/web.qcow2").target("vda"),
        Disk::block("/dev/vg/data").target("vdb"),
        kept_out,
        Disk::empty_cdrom().target("sda"),
    ];
    for drive in config.devices_mut().disks.iter_mut().skip(3) {
        drive.source = None;
    }
    config
}

fn rows(snapshot: &SnapshotConfig) -> Vec<(String, String, Option<String>)> {
    let rows = snapshot.disks.iter().flat_map(|list| &list.disks);
    rows.map(|row| {
        let name = row.name.clone().unwrap_or_default();
        let location = row.snapshot.as_ref().map(ToString::to_string).unwrap_or_default();
        (name, location, row.path().map(str::to_owned))
    })
    .collect()
}

fn row(name: &str, location: &str, path: Option<&str>) -> (String, String, Option<String>) {
    (name.to_owned(), location.to_owned(), path.map(str::to_owned))
}

#[test]
fn every_disk_of_the_domain_gets_its_row() {
    let snapshot = SnapshotConfig::builder()
        .name("s1")
        .disk(SnapshotDisk::external("/dev/vg/data").file("/srv/data.s1"))
        .build()
        .unwrap();
    let external = SnapshotAlignment::new(SnapshotLocation::External);
    let aligned = snapshot.align(&web(), &external).unwrap();
    let expected = [
        row("vda", "external", Some("/srv/web.s1")),
        row("vdb", "external", Some("/srv/data.s1")),
        row("vdc", "no", None),
        row("sda", "no", None),
    ];
    assert_eq!(rows(&aligned), expected);
    assert_eq!(aligned.align(&web(), &external).unwrap(), aligned);
    assert_eq!(
        aligned.disks.unwrap().disks[0].kind,
        Some(DiskType::File),
        "a made up file has its type"
    );

    let internal = SnapshotAlignment::new(SnapshotLocation::Internal).with_only_internal();
    let plain = SnapshotConfig::builder().name("s2").build().unwrap();
    let aligned = plain.align(&web(), &internal).unwrap();
    let expected = [
        row("vda", "internal", None),
        row("vdb", "internal", None),
        row("vdc", "no", None),
        row("sda", "no", None),
    ];
    assert_eq!(rows(&aligned), expected);
    assert!(snapshot.align(&web(), &internal).is_err());
}

#[test]
fn an_alignment_refuses_what_cannot_be() {
    let external = SnapshotAlignment::new(SnapshotLocation::External);
    let refused = |disk: SnapshotDisk| {
        let snapshot = SnapshotConfig::builder().name("s").disk(disk).build().unwrap();
        snapshot.align(&web(), &external).unwrap_err().to_string()
    };
    assert!(refused(SnapshotDisk::internal("vdx")).contains("there are: vda, vdb, vdc, sda"));
    // A block device has no name a file could be called after.
    assert!(refused(SnapshotDisk::external("vdb")).contains("vdb"));
    let mut contradiction = SnapshotDisk::external("vda").file("/a");
    contradiction.snapshot = Some(SnapshotLocation::Internal);
    assert!(refused(contradiction).contains("external"));
}

mod any_value {
    //! However a document was made, it is written and read back equal.

    use proptest::prelude::{Strategy, any, prop, proptest};
    use virt_core::model::backup::{BackupDisk, BackupServer};
    use virt_core::model::checkpoint::CheckpointDisk;
    use virt_core::model::domain::devices::ImageFormat;
    use virt_core::model::moment::{MomentDomain, MomentParent};
    use virt_core::model::snapshot::{SnapshotDisk, SnapshotMemory, SnapshotState};
    use virt_core::model::{BackupConfig, CheckpointConfig, DomainConfig, SnapshotConfig};

    fn text() -> impl Strategy<Value = String> {
        "[ -~\n\té𝄞\r]{0,20}x"
    }

    fn domain() -> impl Strategy<Value = Option<MomentDomain>> {
        prop::option::of(
            (any::<u128>(), prop::option::of(text())).prop_map(|(uuid, name)| {
                let uuid = uuid::Uuid::from_u128(uuid);
                name.map_or_else(
                    || MomentDomain::of_uuid(uuid),
                    |name| {
                        let mut config = DomainConfig::default();
                        config.uuid = Some(uuid);
                        config.name = name;
                        MomentDomain::from(config)
                    },
                )
            }),
        )
    }

    fn snapshot_disk() -> impl Strategy<Value = SnapshotDisk> {
        let format = prop::sample::select(ImageFormat::KNOWN.to_vec());
        (text(), text(), format, 0..5).prop_map(|(name, path, format, kind)| match kind {
            0 => SnapshotDisk::excluded(name),
            1 => SnapshotDisk::internal(name),
            2 => SnapshotDisk::external(name).file(path).format(format),
            3 => SnapshotDisk::external(name).block(path),
            _ => SnapshotDisk::manual(name),
        })
    }

    proptest! {
        #[test]
        fn a_snapshot(
            (name, description, parent) in (text(), prop::option::of(text()), text()),
            state in prop::sample::select(SnapshotState::KNOWN.to_vec()),
            time in any::<i64>(),
            file in text(),
            disks in prop::collection::vec(snapshot_disk(), 0..4),
            domain in domain(),
        ) {
            let mut snapshot = SnapshotConfig::default().created_at(time);
            snapshot.name = Some(name);
            snapshot.description = description;
            snapshot.state = Some(state);
            snapshot.parent = Some(MomentParent::from(parent.as_str()));
            snapshot.memory = Some(SnapshotMemory::external(file));
            snapshot.disks = Some(disks.into());
            snapshot.domain = domain;
            assert_eq!(SnapshotConfig::from_xml(&snapshot.to_xml()).unwrap(), snapshot);
            let normal = snapshot.normalized();
            assert_eq!(normal.normalized(), normal);
            assert_eq!(SnapshotConfig::from_xml(&normal.to_xml()).unwrap(), normal);
        }

        #[test]
        fn a_checkpoint(name in text(), bitmap in text(), time in any::<i64>(), domain in domain()) {
            let disk = CheckpointDisk::bitmap(name.clone()).called(bitmap);
            let mut checkpoint = CheckpointConfig::default().created_at(time);
            checkpoint.disks.get_or_insert_default().disks = vec![disk, CheckpointDisk::excluded(name)];
            checkpoint.domain = domain;
            assert_eq!(CheckpointConfig::from_xml(&checkpoint.to_xml()).unwrap(), checkpoint);
            let normal = checkpoint.normalized();
            assert_eq!(normal.normalized(), normal);
        }

        #[test]
        fn a_backup(name in text(), path in text(), port in any::<u16>(), since in text()) {
            let mut backup = BackupConfig::default();
            backup.server = Some(BackupServer::tcp(name.clone(), port).with_tls());
            backup.incremental = Some(since.clone());
            backup.disks.get_or_insert_default().disks = vec![
                BackupDisk::to_file(name.clone(), path.clone()).format(ImageFormat::Qcow2).since(since),
                BackupDisk::with_scratch_block(name.clone(), path).exported_as(name),
            ];
            assert_eq!(BackupConfig::from_xml(&backup.to_xml()).unwrap(), backup);
            let normal = backup.normalized();
            assert_eq!(normal.normalized(), normal);
        }
    }
}
