//! Networks.

use virt_core::network::NetworkFilter;

use super::check::{Check, yes_no};

pub async fn compare(check: &mut Check) {
    let infos = check.connection.network_infos(&NetworkFilter::all()).await;
    let infos = infos.expect("networks");
    let names = infos.iter().map(|info| info.network.name.clone());
    check.lines("net-list --all --name", names).await;
    let rows = infos.iter().map(|info| {
        let state = if info.active { "active" } else { "inactive" };
        let name = info.network.name.clone();
        vec![
            name,
            state.to_owned(),
            yes_no(info.autostart),
            yes_no(info.persistent),
        ]
    });
    check.table("net-list --all", rows.collect()).await;
    let name = infos.first().expect("a network").network.name.clone();
    let network = check.connection.network(name.as_str()).await.expect("a network");
    let info = network.info().await.expect("information");
    let fields = [
        ("Name", name.clone()),
        ("UUID", network.uuid().to_string()),
        ("Active", yes_no(info.active)),
        ("Persistent", yes_no(info.persistent)),
        ("Autostart", yes_no(info.autostart)),
        ("Bridge", info.bridge.unwrap_or_default()),
    ];
    check.fields(&format!("net-info {name}"), &fields, &[]).await;
    check.text(&format!("net-uuid {name}"), network.uuid()).await;
    let found = check.connection.network(network.uuid()).await.expect("a network");
    check
        .text(&format!("net-name {}", network.uuid()), found.name())
        .await;
    let document = network.xml().await.expect("a document");
    check.document(&format!("net-dumpxml {name}"), &document).await;
}
