//! Domains: lists, what is known of one, documents.

use virt_core::DomainState;
use virt_core::domain::{DomainFilter, DomainInfo, XmlOptions};
use virt_core::model::DomainConfig;
use virt_remote::protocol::remote::domain::{DomainGetOsType, DomainGetOsTypeArgs};

use super::check::{Check, yes_no};

pub async fn compare(check: &mut Check) {
    let small = "<domain type='test'><name>small</name><title>A small one</title>\
                 <description>For lists.</description><memory unit='MiB'>64</memory><vcpu>1</vcpu>\
                 <os><type>hvm</type></os></domain>";
    let small = DomainConfig::from_xml(small).expect("a document");
    let small = check.connection.define_domain(&small).await.expect("a domain");
    lists(check).await;
    one(check).await;
    documents(check).await;
    small.undefine().await.expect("undefined");
}

async fn lists(check: &mut Check) {
    let infos = check
        .connection
        .domain_infos(&DomainFilter::all())
        .await
        .expect("domains");
    assert_eq!(infos.len(), 2, "{infos:?}");
    let names = |is: fn(&DomainInfo) -> bool| {
        let those = infos.iter().filter(|info| is(info));
        those.map(|info| info.domain.name.clone()).collect::<Vec<_>>()
    };
    check.lines("list --all --name", names(|_| true)).await;
    check
        .lines("list --name", names(|info| info.state.is_active()))
        .await;
    check
        .lines("list --inactive --name", names(|info| !info.state.is_active()))
        .await;
    check
        .lines("list --all --persistent --name", names(|info| info.persistent))
        .await;
    check
        .lines("list --all --transient --name", names(|info| !info.persistent))
        .await;
    check
        .lines("list --all --autostart --name", names(|info| info.autostart))
        .await;
    check
        .lines(
            "list --state-running --name",
            names(|info| info.state == DomainState::Running),
        )
        .await;
    let uuids: Vec<String> = infos.iter().map(|info| info.domain.uuid.to_string()).collect();
    check.lines("list --all --uuid", uuids).await;
    let row = |info: &DomainInfo| {
        let id = info.id.map_or("-".to_owned(), |id| id.to_string());
        vec![id, info.domain.name.clone(), info.state.to_string()]
    };
    check.table("list --all", infos.iter().map(row).collect()).await;
    let titled = |info: &DomainInfo| {
        let mut row = row(info);
        row.extend(info.title.clone());
        row
    };
    check
        .table("list --all --title", infos.iter().map(titled).collect())
        .await;
}

async fn one(check: &mut Check) {
    let domain = check.connection.domain("test").await.expect("a domain");
    let info = domain.info().await.expect("information");
    let id = domain.id().await.expect("information").expect("a run");
    check.text("domid test", id).await;
    check.text("domuuid test", domain.uuid()).await;
    check
        .text(&format!("domname {}", domain.uuid()), domain.name())
        .await;
    check.text("domstate test", info.state).await;
    check
        .text(
            "domstate --reason test",
            format!("{} ({})", info.state, info.reason),
        )
        .await;
    let dom = check.domain("test").await;
    let os = check.call::<DomainGetOsType>(DomainGetOsTypeArgs { dom }).await;
    let saved = domain.has_managed_save().await.expect("whether there is one");
    let fields = [
        ("Id", id.to_string()),
        ("Name", domain.name().to_owned()),
        ("UUID", domain.uuid().to_string()),
        ("OS Type", os.type_.into_text()),
        ("State", info.state.to_string()),
        ("CPU(s)", info.vcpus.to_string()),
        ("Max memory", format!("{} KiB", info.max_memory.as_kib())),
        ("Used memory", format!("{} KiB", info.memory.as_kib())),
        ("Persistent", yes_no(info.persistent)),
        (
            "Autostart",
            if info.autostart { "enable" } else { "disable" }.to_owned(),
        ),
        ("Managed save", yes_no(saved)),
    ];
    let changing = ["CPU time", "Security model", "Security DOI", "Security label"];
    check.fields("dominfo test", &fields, &changing).await;
    let small = check.connection.domain("small").await.expect("a domain");
    let config = small.config().await.expect("a document");
    check
        .text("desc small", config.description.clone().unwrap_or_default())
        .await;
    check
        .text("desc --title small", config.title.clone().unwrap_or_default())
        .await;
}

async fn documents(check: &mut Check) {
    let domain = check.connection.domain("test").await.expect("a domain");
    let live = domain.xml().await.expect("a document");
    check.document("dumpxml test", &live).await;
    let options = XmlOptions::default().inactive();
    let inactive = domain.xml_with(&options).await.expect("a document");
    check.document("dumpxml --inactive test", &inactive).await;
    let options = XmlOptions::default().secure();
    let secure = domain.xml_with(&options).await.expect("a document");
    check.document("dumpxml --security-info test", &secure).await;
    let config = domain.config().await.expect("a document");
    let devices = config.devices.as_ref().expect("devices");
    let shown = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let disks = devices.disks.iter().map(|disk| {
        let target = disk.target.as_ref().and_then(|target| target.dev.clone());
        let source = disk.source.as_ref().and_then(|source| source.file.clone());
        vec![shown(target), shown(source)]
    });
    let disks = disks.collect();
    check.table("domblklist test", disks).await;
    let interfaces = devices.interfaces.iter().map(|interface| {
        let source = interface
            .source
            .as_ref()
            .and_then(|source| source.network.clone());
        vec![
            shown(interface.target.as_ref().and_then(|target| target.dev.clone())),
            "network".to_owned(),
            shown(source),
            shown(None),
            shown(
                interface
                    .mac
                    .as_ref()
                    .and_then(|mac| Some(mac.address?.to_string())),
            ),
        ]
    });
    let interfaces = interfaces.collect();
    check.table("domiflist test", interfaces).await;
}
