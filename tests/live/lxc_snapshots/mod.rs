//! Snapshots of real containers: beside `lxc-snapshot`, of running ones, over crashes, of roots of every kind.

mod cut_off;
mod definition;
mod liblxc;
mod mounted;
mod roots;
mod running;

use std::path::{Path, PathBuf};

use virt_sdk::model::SnapshotConfig;
use virt_sdk::snapshot::Snapshot;
use virt_sdk::{Connection, Domain};
use virt_testkit::conformance::{Doing as _, Failure};
use virt_testkit::harness::NamedTest;
use virt_testkit::live::lxc::{Init, Native, Rootfs};

use crate::checks::check;
use crate::containers::Containers;

pub(crate) fn tests() -> Vec<NamedTest> {
    let themes = [
        cut_off::tests(),
        definition::tests(),
        liblxc::tests(),
        roots::tests(),
        running::tests(),
    ];
    themes.into_iter().flatten().collect()
}

async fn make(domain: &Domain, name: &str) -> Result<Snapshot, Failure> {
    let config = SnapshotConfig::builder().name(name).build()?;
    domain.create_snapshot(&config).await.doing("making a snapshot")
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).doing("writing a file")
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).doing("reading a file")
}

/// What one of liblxc's tools printed that has to succeed.
fn tool(native: &Native, program: &str, arguments: &[&str]) -> Result<String, Failure> {
    let output = native.tool(program).args(arguments).output().doing(program)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    check(output.status.success(), format!("{program} failed: {said}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn names(domain: &Domain) -> Result<Vec<String>, Failure> {
    let all = domain.snapshots().await.doing("listing snapshots")?;
    Ok(all.iter().map(|snapshot| snapshot.name().to_owned()).collect())
}

/// A container whose root is where liblxc has it: in its own directory.
async fn with_root_inside(
    containers: &Containers,
    conn: &Connection,
    name: &str,
) -> Result<(Domain, PathBuf), Failure> {
    let name = containers.name(name);
    let root = containers.root().join(&name).join("rootfs");
    std::fs::create_dir_all(&root).doing("making a directory")?;
    Rootfs::make_with(&root, Init::Quick).doing("making a root file system")?;
    let config = containers.document_of(&name, &root, "")?;
    let domain = conn.define_domain(&config).await.doing("defining a container")?;
    Ok((domain, root))
}
