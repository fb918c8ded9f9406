use uuid::Uuid;
use virt_core::model::AnyDocument;
use virt_core::model::secret::{SecretConfig, SecretUsageType};
use virt_core::model::value::YesNo;

use crate::place;

#[test]
fn secrets_are_built_for_every_use() {
    let secret = SecretConfig::volume("/srv/a.img")
        .uuid(Uuid::from_u128(0x22e1353d_c27e_4d6d_bf15_465053e6ba0b))
        .description("disk of <a>")
        .ephemeral()
        .private()
        .build()
        .unwrap();
    let text = "<secret ephemeral='yes' private='yes'>
  <uuid>22e1353d-c27e-4d6d-bf15-465053e6ba0b</uuid>
  <description>disk of &lt;a&gt;</description>
  <usage type='volume'>
    <volume>/srv/a.img</volume>
  </usage>
</secret>
";
    assert_eq!(secret.to_xml(), text);
    assert_eq!(secret.normalized(), secret);
    assert!(matches!(AnyDocument::from_xml(text), Ok(AnyDocument::Secret(same)) if *same == secret));
    for secret in [
        SecretConfig::ceph("a"),
        SecretConfig::iscsi("a"),
        SecretConfig::tls("a"),
        SecretConfig::vtpm("a"),
    ] {
        let secret = secret.build().unwrap();
        assert_eq!(secret.usage.as_ref().unwrap().id(), Some("a"));
        assert_eq!(SecretConfig::from_xml(&secret.to_xml()), Ok(secret));
    }
}

#[test]
fn libvirt_gives_back_what_was_not_said() {
    let secret = SecretConfig::from_xml("<secret><usage type='none'/><description/></secret>").unwrap();
    assert_eq!(secret.validate(), Ok(()));
    let normal = secret.normalized();
    assert_eq!(normal.ephemeral, Some(YesNo::No));
    assert_eq!(normal.private, Some(YesNo::No));
    assert_eq!((normal.usage, normal.description), (None, None));
}

#[test]
fn a_usage_needs_its_type_and_its_name() {
    for (usage, path) in [
        ("<usage/>", "/secret/usage/@type"),
        ("<usage type='diary'/>", "/secret/usage/@type"),
        (
            "<usage type='volume'><name>a</name></usage>",
            "/secret/usage/volume",
        ),
        ("<usage type='ceph'><name/></usage>", "/secret/usage/name"),
        (
            "<usage type='iscsi'><name>a</name></usage>",
            "/secret/usage/target",
        ),
    ] {
        let secret = SecretConfig::from_xml(&format!("<secret>\n{usage}\n</secret>")).unwrap();
        assert_eq!(place(secret.validate()), path);
    }
    assert_eq!(
        SecretConfig::from_xml("<secret private='maybe'/>")
            .unwrap_err()
            .path(),
        "/secret/@private"
    );
    assert!(
        SecretConfig::builder()
            .usage(SecretUsageType::Tls, "")
            .build()
            .is_err()
    );
}
