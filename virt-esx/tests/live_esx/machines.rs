//! Machines made, described, changed, forgotten.

use virt_core::ErrorKind;
use virt_core::domain::{ConfigScope, DomainName, MetadataItem, XmlOptions};
use virt_core::model::ByteSize;
use virt_testkit::live::vsphere::SimulatorOptions;

use crate::fixture::{connected, first, simulator};

#[tokio::test]
async fn a_machine_tells_its_document() {
    let Some((_simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    for domain in conn.domains().await.expect("the machines") {
        let config = domain.config().await.expect("its document");
        assert_eq!(config.name, domain.name());
        assert_eq!(config.uuid, Some(domain.uuid()));
        let info = domain.info().await.expect("what it is");
        let memory = config.memory.as_ref().map(|memory| memory.size);
        assert_eq!(memory, Some(info.max_memory), "{}", config.to_xml());
        assert!(config.id.is_some());
        let next = XmlOptions::default().inactive();
        assert_eq!(domain.config_with(&next).await.expect("the next one").id, None);
    }
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn settings_are_changed_and_seen() {
    let Some((_simulator, conn)) = connected(SimulatorOptions::esx().powered_off()).await else {
        return;
    };
    let domain = first(&conn).await;
    domain
        .set_max_memory(ByteSize::mib(510), ConfigScope::Current)
        .await
        .expect("its memory is changed");
    assert_eq!(
        domain.info().await.expect("what it is").max_memory,
        ByteSize::mib(512)
    );
    domain
        .set_vcpus(3, ConfigScope::Current)
        .await
        .expect("its vCPUs are changed");
    assert_eq!(domain.info().await.expect("what it is").vcpus, 3);
    let text = "for tests\nand nothing else".to_owned();
    let description = MetadataItem::Description(Some(text.clone()));
    domain
        .set_metadata(&description, ConfigScope::Current)
        .await
        .expect("its description is changed");
    assert_eq!(
        domain.config().await.expect("its document").description,
        Some(text)
    );
    domain
        .rename(&DomainName::new("renamed").expect("a name"))
        .await
        .expect("it is renamed");
    let again = conn.domain("renamed").await.expect("it is there");
    assert_eq!(again.uuid(), domain.uuid());
    let other = conn.domains().await.expect("the machines");
    let other = other
        .iter()
        .find(|other| other.uuid() != domain.uuid())
        .expect("another");
    let error = again
        .rename(&DomainName::new(other.name()).expect("a name"))
        .await
        .expect_err("the name is taken");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    again.set_autostart(true).await.expect("it starts by itself");
    let title = MetadataItem::Title(Some("x".to_owned()));
    let error = again
        .set_metadata(&title, ConfigScope::Current)
        .await
        .expect_err("it has none");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn who_only_reads_changes_nothing() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let uri = format!(
        "{}?thumbprint={}",
        simulator.esx_uri().split('?').next().unwrap_or_default(),
        simulator.certificate().sha256_thumbprint()
    );
    let conn = crate::fixture::builder(&simulator)
        .read_only()
        .open(&uri)
        .await
        .expect("it opens");
    let domain = first(&conn).await;
    let error = domain.destroy().await.expect_err("it only reads");
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    conn.shutdown().await.expect("it ends");
}
