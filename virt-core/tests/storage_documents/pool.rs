use uuid::Uuid;
use virt_core::model::domain::devices::SourceAuth;
use virt_core::model::pool::{PoolAdapter, PoolConfig, PoolFormat, PoolSources, PoolType, RefreshAllocation};
use virt_core::model::value::{FileMode, YesNo};
use virt_core::model::{AnyDocument, PciAddress, PoolCapabilities};

use crate::place;

fn secret() -> Uuid {
    Uuid::from_u128(0x2ec115d7_3a88_3ceb_bc12_0ac909a6fd87)
}

#[test]
fn a_directory_is_written_as_libvirt_reads_it() {
    let mode = FileMode::new(0o711).unwrap();
    let images = PoolConfig::dir("images", "/srv/images")
        .cow(YesNo::No)
        .permissions(virt_core::model::pool::Permissions::new(mode, 0, 36))
        .build()
        .unwrap();
    assert_eq!(
        images.to_xml(),
        "<pool type='dir'>
  <name>images</name>
  <features>
    <cow state='no'/>
  </features>
  <target>
    <path>/srv/images</path>
    <permissions>
      <mode>0711</mode>
      <owner>0</owner>
      <group>36</group>
    </permissions>
  </target>
</pool>
"
    );
    assert_eq!(PoolConfig::from_xml(&images.to_xml()), Ok(images));
}

#[test]
fn there_is_a_beginning_for_every_type_of_pool() {
    let place = PciAddress::new(0, 0, 0x1f, 2).unwrap();
    let pools = [
        PoolConfig::dir("p", "/p"),
        PoolConfig::fs("p", "/dev/sda1", "/p")
            .format(PoolFormat::Xfs)
            .mount_option("sync"),
        PoolConfig::netfs("p", "nas", "/export", "/p")
            .format(PoolFormat::Nfs)
            .protocol_version("4.1"),
        PoolConfig::logical("p").device("/dev/sdb"),
        PoolConfig::disk("p", "/dev/sdb").format(PoolFormat::Gpt),
        PoolConfig::iscsi("p", "nas", "iqn.2013-06.com.example:t").auth("u", secret()),
        PoolConfig::iscsi_direct(
            "p",
            "nas",
            "iqn.2013-06.com.example:t",
            "iqn.2013-06.com.example:i",
        ),
        PoolConfig::scsi("p", PoolAdapter::scsi_host("host0")),
        PoolConfig::scsi("p", PoolAdapter::scsi_host_at(place, 1)),
        PoolConfig::scsi("p", PoolAdapter::fc_host("20000000c9831b4b", "10000000c9831b4b")),
        PoolConfig::mpath("p"),
        PoolConfig::rbd("p", "mon", "rbd")
            .host_at("mon2", 6789)
            .auth("admin", secret())
            .rbd_option("client_mount_timeout", "45")
            .refresh_allocation(RefreshAllocation::Capacity),
        PoolConfig::sheepdog("p", "localhost", "cluster"),
        PoolConfig::gluster("p", "nas", "volume").source_dir("/sub"),
        PoolConfig::zfs("p", "tank"),
        PoolConfig::vstorage("p", "cluster", "/p"),
    ];
    let mut types = Vec::new();
    for pool in pools {
        let pool = pool.build().unwrap();
        let again = PoolConfig::from_xml(&pool.to_xml()).unwrap();
        assert_eq!(again, pool);
        assert!(again.unknown().is_empty());
        let normal = pool.normalized();
        assert_eq!(normal.normalized(), normal, "{}", normal.to_xml());
        assert_eq!(normal.validate(), Ok(()), "{}", normal.to_xml());
        types.push(pool.kind.clone());
    }
    types.dedup();
    assert_eq!(types, PoolType::KNOWN);
}

#[test]
fn libvirt_gives_back_names_paths_and_formats_that_were_not_said() {
    let group = PoolConfig::from_xml(
        "<pool type='logical'><source><name>vg0</name></source><target><path>/elsewhere</path></target></pool>",
    )
    .unwrap()
    .normalized();
    assert_eq!(group.name.as_deref(), Some("vg0"));
    let source = group.source.unwrap();
    assert_eq!(source.format.unwrap().kind, Some(PoolFormat::Lvm2));
    assert_eq!(group.target.unwrap().path.as_deref(), Some("/dev/vg0"));

    let tank = PoolConfig::zfs("a", "tank/vms").build().unwrap().normalized();
    assert_eq!(tank.target.unwrap().path.as_deref(), Some("/dev/zvol/tank/vms"));

    let tidied = PoolConfig::dir("a", "///srv//images/")
        .build()
        .unwrap()
        .normalized();
    assert_eq!(tidied.target.unwrap().path.as_deref(), Some("/srv/images"));

    let gluster = PoolConfig::from_xml(
        "<pool type='gluster'><name>g</name><source><host name='nas' port='0'/></source><target><path>/x</path></target></pool>",
    )
    .unwrap()
    .normalized();
    assert!(gluster.target.is_none());
    let source = gluster.source.unwrap();
    assert_eq!(source.name.as_deref(), Some("g"));
    assert_eq!(source.dir.unwrap().path.as_deref(), Some("/"));
    assert_eq!(source.hosts[0].port, None);
}

