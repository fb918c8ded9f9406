//! What guests that boot are told through their agents.

use virt_sdk::Domain;
use virt_sdk::agent::ExecRequest;
use virt_testkit::conformance::{Doing as _, Failure};

/// Has the guest's shell do something a moment later, when it has answered.
pub(crate) async fn tell(domain: &Domain, command: &str) -> Result<(), Failure> {
    let script = format!("(sleep 0.2; {command}) </dev/null >/dev/null 2>&1 &");
    let request = ExecRequest::new("/bin/sh").args(["-c", script.as_str()]);
    let told = domain.agent().exec(&request).await;
    told.doing("telling the guest what to do").map(drop)
}
