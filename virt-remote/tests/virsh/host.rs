//! The machine and the daemon.

use virt_remote::protocol::remote::connect::ConnectGetType;
use virt_remote::protocol::remote::interface::{
    ConnectListAllInterfaces, ConnectListAllInterfacesArgs, InterfaceGetXmlDesc, InterfaceGetXmlDescArgs,
};
use virt_remote::protocol::remote::node_device::{
    ConnectListAllNodeDevices, ConnectListAllNodeDevicesArgs, NodeDeviceGetXmlDesc, NodeDeviceGetXmlDescArgs,
};

use super::check::Check;

pub async fn compare(check: &mut Check) {
    let uri = check.connection.uri().to_string();
    check.text("uri", uri).await;
    let node = check.connection.node_info().await.expect("a node");
    check.text("hostname", &node.hostname).await;
    let fields = [
        ("CPU model", node.arch.clone()),
        ("CPU(s)", node.cpus.to_string()),
        ("CPU frequency", format!("{} MHz", node.mhz)),
        ("CPU socket(s)", node.sockets.to_string()),
        ("Core(s) per socket", node.cores.to_string()),
        ("Thread(s) per core", node.threads.to_string()),
        ("NUMA cell(s)", node.cells.to_string()),
        ("Memory size", format!("{} KiB", node.memory_kib)),
    ];
    check.fields("nodeinfo", &fields, &[]).await;
    let hypervisor = check.connection.version().await.expect("a version");
    let library = check
        .connection
        .node()
        .manager_version()
        .await
        .expect("a version");
    let kind = check.call::<ConnectGetType>(()).await.type_.text().to_uppercase();
    let fields = [
        ("Using API", format!("{kind} {library}")),
        ("Running hypervisor", format!("{kind} {hypervisor}")),
    ];
    // The first two are about virsh's own library.
    let own = ["Compiled against library", "Using library"];
    check.fields("version", &fields, &own).await;
    processors(check).await;
    documents(check).await;
}

async fn processors(check: &mut Check) {
    let node = check.connection.node();
    let most = node.max_vcpus(None).await.expect("a number");
    check.text("maxvcpus", most).await;
    let models = node.cpu_models("x86_64").await.expect("models");
    check.lines("cpu-models x86_64", models).await;
    let map = node.cpu_map().await.expect("a map");
    let drawn = map.online.iter().map(|online| if *online { 'y' } else { '-' });
    let fields = [
        ("CPUs present", map.total().to_string()),
        ("CPUs online", map.online_cpus().count().to_string()),
        ("CPU map", drawn.collect()),
    ];
    check.fields("nodecpumap", &fields, &[]).await;
    let free = node.free_memory().await.expect("a size").as_kib();
    check
        .fields("freecell", &[("Total", format!("{free} KiB"))], &[])
        .await;
}

async fn documents(check: &mut Check) {
    let node = check.connection.node();
    let capabilities = node.capabilities().await.expect("a document").to_xml();
    check.document("capabilities", &capabilities).await;
    let sysinfo = node.sysinfo().await.expect("a document").to_xml();
    check.document("sysinfo", &sysinfo).await;
    let args = ConnectListAllNodeDevicesArgs {
        need_results: 1,
        flags: 0,
    };
    let devices = check.call::<ConnectListAllNodeDevices>(args).await.devices;
    let names = devices.into_iter().map(|device| device.name.into_text());
    check.lines("nodedev-list", names).await;
    let args = NodeDeviceGetXmlDescArgs {
        name: "scsi_host1".into(),
        flags: 0,
    };
    let device = check.call::<NodeDeviceGetXmlDesc>(args).await.xml;
    check.document("nodedev-dumpxml scsi_host1", &device.text()).await;
    let args = ConnectListAllInterfacesArgs {
        need_results: 1,
        flags: 0,
    };
    let interfaces = check.call::<ConnectListAllInterfaces>(args).await.ifaces;
    let row = |name: &str, mac: &str| vec![name.to_owned(), "active".to_owned(), mac.to_owned()];
    let rows = interfaces
        .iter()
        .map(|interface| row(&interface.name.text(), &interface.mac.text()));
    check.table("iface-list", rows.collect()).await;
    let iface = interfaces.into_iter().next().expect("an interface");
    let name = iface.name.text().into_owned();
    let mac = iface.mac.text().into_owned();
    check.text(&format!("iface-mac {name}"), mac).await;
    let args = InterfaceGetXmlDescArgs { iface, flags: 0 };
    let document = check.call::<InterfaceGetXmlDesc>(args).await.xml;
    check
        .document(&format!("iface-dumpxml {name}"), &document.text())
        .await;
}
