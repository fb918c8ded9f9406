//! `lxc.cgroup.*` and `lxc.cgroup2.*`: files of control groups.

use super::document::ContainerConfig;
use crate::cgroup::Hierarchy;

/// A value written to a file of the container's control group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CgroupSetting<'c> {
    /// The hierarchy: `lxc.cgroup.*` is of cgroup v1, `lxc.cgroup2.*` of v2.
    pub hierarchy: Hierarchy,
    /// The file, as `memory.max`.
    pub file: &'c str,
    /// What is written.
    pub value: &'c str,
}

impl ContainerConfig {
    /// The settings of control groups that count, in order; not where the groups are (`lxc.cgroup.dir` and its kin).
    #[must_use]
    pub fn cgroup_settings(&self) -> Vec<CgroupSetting<'_>> {
        let settings = self.effective().into_iter().filter_map(|entry| {
            let v2 = entry
                .key
                .strip_prefix("lxc.cgroup2.")
                .map(|file| (Hierarchy::V2, file));
            let v1 = || {
                entry
                    .key
                    .strip_prefix("lxc.cgroup.")
                    .map(|file| (Hierarchy::V1, file))
            };
            let (hierarchy, file) = v2.or_else(v1)?;
            let is_place = file == "dir" || file == "relative" || file.starts_with("dir.");
            (!is_place).then_some(CgroupSetting {
                hierarchy,
                file,
                value: entry.value,
            })
        });
        settings.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_generations_are_told_apart() {
        let text = "lxc.cgroup.dir = x\nlxc.cgroup.cpu.shares = 1\nlxc.cgroup2.memory.max = 2\n";
        let config = ContainerConfig::parse(text).unwrap();
        let found: Vec<_> = config
            .cgroup_settings()
            .iter()
            .map(|one| (one.hierarchy, one.file))
            .collect();
        assert_eq!(
            found,
            [(Hierarchy::V1, "cpu.shares"), (Hierarchy::V2, "memory.max")]
        );
    }
}
