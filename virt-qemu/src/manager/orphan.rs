//! Runs whose records could not be understood: what their processes' own arguments tell of them.

use std::collections::BTreeMap;

use uuid::Uuid;
use virt_core::Result;
use virt_core::host::ProcessInfo;
use virt_core::model::{ByteSize, DomainConfig};
use virt_manager::document::Kept;

use super::Manager;
use crate::state::{FORMAT, RunPhase, RunRecord};
use crate::{owner, plan};

/// The runs of damaged records whose QEMU lives, with records made anew. Whatever a record alone told is taken for what
/// harms least: such a guest is not destroyed with its manager, and stays paused where it never ran.
pub(super) async fn runs(
    manager: &Manager,
    corrupt: &[(String, String)],
    definitions: &BTreeMap<Uuid, Kept>,
) -> Result<Vec<RunRecord>> {
    let prefix = format!("{}/", manager.store.layout.runs());
    let wanted: Vec<Uuid> = corrupt
        .iter()
        .filter_map(|(path, _)| path.strip_prefix(&prefix)?.strip_suffix(".json")?.parse().ok())
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let all = manager.host.processes().list("qemu-system").await?;
    let mut found = Vec::new();
    for info in all.into_iter().filter(|info| !info.zombie) {
        let Some(traits) = Traits::of(&info.argv, manager.store.layout.run_dirs()) else {
            continue;
        };
        if !wanted.contains(&traits.uuid) {
            continue;
        }
        let record = record(manager, &traits, &info, definitions.get(&traits.uuid));
        if !manager.root.only_watches()
            && let Err(error) = manager.store.save_run(&record).await
        {
            tracing::warn!(domain = %record.name, %error, "the record of a run could not be written anew");
        }
        found.push(record);
    }
    Ok(found)
}

/// What a QEMU's arguments tell of its run.
#[derive(Debug, PartialEq, Eq)]
struct Traits {
    uuid: Uuid,
    name: String,
    id: u32,
    memory_kib: u64,
    vcpus: u32,
}

impl Traits {
    fn of(argv: &[String], run_dirs: &str) -> Option<Self> {
        let after = |flag: &str| {
            let mut args = argv.iter();
            args.find(|arg| *arg == flag)?;
            args.next().map(String::as_str)
        };
        let name = option(after("-name")?, "guest").or_else(|| option(after("-name")?, ""))?;
        let memory = after("-m").and_then(|value| option(value, "size"));
        let vcpus = after("-smp").and_then(|value| option(value, "").or_else(|| option(value, "cpus")));
        Some(Self {
            uuid: after("-uuid")?.parse().ok()?,
            name,
            id: argv.iter().find_map(|arg| id_in(arg, run_dirs))?,
            memory_kib: memory
                .and_then(|size| size.trim_end_matches('k').parse().ok())
                .unwrap_or(0),
            vcpus: vcpus.and_then(|count| count.parse().ok()).unwrap_or(1),
        })
    }
}

/// The number of the run whose main monitor an argument names.
fn id_in(arg: &str, run_dirs: &str) -> Option<u32> {
    let path = option(arg, "path")?;
    let below = path.strip_prefix(run_dirs)?.strip_prefix('/')?;
    below.strip_suffix("/monitor.sock")?.parse().ok()
}

/// A value of an option's text, with doubled commas taken back; that without a key, which comes first, where it is empty.
fn option(text: &str, key: &str) -> Option<String> {
    const COMMA: &str = "\0";
    let text = text.replace(",,", COMMA);
    let value = text
        .split(',')
        .enumerate()
        .find_map(|(index, part)| match part.split_once('=') {
            Some((known, value)) if known == key => Some(value),
            None if key.is_empty() && index == 0 => Some(part),
            _ => None,
        });
    value.map(|value| value.replace(COMMA, ","))
}

fn record(manager: &Manager, traits: &Traits, info: &ProcessInfo, definition: Option<&Kept>) -> RunRecord {
    let layout = &manager.store.layout;
    let facts = manager.root.reach.facts();
    let since_boot = info
        .identity
        .start_time
        .checked_div(facts.clock_ticks)
        .unwrap_or(0);
    let mut record = RunRecord {
        format: FORMAT,
        uuid: traits.uuid,
        name: traits.name.clone(),
        id: traits.id,
        boot_id: facts.boot_id.clone(),
        phase: RunPhase::Running,
        process: Some(info.identity),
        argv: info.argv.clone(),
        log: layout.log(traits.uuid),
        run_dir: layout.run_dir(traits.id),
        transient: definition.is_none(),
        auto_destroy: false,
        start_paused: true,
        reboot_pending: false,
        started_at: facts.boot_time.saturating_add(since_boot),
        live: String::new(),
        origin: None,
    };
    let defined = definition.and_then(|kept| kept.config().ok());
    let live = defined.and_then(|config| plan::live(&config, &owner::resources(&record)).ok());
    record.live = live.unwrap_or_else(|| sketch(traits)).to_xml();
    record.origin = definition.is_none().then(|| record.live.clone());
    record
}

/// A guest without a definition: its devices are not known any more.
fn sketch(traits: &Traits) -> DomainConfig {
    let mut config = DomainConfig::default();
    config.name = traits.name.clone();
    config.uuid = Some(traits.uuid);
    config.id = i32::try_from(traits.id).ok();
    config.memory.get_or_insert_default().size = ByteSize::kib(traits.memory_kib);
    config.vcpu.get_or_insert_default().count = traits.vcpus;
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(name: &str, monitor: &str) -> Vec<String> {
        let uuid = Uuid::from_u128(7).to_string();
        let socket = format!(
            "socket,id=charmonitor,path={},server=on,wait=off",
            monitor.replace(',', ",,")
        );
        let all = [
            "/usr/bin/qemu-system-x86_64",
            "-name",
            name,
            "-S",
            "-m",
            "size=65536k",
            "-smp",
            "2,sockets=2",
            "-uuid",
            &uuid,
            "-chardev",
            &socket,
        ];
        all.map(str::to_owned).to_vec()
    }

    #[test]
    fn a_run_is_recognised_by_the_arguments_of_its_process() {
        let traits = Traits::of(
            &argv("guest=a,,b,debug-threads=on", "/srv/a,b/run/3/monitor.sock"),
            "/srv/a,b/run",
        );
        let expected = Traits {
            uuid: Uuid::from_u128(7),
            name: "a,b".to_owned(),
            id: 3,
            memory_kib: 65536,
            vcpus: 2,
        };
        assert_eq!(traits, Some(expected));
    }

    #[test]
    fn a_process_of_another_root_is_not() {
        for monitor in [
            "/srv/other/run/3/monitor.sock",
            "/tmp/srv/run/3/monitor.sock",
            "/srv/run/3/rescue.sock",
            "/srv/run/x/monitor.sock",
        ] {
            assert_eq!(
                Traits::of(&argv("guest=web", monitor), "/srv/run"),
                None,
                "{monitor}"
            );
        }
    }
}
