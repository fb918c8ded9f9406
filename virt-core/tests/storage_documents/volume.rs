use uuid::Uuid;
use virt_core::model::ByteSize;
use virt_core::model::pool::PoolType;
use virt_core::model::value::FileMode;
use virt_core::model::volume::{VolumeConfig, VolumeFormat, VolumeType};

use crate::place;

#[test]
fn an_image_is_written_as_libvirt_reads_it() {
    let volume = VolumeConfig::builder("web.qcow2")
        .capacity(ByteSize::gib(20))
        .allocation(ByteSize::ZERO)
        .format(VolumeFormat::Qcow2)
        .compat("1.1")
        .cluster_size(ByteSize::kib(128))
        .lazy_refcounts()
        .extended_l2()
        .luks(Uuid::from_u128(0xe78d4b51_a2af_485f_b0f5_afca709a80f4))
        .backing("/srv/base.qcow2", VolumeFormat::Qcow2)
        .build()
        .unwrap();
    assert_eq!(
        volume.to_xml(),
        "<volume>
  <name>web.qcow2</name>
  <capacity unit='bytes'>21474836480</capacity>
  <allocation unit='bytes'>0</allocation>
  <target>
    <format type='qcow2'/>
    <encryption format='luks'>
      <secret type='passphrase' uuid='e78d4b51-a2af-485f-b0f5-afca709a80f4'/>
    </encryption>
    <compat>1.1</compat>
    <clusterSize unit='B'>131072</clusterSize>
    <features>
      <lazy_refcounts/>
      <extended_l2/>
    </features>
  </target>
  <backingStore>
    <path>/srv/base.qcow2</path>
    <format type='qcow2'/>
  </backingStore>
</volume>
"
    );
    assert_eq!(VolumeConfig::from_xml(&volume.to_xml()), Ok(volume));
}

#[test]
fn a_volume_is_given_back_as_its_pool_has_volumes() {
    let text = "<volume><name>a</name><capacity unit='G'>1</capacity><source><device path='/dev/sda'/></source>\
                <physical>5</physical><target><permissions><mode>0</mode><owner>0744</owner><group>-1</group></permissions>\
                <timestamps><atime>1.5</atime></timestamps><features/></target><backingStore><path/></backingStore></volume>";
    let volume = VolumeConfig::from_xml(text).unwrap();
    let timestamps = volume.target.as_ref().unwrap().timestamps.as_ref().unwrap();
    assert_eq!(timestamps.atime.as_deref(), Some("1.5"));
    assert_eq!(
        volume.normalized_in(&PoolType::Dir).to_xml(),
        "<volume type='file'>
  <name>a</name>
  <capacity unit='bytes'>1073741824</capacity>
  <allocation unit='bytes'>1073741824</allocation>
  <target>
    <format type='raw'/>
    <permissions>
      <mode>00</mode>
      <owner>744</owner>
    </permissions>
    <compat>1.1</compat>
    <features/>
  </target>
</volume>
"
    );
    let format = |pool| {
        volume
            .normalized_in(&pool)
            .target
            .unwrap()
            .format
            .map(|format| format.kind.unwrap())
    };
    assert_eq!(format(PoolType::Disk), Some(VolumeFormat::None));
    assert_eq!(format(PoolType::Rbd), Some(VolumeFormat::Raw));
    assert_eq!(format(PoolType::Logical), None);
}

