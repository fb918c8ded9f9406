//! The lines that are written, and how what is kept completes them.

use virt_core::Result;

use super::super::problem::wrong_key;
use super::super::settings::Setting;
use crate::config::is_list;

/// The lines elements make.
#[derive(Default)]
pub(super) struct Output {
    lines: Vec<Setting>,
    /// Device nodes that may be used, behind the rule that none may.
    allowed: Vec<Setting>,
}

impl Output {
    pub(super) fn add(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.lines.push(Setting::new(key, value));
    }

    pub(super) fn allow(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.allowed.push(Setting::new(key, value));
    }

    /// All lines: what includes files, what elements say, defaults for what nothing says, what is kept.
    pub(super) fn finish(self, kept: Vec<Setting>, defaults: &[Vec<Setting>]) -> Result<Vec<Setting>> {
        let (first, last): (Vec<Setting>, Vec<Setting>) = kept.into_iter().partition(Setting::comes_first);
        for setting in &last {
            self.check(setting)?;
        }
        let mut all = first;
        all.extend(self.lines);
        // One line of a group is enough to know better than the default; allowing one more device is not.
        let is_said = |group: &Vec<Setting>| {
            let decides = group.first().map(|setting| setting.key.as_str());
            last.iter().any(|setting| Some(setting.key.as_str()) == decides)
        };
        for group in defaults.iter().filter(|group| !is_said(group)) {
            all.extend(group.iter().cloned());
        }
        let is_new = |setting: &Setting, all: &[Setting]| is_list(&setting.key) || !all.contains(setting);
        for setting in last {
            if is_new(&setting, &all) {
                all.push(setting);
            }
        }
        all.extend(self.allowed);
        Ok(all)
    }

    /// What is kept says nothing else than an element.
    fn check(&self, setting: &Setting) -> Result<()> {
        if gathers(&setting.key) {
            return Ok(());
        }
        let other = self
            .lines
            .iter()
            .find(|line| line.key == setting.key && line.value != setting.value);
        match other {
            Some(line) => Err(wrong_key(
                &setting.key,
                format!(
                    "the setting {:?} in <metadata> contradicts {:?}, which elements of the domain say: keep one of them",
                    setting.value, line.value
                ),
            )),
            None => Ok(()),
        }
    }
}

/// Whether lines of a key complete each other: lists, but not files of control groups that hold one number.
fn gathers(key: &str) -> bool {
    let cgroup = key
        .strip_prefix("lxc.cgroup2.")
        .or_else(|| key.strip_prefix("lxc.cgroup."));
    match cgroup {
        Some(file) => {
            let per_device = [
                "devices.",
                "blkio.throttle.",
                "blkio.weight_device",
                "blkio.device_weight",
            ];
            let is_per_device = per_device.iter().any(|start| file.starts_with(start));
            is_per_device || matches!(file, "io.max" | "io.weight" | "io.latency")
        }
        None => is_list(key),
    }
}
