//! The machine and the daemon.

use virt_remote::protocol::remote::connect::{
    ConnectGetCapabilities, ConnectGetCpuModelNames, ConnectGetCpuModelNamesArgs, ConnectGetLibVersion,
    ConnectGetMaxVcpus, ConnectGetMaxVcpusArgs, ConnectGetSysinfo, ConnectGetSysinfoArgs, ConnectGetType,
};
use virt_remote::protocol::remote::interface::{
    ConnectListAllInterfaces, ConnectListAllInterfacesArgs, InterfaceGetXmlDesc, InterfaceGetXmlDescArgs,
};
use virt_remote::protocol::remote::node::{NodeGetCpuMap, NodeGetCpuMapArgs, NodeGetFreeMemory};
use virt_remote::protocol::remote::node_device::{
    ConnectListAllNodeDevices, ConnectListAllNodeDevicesArgs, NodeDeviceGetXmlDesc, NodeDeviceGetXmlDescArgs,
};

use super::check::Check;

fn version(number: u64) -> String {
    format!(
        "{}.{}.{}",
        number / 1_000_000,
        number / 1000 % 1000,
        number % 1000
    )
}

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
    let library = version(check.call::<ConnectGetLibVersion>(()).await.lib_ver);
    let kind = check.call::<ConnectGetType>(()).await.type_.text().to_uppercase();
    let fields = [
        ("Using API", format!("{kind} {library}")),
        (
            "Running hypervisor",
            format!(
                "{kind} {}.{}.{}",
                hypervisor.major, hypervisor.minor, hypervisor.micro
            ),
        ),
    ];
    // The first two are about virsh's own library.
    let own = ["Compiled against library", "Using library"];
    check.fields("version", &fields, &own).await;
    processors(check).await;
    documents(check).await;
}

async fn processors(check: &mut Check) {
    let most = check
        .call::<ConnectGetMaxVcpus>(ConnectGetMaxVcpusArgs { type_: None })
        .await;
    check.text("maxvcpus", most.max_vcpus).await;
    let args = ConnectGetCpuModelNamesArgs {
        arch: "x86_64".into(),
        need_results: 1,
        flags: 0,
    };
    let models = check.call::<ConnectGetCpuModelNames>(args).await.models;
    let models = models.into_iter().map(|model| model.into_text());
    check.lines("cpu-models x86_64", models).await;
    let args = NodeGetCpuMapArgs {
        need_map: 1,
        need_online: 1,
        flags: 0,
    };
    let map = check.call::<NodeGetCpuMap>(args).await;
    let is_online = |cpu: usize| {
        map.cpumap
            .get(cpu / 8)
            .is_some_and(|byte| byte >> (cpu % 8) & 1 == 1)
    };
    let present = usize::try_from(map.ret).expect("a number");
    let drawn: String = (0..present)
        .map(|cpu| if is_online(cpu) { 'y' } else { '-' })
        .collect();
    let fields = [
        ("CPUs present", present.to_string()),
        ("CPUs online", map.online.to_string()),
        ("CPU map", drawn),
    ];
    check.fields("nodecpumap", &fields, &[]).await;
    let free = check.call::<NodeGetFreeMemory>(()).await.free_mem / 1024;
    check
        .fields("freecell", &[("Total", format!("{free} KiB"))], &[])
        .await;
}

async fn documents(check: &mut Check) {
    let capabilities = check.call::<ConnectGetCapabilities>(()).await.capabilities;
    check.document("capabilities", &capabilities.text()).await;
    let sysinfo = check
        .call::<ConnectGetSysinfo>(ConnectGetSysinfoArgs { flags: 0 })
        .await
        .sysinfo;
    check.document("sysinfo", &sysinfo.text()).await;
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
