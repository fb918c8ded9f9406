//! A guest of QEMU that is paused, so that nothing moves between two questions.

use virt_core::domain::{DomainFilter, StartOptions, StateReason};
use virt_core::model::DomainConfig;

use super::check::Check;

pub async fn compare(check: &mut Check) {
    let disk = tempfile::NamedTempFile::new().expect("a file");
    disk.as_file().set_len(1 << 20).expect("a size");
    let document = format!(
        "<domain type='qemu'><name>paused</name><memory unit='MiB'>32</memory><vcpu>2</vcpu>\
         <os><type arch='x86_64' machine='q35'>hvm</type></os><devices>\
         <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{}'/>\
         <target dev='vda' bus='virtio'/></disk><serial type='pty'/></devices></domain>",
        disk.path().display()
    );
    let config = DomainConfig::from_xml(&document).expect("a document");
    let domain = check.connection.define_domain(&config).await.expect("a domain");
    domain
        .start_with(&StartOptions::default().paused())
        .await
        .expect("started");
    let info = domain.info().await.expect("information");
    // The daemon has no reason of its own for a paused start.
    assert_eq!(info.reason, StateReason::StartedPaused);
    let state = format!("{} ({})", info.state, StateReason::User);
    check.text("domstate --reason paused", state).await;
    check.text("domid paused", info.id.expect("a run")).await;
    let infos = check
        .connection
        .domain_infos(&DomainFilter::all())
        .await
        .expect("domains");
    let paused = infos.iter().map(|info| info.domain.name.clone());
    check.lines("list --state-paused --name", paused).await;
    let live = domain.xml().await.expect("a document");
    check.document("dumpxml paused", &live).await;
    let block = domain.block_info("vda").await.expect("sizes");
    let fields = [
        ("Capacity", block.capacity.as_bytes().to_string()),
        ("Allocation", block.allocation.as_bytes().to_string()),
        ("Physical", block.physical.as_bytes().to_string()),
    ];
    check.fields("domblkinfo paused vda", &fields, &[]).await;
    domain.destroy().await.expect("an end");
    domain.undefine().await.expect("undefined");
}
