//! Processes by parent and by user.

use std::fs;
use std::process::{Command, Stdio};

/// Every process, with its parent and its user.
fn all() -> Vec<(u32, u32, u32)> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let numbers = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers
        .filter_map(|pid: u32| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let field = |name: &str| -> Option<u32> {
                let line = status.lines().find_map(|line| line.strip_prefix(name))?;
                line.split_whitespace().next()?.parse().ok()
            };
            Some((pid, field("PPid:")?, field("Uid:")?))
        })
        .collect()
}

/// The processes below `parents`, those not counted.
pub(super) fn below(parents: &[u32]) -> Vec<u32> {
    let all = all();
    let mut found: Vec<u32> = Vec::new();
    let mut parents = parents.to_vec();
    while let Some(parent) = parents.pop() {
        for (pid, ..) in all.iter().filter(|(_, of, _)| *of == parent) {
            found.push(*pid);
            parents.push(*pid);
        }
    }
    found
}

/// The processes of a user.
pub(super) fn of_user(user: u32) -> Vec<u32> {
    let processes = all().into_iter().filter(|(_, _, of)| *of == user);
    processes.map(|(pid, ..)| pid).collect()
}

/// Whether `pid` runs sshd.
pub(super) fn is_sshd(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim_end().starts_with("sshd"))
}

/// Kills them; those that are gone already are no matter.
pub(super) fn kill(processes: &[u32]) {
    if processes.is_empty() {
        return;
    }
    let killed = Command::new("kill")
        .arg("-KILL")
        .args(processes.iter().map(ToString::to_string))
        .stderr(Stdio::null())
        .status();
    // That `kill` itself is missing is seen elsewhere.
    drop(killed);
}
