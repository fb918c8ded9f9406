//! What is written for every container, unless a setting knows better.

use super::super::settings::Setting;
use crate::cgroup::{CgroupLayout, Controller, Hierarchy};

/// The device nodes libvirt lets every container use.
const DEVICES: &[&str] = &[
    "c 1:3 rwm",    // null
    "c 1:5 rwm",    // zero
    "c 1:7 rwm",    // full
    "c 1:8 rwm",    // random
    "c 1:9 rwm",    // urandom
    "c 5:0 rwm",    // tty
    "c 5:1 rwm",    // console
    "c 5:2 rwm",    // ptmx
    "c 136:* rwm",  // pts
    "c 10:229 rwm", // fuse
];

/// The key under which device nodes are allowed, where they are controlled.
pub(super) fn devices_key(layout: &CgroupLayout) -> Option<&'static str> {
    Some(match layout.hierarchy(Controller::Devices)? {
        Hierarchy::V1 => "lxc.cgroup.devices.allow",
        Hierarchy::V2 => "lxc.cgroup2.devices.allow",
    })
}

/// The groups of lines for a machine; the first key of a group decides whether it is needed.
pub(super) fn of(layout: &CgroupLayout) -> Vec<Vec<Setting>> {
    let mut groups = basic();
    groups.extend(devices_key(layout).map(devices));
    groups
}

/// Every group there is for any machine.
pub(in crate::convert) fn groups() -> Vec<Vec<Setting>> {
    let mut groups = basic();
    groups.push(devices("lxc.cgroup.devices.allow"));
    groups.push(devices("lxc.cgroup2.devices.allow"));
    groups
}

fn basic() -> Vec<Vec<Setting>> {
    vec![
        vec![Setting::new("lxc.autodev", "1")],
        vec![Setting::new("lxc.pty.max", "1024")],
        vec![Setting::new("lxc.mount.auto", "proc:mixed sys:ro cgroup:mixed")],
    ]
}

fn devices(allow: &str) -> Vec<Setting> {
    let deny = Setting::new(allow.replace("allow", "deny"), "a");
    let allowed = DEVICES.iter().map(|device| Setting::new(allow, *device));
    std::iter::once(deny).chain(allowed).collect()
}