#[test]
fn options_of_a_pool_are_given_back_only_where_they_belong() {
    let text = |kind: &str| {
        format!(
            "<pool type='{kind}' xmlns:m='http://libvirt.org/schemas/storagepool/fs/1.0'><name>a</name>\
             <source><device path='/dev/a'/></source><target><path>/a</path></target>\
             <m:mount_opts><m:option name='sync'/></m:mount_opts></pool>"
        )
    };
    let pool = PoolConfig::from_xml(&text("fs")).unwrap();
    assert_eq!(
        pool.mount_options.as_ref().unwrap().options[0].name.as_deref(),
        Some("sync")
    );
    let written = pool.normalized().to_xml();
    assert!(written.contains("<fs:option name='sync'/>"), "{written}");
    assert!(written.starts_with("<pool type='fs' xmlns:fs="), "{written}");
    let disk = PoolConfig::from_xml(&text("disk")).unwrap();
    assert!(!disk.normalized().to_xml().contains("sync"));
}

#[test]
fn what_is_missing_or_contradictory_is_refused_with_its_place() {
    let target = "<target><path>/a</path></target>";
    for (kind, inside, path) in [
        ("nonsense", "", "/pool/@type"),
        ("dir", target, "/pool/name"),
        (
            "dir",
            "<name>a/b</name><target><path>/a</path></target>",
            "/pool/name",
        ),
        ("dir", "<name>a</name>", "/pool/target/path"),
        (
            "dir",
            "<name>a</name><target><path/></target>",
            "/pool/target/path",
        ),
        (
            "dir",
            "<name>a</name><target><path>/a</path><permissions><owner/></permissions></target>",
            "/pool/target/permissions/owner",
        ),
        (
            "mpath",
            "<name>a</name><features><cow state='no'/></features>",
            "/pool/features/cow",
        ),
        (
            "fs",
            "<name>a</name><target><path>/a</path></target>",
            "/pool/source/device",
        ),
        (
            "fs",
            "<name>a</name><source><device/></source>",
            "/pool/source/device[1]/@path",
        ),
        (
            "fs",
            "<name>a</name><source><format type='nfs'/></source>",
            "/pool/source/format/@type",
        ),
        (
            "netfs",
            "<name>a</name><source><dir path='/a'/></source>",
            "/pool/source/host",
        ),
        (
            "netfs",
            "<name>a</name><source><host name='a'/></source>",
            "/pool/source/dir/@path",
        ),
        (
            "netfs",
            "<name>a</name><source><host/></source>",
            "/pool/source/host[1]/@name",
        ),
        (
            "netfs",
            "<name>a</name><source><host name='a' port='http'/></source>",
            "/pool/source/host[1]/@port",
        ),
        (
            "netfs",
            "<name>a</name><source><format type='cifs'/><protocol ver='3'/></source>",
            "/pool/source/protocol/@ver",
        ),
        (
            "netfs",
            "<name>a</name><source><protocol ver='3,sync'/></source>",
            "/pool/source/protocol/@ver",
        ),
        ("scsi", "<name>a</name>", "/pool/source/adapter"),
        (
            "scsi",
            "<name>a</name><source><adapter/></source>",
            "/pool/source/adapter/@name",
        ),
        (
            "scsi",
            "<name>a</name><source><adapter type='ide'/></source>",
            "/pool/source/adapter/@type",
        ),
        (
            "scsi",
            "<name>a</name><source><adapter wwnn='1'/></source>",
            "/pool/source/adapter/@type",
        ),
        (
            "scsi",
            "<name>a</name><source><adapter type='scsi_host'><parentaddr unique_id='1'/></adapter></source>",
            "/pool/source/adapter/parentaddr/address",
        ),
        (
            "scsi",
            "<name>a</name><source><adapter type='scsi_host'><parentaddr><address slot='0x1'/></parentaddr></adapter></source>",
            "/pool/source/adapter/parentaddr/@unique_id",
        ),
        (
            "scsi",
            "<name>a</name><source><adapter type='fc_host' wwnn='1'/></source>",
            "/pool/source/adapter/@wwpn",
        ),
        (
            "scsi",
            "<name>a</name><source><adapter type='fc_host' wwnn='1' wwpn='10000000c9831b4b'/></source>",
            "/pool/source/adapter/@wwnn",
        ),
        (
            "scsi",
            "<name>a</name><source><adapter type='fc_host' wwnn='20000000c9831b4b' wwpn='10000000c9831b4b' parent_wwnn='20000000c9831b4b'/></source>",
            "/pool/source/adapter/@parent_wwpn",
        ),
        (
            "iscsi-direct",
            "<name>a</name><source><host name='a'/><device path='iqn'/></source>",
            "/pool/source/initiator/iqn/@name",
        ),
        (
            "rbd",
            "<name>a</name><source><host name='a'/></source>",
            "/pool/source/name",
        ),
        (
            "rbd",
            "<name>a</name><source><name>a</name><host name='a'/><auth type='ceph'/></source>",
            "/pool/source/auth/@username",
        ),
        (
            "rbd",
            "<name>a</name><source><name>a</name><host name='a'/><auth username='a'/></source>",
            "/pool/source/auth/@type",
        ),
        (
            "rbd",
            "<name>a</name><source><name>a</name><host name='a'/><auth username='a' type='ceph'><secret/></auth></source>",
            "/pool/source/auth/secret",
        ),
        (
            "rbd",
            "<name>a</name><source><name>a</name><host name='a'/></source><refresh><volume allocation='x'/></refresh>",
            "/pool/refresh/volume/@allocation",
        ),
    ] {
        let text = format!("<pool type='{kind}'>\n{inside}\n</pool>");
        let pool = PoolConfig::from_xml(&text).unwrap();
        assert_eq!(place(pool.validate()), path, "{text}");
    }
    for (inside, path) in [
        (
            "<target><permissions><mode>1777</mode></permissions></target>",
            "/pool/target/permissions/mode",
        ),
        (
            "<target><permissions><owner>root</owner></permissions></target>",
            "/pool/target/permissions/owner",
        ),
        ("<uuid>1</uuid>", "/pool/uuid"),
    ] {
        let text = format!("<pool type='dir'>{inside}</pool>");
        assert_eq!(PoolConfig::from_xml(&text).unwrap_err().path(), path);
    }
}

