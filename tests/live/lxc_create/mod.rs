//! Containers made from a directory, a tarball, an image, another container; removed with their root.

mod copies;
#[cfg(feature = "ssh")]
mod far;
mod images;
mod layout;
mod roots;

use std::path::Path;
use std::process::Command;

use virt_sdk::lxc::delete_with_rootfs;
use virt_sdk::model::DomainConfig;
use virt_sdk::{Domain, DomainState};
use virt_testkit::conformance::{Doing as _, Failure};
use virt_testkit::harness::NamedTest;

use crate::checks::{check, entries, equal};
use crate::containers::{Containers, is, listens};

pub(crate) fn tests() -> Vec<NamedTest> {
    let themes = [
        copies::tests(),
        #[cfg(feature = "ssh")]
        far::tests(),
        images::tests(),
        roots::tests(),
    ];
    themes.into_iter().flatten().collect()
}

/// A container without a root.
fn rootless(containers: &Containers, name: &str, os: &str, more: &str) -> Result<DomainConfig, Failure> {
    let text = format!(
        "<domain type='lxc'><name>{}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>\
         <os><type>exe</type>{os}</os>{more}<features><privnet/></features>\
         <devices><console type='pty'/></devices></domain>",
        containers.name(name)
    );
    Ok(DomainConfig::from_xml(&text)?)
}

fn shell(script: &str, arguments: &[&Path]) -> Result<String, Failure> {
    let output = Command::new("sh")
        .args(["-e", "-c", script, "sh"])
        .args(arguments)
        .output()
        .doing(script)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    check(output.status.success(), format!("{script:?} failed: {said}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Nothing but the containers of these domains is in their directory.
fn only(containers: &Containers, domains: &[&str]) -> Result<(), Failure> {
    let mut names = entries(&containers.root());
    names.retain(|name| name != ".virt-sdk");
    names.sort_unstable();
    let mut wanted: Vec<String> = domains.iter().map(|name| (*name).to_owned()).collect();
    wanted.sort_unstable();
    equal(names, wanted, "the directories there are")?;
    let mut own = entries(&containers.root().join(".virt-sdk"));
    own.retain(|name| name.starts_with("making-") || name.starts_with("removed-"));
    equal(own, Vec::new(), "what is left of work")
}

async fn boots(domain: &Domain) -> Result<(), Failure> {
    domain.start().await.doing("starting it")?;
    listens(domain).await?;
    is(domain, DomainState::Running, "after its start").await
}

async fn ends(domain: &Domain) -> Result<(), Failure> {
    domain.destroy().await.doing("destroying it")?;
    delete_with_rootfs(domain)
        .await
        .doing("removing it with its root")
}
