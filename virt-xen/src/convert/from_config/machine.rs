//! The machine itself: name, memory, virtual CPUs, ends, the clock.

use uuid::Uuid;
use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{
    Clock, ClockBasis, ClockOffset, DomainType, LifecycleAction, Memory, Os, OsKind, OsType, Vcpu,
    VcpuPlacement,
};
use virt_core::model::value::{ByteSize, CpuSet};

use super::super::problem::{unsupported_key, wrong_key};
use super::super::words::Kind;
use super::source::Source;

/// What kind of guest the file is of.
pub(super) fn kind(source: &Source<'_>) -> Result<Kind> {
    match source.text("type")?.as_deref() {
        Some("pv") => return Ok(Kind::Pv),
        Some("pvh") => return Ok(Kind::Pvh),
        Some("hvm") => return Ok(Kind::Hvm),
        Some(other) => {
            let text = format!("{other:?} is none of pv, pvh, hvm");
            return Err(unsupported_key("type", text));
        }
        None => {}
    }
    Ok(match source.text("builder")?.as_deref() {
        Some("hvm") => Kind::Hvm,
        _ => Kind::Pv,
    })
}

/// A domain without devices.
pub(super) fn read(source: &Source<'_>, kind: Kind) -> Result<DomainConfig> {
    let mut domain = DomainConfig::default();
    domain.kind = DomainType::Xen;
    let name = source.text("name")?.filter(|name| !name.is_empty());
    domain.name = name.ok_or_else(|| wrong_key("name", "the file says no name: say one"))?;
    domain.uuid = match source.text("uuid")? {
        Some(text) => match Uuid::parse_str(text.trim()) {
            Ok(uuid) => Some(uuid),
            Err(_) => source.lenient(wrong_key("uuid", format!("{text:?} is no UUID")))?,
        },
        None => None,
    };
    let mut os_type = OsType::default();
    os_type.arch = Some(source.options.arch.clone());
    let (machine, word) = match kind {
        Kind::Pv => ("xenpv", OsKind::Linux),
        Kind::Pvh => ("xenpvh", OsKind::Xenpvh),
        Kind::Hvm => ("xenfv", OsKind::Hvm),
    };
    os_type.machine = Some(machine.to_owned());
    os_type.kind = Some(word);
    let mut os = Os::default();
    os.kind = Some(os_type);
    domain.os = Some(os);
    read_memory(source, &mut domain)?;
    read_ends(source, &mut domain)?;
    read_cpus(source, &mut domain)?;
    Ok(domain)
}

/// The memory of a guest whose file says none, in MiB.
const MEMORY: i64 = 128;
/// More than any machine has, in MiB.
const MOST_MEMORY: i64 = 1 << 40;

fn read_memory(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    let number = |key: &str| -> Result<Option<i64>> {
        match source.number(key)? {
            // No guest is without; what is written so is kept.
            Some(0) if source.is_complete() => Ok(None),
            Some(number) if number < MOST_MEMORY => Ok(Some(number)),
            Some(number) => source.lenient(wrong_key(key, format!("{number} MiB are more than there are"))),
            None => Ok(None),
        }
    };
    let mib = |number: i64| Memory::from(ByteSize::mib(u64::try_from(number).unwrap_or_default()));
    let current = number("memory")?.unwrap_or(MEMORY);
    domain.memory = Some(mib(number("maxmem")?.unwrap_or(current)));
    domain.current_memory = Some(mib(current));
    Ok(())
}

fn read_ends(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    let action = |key: &str, usual: LifecycleAction| -> Result<Option<LifecycleAction>> {
        let Some(word) = source.text(key)? else {
            return Ok(Some(usual));
        };
        let known = [
            LifecycleAction::Destroy,
            LifecycleAction::Restart,
            LifecycleAction::RenameRestart,
            LifecycleAction::Preserve,
            LifecycleAction::CoredumpDestroy,
            LifecycleAction::CoredumpRestart,
        ];
        match known.into_iter().find(|action| action.as_str() == word) {
            Some(action) => Ok(Some(action)),
            None => {
                let error = wrong_key(
                    key,
                    format!("{word:?} is none of destroy, restart, rename-restart, preserve …"),
                );
                Ok(source.lenient(error)?.or(Some(usual)))
            }
        }
    };
    domain.on_poweroff = action("on_poweroff", LifecycleAction::Destroy)?;
    domain.on_reboot = action("on_reboot", LifecycleAction::Restart)?;
    domain.on_crash = action("on_crash", LifecycleAction::Restart)?;
    Ok(())
}

fn read_cpus(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    let count = |key: &str| -> Result<Option<u32>> {
        match source.number(key)? {
            None => Ok(None),
            Some(number) => match u32::try_from(number).ok().filter(|count| *count > 0) {
                Some(count) => Ok(Some(count)),
                None => source.lenient(wrong_key(key, format!("{number} is no number of virtual CPUs"))),
            },
        }
    };
    let current = count("vcpus")?.unwrap_or(1);
    let most = count("maxvcpus")?.unwrap_or(current);
    if current > most {
        let text = format!("{most} are fewer than the {current} of vcpus");
        source.lenient::<()>(wrong_key("maxvcpus", text))?;
    }
    let mut vcpu = Vcpu::from(most.max(current));
    vcpu.placement = Some(VcpuPlacement::Static);
    vcpu.current = Some(current).filter(|current| *current < most);
    if let Some(text) = source.text("cpus")? {
        vcpu.cpuset = match text.parse::<CpuSet>() {
            Ok(set) if !set.is_empty() => Some(set),
            _ => source.lenient(wrong_key(
                "cpus",
                format!("{text:?} is no set of CPUs: say 0-3,5"),
            ))?,
        };
    }
    domain.vcpu = Some(vcpu);
    Ok(())
}

pub(super) fn read_clock(source: &Source<'_>, kind: Kind, domain: &mut DomainConfig) -> Result<()> {
    let is_local = source.flag("localtime")?.unwrap_or(false);
    let clock = domain.clock.get_or_insert_with(Clock::default);
    if kind == Kind::Hvm {
        let offset = source.value("rtc_timeoffset");
        // libvirt reads what is written of a negative one.
        let offset = match offset.as_ref().map(|value| (value, value.as_integer())) {
            None => 0,
            Some((_, Some(number))) => number,
            Some((value, None)) => {
                let error = wrong_key("rtc_timeoffset", format!("{value} is no number of seconds"));
                source.lenient(error)?.unwrap_or(0)
            }
        };
        clock.offset = Some(ClockOffset::Variable);
        clock.adjustment = Some(offset.to_string());
        clock.basis = Some(if is_local {
            ClockBasis::Localtime
        } else {
            ClockBasis::Utc
        });
    } else {
        clock.offset = Some(if is_local {
            ClockOffset::Localtime
        } else {
            ClockOffset::Utc
        });
        clock.adjustment = Some("reset".to_owned());
    }
    Ok(())
}