#[test]
fn what_is_missing_or_out_of_range_is_refused_with_its_place() {
    let body = |inside: &str| format!("<volume>\n<name>a</name>\n{inside}\n</volume>");
    let one = |target: &str| format!("<capacity>1</capacity><target>{target}</target>");
    for (inside, path) in [
        (String::new(), "/volume/capacity"),
        ("<capacity/>".to_owned(), "/volume/capacity"),
        ("<capacity unit='EiB'>8</capacity>".to_owned(), "/volume/capacity"),
        (
            "<capacity>1</capacity><allocation unit='EiB'>8</allocation>".to_owned(),
            "/volume/allocation",
        ),
        (one("<compat>1</compat>"), "/volume/target/compat"),
        (one("<compat>1.x</compat>"), "/volume/target/compat"),
        (
            one("<features><compression/></features>"),
            "/volume/target/features",
        ),
        (
            one("<permissions><group/></permissions>"),
            "/volume/target/permissions/group",
        ),
        (one("<encryption/>"), "/volume/target/encryption/@format"),
        (
            one("<encryption format='rot13'/>"),
            "/volume/target/encryption/@format",
        ),
        (
            one("<encryption format='luks' engine='x'/>"),
            "/volume/target/encryption/@engine",
        ),
        (
            one(
                "<encryption format='luks'><secret uuid='e78d4b51-a2af-485f-b0f5-afca709a80f4'/></encryption>",
            ),
            "/volume/target/encryption/secret[1]/@type",
        ),
        (
            one("<encryption format='luks'><secret type='passphrase'/></encryption>"),
            "/volume/target/encryption/secret[1]",
        ),
        (
            one("<encryption format='luks'><ivgen name='plain64'/></encryption>"),
            "/volume/target/encryption/cipher",
        ),
        (
            one("<encryption format='luks'><cipher name='aes'/></encryption>"),
            "/volume/target/encryption/cipher/@size",
        ),
    ] {
        let volume = VolumeConfig::from_xml(&body(&inside)).unwrap();
        assert_eq!(place(volume.validate()), path, "{inside}");
    }
    let copy = VolumeConfig::builder("a").format(VolumeFormat::Raw);
    assert!(copy.clone().build().is_err());
    let mut volume = VolumeConfig::default();
    volume.name = "a".to_owned();
    assert_eq!(volume.validate_copy(), Ok(()));
    assert!(copy.backing("/b", VolumeFormat::Raw).build().is_ok());
}

#[test]
fn formats_are_those_of_the_pool() {
    let volume = |format: &str| {
        let text = format!(
            "<volume><name>a</name><capacity>1</capacity><target><format type='{format}'/></target></volume>"
        );
        VolumeConfig::from_xml(&text).unwrap()
    };
    for (pool, good, bad) in [
        (PoolType::Dir, "qcow2", "linux"),
        (PoolType::Dir, "vmdk", "none"),
        (PoolType::Disk, "linux-swap", "qcow2"),
        (PoolType::Disk, "none", "future"),
    ] {
        assert_eq!(volume(good).validate_in(&pool), Ok(()), "{pool} {good}");
        assert_eq!(
            place(volume(bad).validate_in(&pool)),
            "/volume/target/format/@type",
            "{pool} {bad}"
        );
    }
    // Where volumes have no format, any does.
    assert_eq!(volume("qcow2").validate_in(&PoolType::Logical), Ok(()));
    assert_eq!(
        place(volume("future").validate_in(&PoolType::Logical)),
        "/volume/target/format/@type"
    );
}

#[test]
fn a_changed_size_is_written_with_libvirts_unit() {
    let mut volume = VolumeConfig::from_xml(
        "<volume type='block'><name>a</name><capacity unit='KB'>3</capacity></volume>",
    )
    .unwrap();
    assert_eq!(volume.kind, Some(VolumeType::Block));
    assert!(volume.to_xml().contains("<capacity unit='KB'>3<"));
    volume.capacity.as_mut().unwrap().size = Some(ByteSize::mib(1));
    assert!(volume.to_xml().contains("<capacity unit='bytes'>1048576<"));
    let permissions = virt_core::model::pool::Permissions::new(FileMode::new(0o600).unwrap(), u32::MAX, 1);
    volume.target_mut().permissions = Some(permissions);
    assert!(volume.to_xml().contains("<owner>-1</owner>"));
    assert!(!volume.normalized_in(&PoolType::Dir).to_xml().contains("owner"));
}
