//! `cargo xtask soak GROUP`: the long runs, which are the ignored tests of the test target `soak_GROUP`, and the fuzz
//! targets.

mod documents;
mod fuzz;
mod rpc_decoders;
mod seeds;

use crate::failure::{Failure, Outcome};
use crate::install::{self, Need};
use crate::{cargo, guest, say};
use serde_json::Value;

/// Runs the group; with none given, says which there are.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let group = arguments.first().map(String::as_str);
    let seconds = arguments.get(1).map(String::as_str);
    match group {
        Some("documents") => return documents::run(seconds),
        Some("rpc-decoders") => return rpc_decoders::run(seconds),
        _ => {}
    }
    let mut groups = groups()?;
    groups.extend(["documents", "rpc-decoders"].map(str::to_owned));
    let known = groups.join(", ");
    let group = group.ok_or_else(|| Failure::new("which soak?").advise(format!("say one of: {known}")))?;
    if !groups.iter().any(|name| name == group) {
        return Err(
            Failure::new(format!("there is no soak \"{group}\"")).advise(format!("say one of: {known}"))
        );
    }
    let needs: &[Need] = match group {
        "lxc" => &[Need::Lxc, Need::Sshd],
        "qemu" => &[Need::Qemu, Need::GuestTools],
        "ssh" => &[Need::Qemu, Need::GuestTools, Need::Sshd],
        "rpc" => &[Need::Libvirt, Need::Qemu, Need::GuestTools],
        _ => &[],
    };
    if !needs.is_empty() {
        install::ensure(needs)?;
    }
    if needs.contains(&Need::GuestTools) {
        guest::prepare()?;
    }
    say::heading(&format!("Soak: {group}"));
    let target = format!("soak_{group}");
    let mut command = cargo::command(&["test", "--workspace", "--all-features", "--test", &target]);
    command
        .args(["--", "--ignored", "--nocapture", "--test-threads=1"])
        .env("VIRT_LIVE", "1");
    if let Some(seconds) = seconds {
        command.env("VIRT_SOAK_SECONDS", seconds);
    }
    cargo::run(command)?;
    match group {
        "lxc" => {
            kills("a_restless_manager_of_containers_is_killed_at_any_time")?;
            conformance("in containers of a far machine", "lxc+ssh::")
        }
        "qemu" => kills("a_restless_manager_is_killed_at_any_time"),
        "ssh" => conformance("on a far machine", "qemu+ssh::"),
        "rpc" => {
            conformance("through a daemon", "libvirt-qemu::")?;
            conformance("in a daemon's containers", "libvirt-lxc::")
        }
        _ => Ok(()),
    }
}

/// A manager at work that is killed again and again, at another moment each time.
fn kills(test: &str) -> Outcome {
    say::heading("A manager is killed fifty times");
    let target = ["test", "--workspace", "--all-features", "--test", "live", "--"];
    let mut command = cargo::command(&target);
    command.arg(test).env("VIRT_KILLS", "50").env("VIRT_LIVE", "1");
    cargo::run(command)
}

/// The whole conformance suite on a target that runs a part of it otherwise.
fn conformance(place: &str, target: &str) -> Outcome {
    say::heading(&format!("The whole conformance suite {place}"));
    let suite = [
        "test",
        "--workspace",
        "--all-features",
        "--test",
        "conformance",
        "--",
    ];
    let mut command = cargo::command(&suite);
    command
        .arg(target)
        .env("VIRT_CONFORMANCE_WHOLE", "1")
        .env("VIRT_LIVE", "1");
    cargo::run(command)
}

/// The groups there are: test targets of the workspace named `soak_GROUP`.
fn groups() -> Outcome<Vec<String>> {
    let metadata = cargo::metadata()?;
    let list = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let members = list(&metadata, "workspace_members");
    let mut found: Vec<String> = list(&metadata, "packages")
        .iter()
        .filter(|package| package.get("id").is_some_and(|id| members.contains(id)))
        .flat_map(|package| list(package, "targets"))
        .filter_map(|target| {
            target
                .get("name")?
                .as_str()?
                .strip_prefix("soak_")
                .map(str::to_owned)
        })
        .collect();
    found.sort();
    match found.is_empty() {
        true => Err(Failure::new("this workspace has no soak tests")),
        false => Ok(found),
    }
}
