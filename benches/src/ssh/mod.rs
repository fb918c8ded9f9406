//! The figures of a host over SSH: beside OpenSSH, beside virsh, and by round trips.
//!
//! The far machine is this one, behind an sshd of the bench's own.

mod distance;
mod download;
mod open;
mod openssh;
mod roundtrip;

use crate::failure::{Outcome, failed};
use crate::figure;
use crate::qemu::Bench;
use std::sync::Arc;
use tokio::runtime::Runtime;
use virt_sdk::backend::HostOpener as _;
use virt_sdk::credentials::CredentialSource;
use virt_sdk::host::Host;
use virt_sdk::ssh::SshOpener;
use virt_sdk::{CallClass, CallContext, ConnectUri};
use virt_testkit::live::far::FarMachine;

/// Measures `part` (`roundtrip`, `download`, `open`, `distance`), or all of them.
pub(crate) fn run(part: Option<&str>) -> Outcome {
    let parts: &[&str] = match &part {
        None => &["roundtrip", "download", "open", "distance"],
        Some(one) => std::slice::from_ref(one),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let far = runtime.block_on(FarMachine::start(|sshd| sshd.line("LogLevel VERBOSE")))?;
    let bench = Bench::create()?;
    figure::remark(&format!("the far machine's domains are of type {}", bench.kind()));
    for part in parts {
        match *part {
            "roundtrip" => roundtrip::measure(&runtime, &far, &bench)?,
            "download" => download::measure(&runtime, &far, &bench)?,
            "open" => open::measure(&runtime, &far, &bench)?,
            "distance" => distance::measure(&runtime, &far, &bench)?,
            other => {
                return failed(format!(
                    "there is no part \"{other}\": say roundtrip, download, open or distance"
                ));
            }
        }
    }
    Ok(())
}

/// Logs in to the far machine past the line, which costs OpenSSH nothing either.
async fn host(uri: &str) -> Outcome<Arc<dyn Host>> {
    let uri: ConnectUri = uri.parse()?;
    let call = CallContext::new("open", CallClass::Open, std::time::Duration::from_secs(30));
    Ok(SshOpener::default()
        .open(&uri, &CredentialSource::default(), &call)
        .await?)
}

/// The URI of the far machine without the line before it.
fn direct(runtime: &Runtime, far: &FarMachine, bench: &Bench) -> Outcome<String> {
    let _inside = runtime.enter();
    let known = bench.directory().join("known_hosts");
    std::fs::write(&known, far.sshd.known_hosts(Default::default())?)?;
    Ok(format!(
        "qemu+ssh://root@{}/embed?root={}&sshconfig=none&keyfile={}&known_hosts={}",
        far.sshd.address(),
        bench.root().display(),
        far.key().private().display(),
        known.display(),
    ))
}