#[test]
fn an_error_names_the_thing_and_the_way_out() {
    let text =
        "<pool type='disk'>\n  <name>a</name>\n  <source>\n    <format type='ext4'/>\n  </source>\n</pool>";
    let error = PoolConfig::from_xml(text).unwrap().validate().unwrap_err();
    assert_eq!(
        error.to_string(),
        "'ext4' is not a format of disk pools (unknown, dos, dvh, gpt, mac, bsd, pc98, sun, lvm2) \
         at /pool/source/format/@type (line 4, column 5)"
    );
}

#[test]
fn sources_that_were_found_make_pools() {
    let text = "<sources>\n  <source>\n    <device path='/dev/sda1'/>\n    <name>vg0</name>\n    <format type='lvm2'/>\n  </source>\n  <source>\n    <name>vg1</name>\n    <format type='lvm2'/>\n  </source>\n</sources>\n";
    let found = PoolSources::from_xml(text).unwrap();
    assert_eq!(found.to_xml(), text);
    assert_eq!(found.sources.len(), 2);
    let source = found.sources[0].clone();
    let pool = PoolConfig::logical("a")
        .with(|pool| pool.source = Some(source))
        .build()
        .unwrap();
    assert_eq!(pool.source_name(), Some("vg0"));
    assert!(matches!(AnyDocument::from_xml(text), Ok(AnyDocument::PoolSources(same)) if *same == found));
}

#[test]
fn capabilities_list_every_type_with_its_formats() {
    let told = PoolCapabilities::of(&[PoolType::Dir, PoolType::Rbd]);
    assert!(told.supports(&PoolType::Dir));
    assert!(!told.supports(&PoolType::Zfs));
    let again = PoolCapabilities::from_xml(&told.to_xml()).unwrap();
    assert_eq!(again, told);
    assert_eq!(again.pools.len(), PoolType::KNOWN.len());
    let disk = again
        .pools
        .iter()
        .find(|pool| pool.kind == Some(PoolType::Disk))
        .unwrap();
    let formats = disk.pool_options.as_ref().unwrap();
    assert_eq!(
        formats.default_format.as_ref().unwrap().kind.as_deref(),
        Some("unknown")
    );
    assert_eq!(formats.enums[0].values.len(), 9);
}

#[test]
fn what_is_not_understood_stays_where_it_stood() {
    let text = "<pool type='future' new='1'>
  <novelty/>
  <name>a</name>
  <capacity unit='GiB'>2</capacity>
  <source>
    <format type='future'/>
    <!-- the server -->
    <host name='a' port='http'/>
    <auth username='me' kind='x'/>
  </source>
</pool>
";
    let pool = PoolConfig::from_xml(text).unwrap();
    assert_eq!(pool.to_xml(), text);
    assert_eq!(pool.capacity.as_ref().unwrap().size.unwrap().as_mib(), 2048);
    let auth: &SourceAuth = pool.source.as_ref().unwrap().auth.as_ref().unwrap();
    assert_eq!(auth.username.as_deref(), Some("me"));
    assert_eq!(pool.canonical(), pool);
    let unknown: Vec<_> = pool.unknown().into_iter().map(|found| found.path).collect();
    assert_eq!(
        unknown,
        ["/pool/source/auth/@kind", "/pool/@new", "/pool/novelty[1]"]
    );
}
