//! Networks.

use virt_remote::protocol::remote::network::{
    ConnectListAllNetworks, ConnectListAllNetworksArgs, NetworkGetAutostart, NetworkGetAutostartArgs,
    NetworkGetBridgeName, NetworkGetBridgeNameArgs, NetworkGetXmlDesc, NetworkGetXmlDescArgs,
    NetworkIsActive, NetworkIsActiveArgs, NetworkIsPersistent, NetworkIsPersistentArgs,
};

use super::check::{Check, yes_no};

pub async fn compare(check: &mut Check) {
    let args = ConnectListAllNetworksArgs {
        need_results: 1,
        flags: 0,
    };
    let nets = check.call::<ConnectListAllNetworks>(args).await.nets;
    let names: Vec<String> = nets.iter().map(|net| net.name.text().into_owned()).collect();
    check.lines("net-list --all --name", names).await;
    let net = nets.into_iter().next().expect("a network");
    let name = net.name.text().into_owned();
    let active = check
        .call::<NetworkIsActive>(NetworkIsActiveArgs { net: net.clone() })
        .await
        .active
        == 1;
    let args = NetworkIsPersistentArgs { net: net.clone() };
    let persistent = check.call::<NetworkIsPersistent>(args).await.persistent == 1;
    let args = NetworkGetAutostartArgs { net: net.clone() };
    let autostart = check.call::<NetworkGetAutostart>(args).await.autostart == 1;
    let state = if active { "active" } else { "inactive" }.to_owned();
    let row = vec![name.clone(), state, yes_no(autostart), yes_no(persistent)];
    check.table("net-list --all", vec![row]).await;
    let bridge = check
        .call::<NetworkGetBridgeName>(NetworkGetBridgeNameArgs { net: net.clone() })
        .await;
    let fields = [
        ("Name", name.clone()),
        ("UUID", net.uuid.to_string()),
        ("Active", yes_no(active)),
        ("Persistent", yes_no(persistent)),
        ("Autostart", yes_no(autostart)),
        ("Bridge", bridge.name.into_text()),
    ];
    check.fields(&format!("net-info {name}"), &fields, &[]).await;
    check.text(&format!("net-uuid {name}"), net.uuid).await;
    check.text(&format!("net-name {}", net.uuid), &name).await;
    let document = check
        .call::<NetworkGetXmlDesc>(NetworkGetXmlDescArgs { net, flags: 0 })
        .await
        .xml;
    check
        .document(&format!("net-dumpxml {name}"), &document.text())
        .await;
}
