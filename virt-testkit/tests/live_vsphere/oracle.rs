//! libvirt's own driver works on it.

use crate::simulator;
use tokio::process::Command;
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions, SimulatorProgram};
use virt_testkit::skip;

const DOCUMENT: &str = "<domain type='vmware'><name>made</name><memory unit='MiB'>512</memory><vcpu>2</vcpu>\
    <os><type arch='x86_64'>hvm</type></os><devices><disk type='file' device='disk'>\
    <source file='[LocalDS_0] made/made.vmdk'/><target dev='sda' bus='scsi'/></disk>\
    <controller type='scsi' index='0' model='lsilogic'/></devices></domain>";

/// Whether virsh is missing; the test is declared skipped then.
async fn virsh_is_missing() -> bool {
    if Command::new("virsh").arg("--version").output().await.is_ok() {
        return false;
    }
    skip::declare("virsh is not installed: `cargo xtask install libvirt`");
    true
}

#[tokio::test]
async fn virsh_lists_reads_and_defines_machines_of_a_host() {
    if virsh_is_missing().await {
        return;
    }
    if let Err(missing) = SimulatorProgram::check() {
        skip!("{missing}");
    }
    let simulator = Simulator::start(SimulatorOptions::esx())
        .await
        .expect("a simulator");
    let uri = simulator.esx_uri();
    let virsh = |words: &'static [&'static str]| {
        let (simulator, uri) = (&simulator, &uri);
        async move { simulator.virsh(uri, words).await.expect("virsh") }
    };
    let listed = virsh(&["list", "--all"]).await;
    assert!(listed.contains("ha-host_VM0") && listed.contains("ha-host_VM1"));
    let calls = simulator.calls().await.expect("the counts");
    assert_eq!(calls.of("Login"), 1);
    let xml = virsh(&["dumpxml", "ha-host_VM0"]).await;
    assert!(xml.contains("[LocalDS_0] ha-host_VM0/disk1.vmdk"), "{xml}");
    let path = simulator.directory().join("made.xml");
    std::fs::write(&path, DOCUMENT).expect("a file");
    let path = path.display().to_string();
    simulator
        .virsh(&uri, &["define", &path])
        .await
        .expect("a definition");
    let information = virsh(&["dominfo", "made"]).await;
    assert!(information.contains("524288 KiB"), "{information}");
    virsh(&["autostart", "made"]).await;
    assert!(virsh(&["dominfo", "made"]).await.contains("enable"));
    virsh(&["undefine", "made"]).await;
    virsh(&["snapshot-create-as", "ha-host_VM0", "before"]).await;
    assert!(virsh(&["snapshot-list", "ha-host_VM0"]).await.contains("before"));
    let failed = simulator.virsh(&uri, &["dominfo", "none"]).await;
    assert!(failed.expect_err("a failure").to_string().contains("none"));
}

#[tokio::test]
async fn virsh_finds_a_host_of_a_vcenter() {
    if virsh_is_missing().await {
        return;
    }
    let Some(simulator) = simulator(SimulatorOptions::vcenter().with_clusters(0)).await else {
        return;
    };
    let listed = simulator
        .virsh(&simulator.vpx_uri(), &["list", "--all"])
        .await
        .expect("virsh");
    assert!(listed.contains("DC0_H0_VM0"), "{listed}");
}
