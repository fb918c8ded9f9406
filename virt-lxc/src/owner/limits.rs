//! Limits of a container, those of the present run among them.

use virt_core::domain::ConfigScope;
use virt_core::{Error, ErrorKind, Outcome, Result};
use virt_manager::OwnerTask as _;
use virt_manager::document::Kept;

use super::Owner;
use crate::cgroup::{Controller, Hierarchy};
use crate::config::ContainerConfig;
use crate::convert::to_native;
use crate::limits::Limits;

/// A value of a control group.
type Value = (String, String);

impl Owner {
    pub(super) async fn set_limits(&mut self, limits: &Limits, scope: ConfigScope) -> Result<()> {
        limits.check()?;
        let (live, _) = self.scope(scope)?;
        let groups = self.manager.groups();
        let v2 = groups.hierarchy(Controller::Pids) == Some(Hierarchy::V2);
        if live {
            let before = self.entry.view().live.clone();
            let before =
                before.ok_or_else(|| Error::new(ErrorKind::Internal, "a run has no configuration"))?;
            let before = before.config()?;
            let mut after = before.clone();
            limits.apply(&mut after, v2)?;
            let context = self.manager.native_context(&after).await?;
            let values = changed(&to_native(&before, &context)?, &to_native(&after, &context)?);
            self.write_values(values).await?;
            // They are there, whatever happens to the document.
            self.edit(scope, |config| limits.apply(config, v2))
                .await
                .map_err(|error| error.with_outcome(Outcome::Unknown))?;
            return self.is_kept(&after);
        }
        self.edit(scope, |config| limits.apply(config, v2)).await
    }

    /// What runs is what is told of it.
    fn is_kept(&self, after: &virt_core::model::DomainConfig) -> Result<()> {
        let live = Kept::new(after);
        self.update(|view| view.live = Some(live));
        Ok(())
    }

    /// Writes values of the run's control groups: in an order in which each is allowed beside the others, as a limit of memory
    /// below that of memory and swap. Where one can't be, those that were written are taken back.
    async fn write_values(&self, values: Vec<(Value, Option<String>)>) -> Result<()> {
        let name = self.name();
        let tools = &self.manager.tools;
        let mut written: Vec<(String, Option<String>)> = Vec::new();
        let mut waiting = values;
        while !waiting.is_empty() {
            let mut failure = None;
            let mut later = Vec::new();
            let count = waiting.len();
            for ((key, value), old) in waiting {
                match tools.set_group_value(&name, &key, &value).await {
                    Ok(()) => written.push((key, old)),
                    Err(error) => {
                        failure = Some(error);
                        later.push(((key, value), old));
                    }
                }
            }
            if later.len() == count
                && let Some(error) = failure
            {
                for (key, old) in written.into_iter().rev() {
                    let old = old.unwrap_or_else(|| unlimited(&key).to_owned());
                    if let Err(error) = tools.set_group_value(&name, &key, &old).await {
                        tracing::warn!(domain = %name, %key, %error, "a limit could not be taken back");
                    }
                }
                return Err(error);
            }
            waiting = later;
        }
        Ok(())
    }
}

/// Values of control groups that are others than before, each with what it was.
fn changed(before: &ContainerConfig, after: &ContainerConfig) -> Vec<(Value, Option<String>)> {
    let values = |config: &ContainerConfig| -> Vec<Value> {
        config
            .cgroup_settings()
            .into_iter()
            .filter(|setting| !setting.file.starts_with("devices."))
            .map(|setting| (setting.file.to_owned(), setting.value.to_owned()))
            .collect()
    };
    let (before, after) = (values(before), values(after));
    let of = |all: &[Value], key: &str| {
        let found = all.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.clone())
    };
    let new = after
        .iter()
        .filter(|(key, value)| of(&before, key).as_ref() != Some(value));
    let mut changes: Vec<(Value, Option<String>)> = new
        .map(|(key, value)| ((key.clone(), value.clone()), of(&before, key)))
        .collect();
    let gone = before.iter().filter(|(key, _)| of(&after, key).is_none());
    changes.extend(gone.map(|(key, value)| ((key.clone(), unlimited(key).to_owned()), Some(value.clone()))));
    changes
}

/// What a value is where nobody has set it.
fn unlimited(key: &str) -> &'static str {
    match key {
        "cpu.shares" => "1024",
        "cpu.weight" | "io.weight" => "100",
        "cpu.cfs_period_us" => "100000",
        "blkio.weight" => "500",
        "cpuset.cpus" | "cpuset.mems" => "",
        "pids.max" | "memory.max" | "memory.high" | "memory.swap.max" | "cpu.max" => "max",
        _ => "-1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_written_and_what_is_gone_has_no_limit() {
        let parse = |text: &str| ContainerConfig::parse(text).unwrap();
        let before = parse(
            "lxc.cgroup.cpu.shares = 1\nlxc.cgroup.memory.limit_in_bytes = 2\nlxc.cgroup.devices.deny = a\n",
        );
        let after = parse("lxc.cgroup.cpu.shares = 3\nlxc.cgroup.pids.max = 4\n");
        let changes = changed(&before, &after);
        let keys: Vec<(&str, &str, Option<&str>)> = changes
            .iter()
            .map(|((key, value), old)| (key.as_str(), value.as_str(), old.as_deref()))
            .collect();
        assert_eq!(
            keys,
            [
                ("cpu.shares", "3", Some("1")),
                ("pids.max", "4", None),
                ("memory.limit_in_bytes", "-1", Some("2")),
            ]
        );
    }
}
