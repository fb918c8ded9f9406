//! What every domain has; users, consoles, namespaces.

use virt_core::Result;
use virt_core::model::domain::devices::{ChardevTarget, ChardevType, Console};
use virt_core::model::domain::{
    Clock, ClockOffset, IdMap, IdRange, LifecycleAction, LxcNamespace, LxcShare, Memory, Os, OsKind, OsType,
    Resource, Vcpu, VcpuPlacement,
};
use virt_core::model::value::ByteSize;
use virt_core::model::{DomainConfig, DomainType};

use super::super::numbers::leading_unsigned;
use super::super::options::FromNative;
use super::super::problem::wrong_key;
use super::arch;
use super::native::Native;
use crate::config::{IdKind, IdMapEntry};

/// The memory of a container without a limit: libvirt's least.
const MEMORY: ByteSize = ByteSize::mib(64);

pub(super) fn read(native: &mut Native, options: &FromNative) -> Result<DomainConfig> {
    let mut domain = DomainConfig::default();
    domain.kind = DomainType::Lxc;
    domain.name = name(native, options)?;
    domain.uuid = options.uuid;
    let memory = options.memory.unwrap_or(MEMORY);
    domain.memory = Some(Memory::from(memory));
    domain.current_memory = Some(Memory::from(memory));
    let mut vcpu = Vcpu::from(1);
    vcpu.placement = Some(VcpuPlacement::Static);
    domain.vcpu = Some(vcpu);
    let mut kind = OsType::default();
    kind.kind = Some(OsKind::Exe);
    kind.arch = if native.is_complete() {
        native.take_as("lxc.arch", arch::complete)
    } else {
        native.take("lxc.arch").and_then(|name| arch::libvirt(&name))
    }
    .map(ToOwned::to_owned);
    let mut os = Os::default();
    os.kind = Some(kind);
    os.init = Some("/sbin/init".to_owned());
    domain.os = Some(os);
    let mut clock = Clock::default();
    clock.offset = Some(ClockOffset::Utc);
    domain.clock = Some(clock);
    domain.on_poweroff = Some(LifecycleAction::Destroy);
    domain.on_reboot = Some(LifecycleAction::Restart);
    domain.on_crash = Some(LifecycleAction::Destroy);
    domain.devices_mut().emulator.clone_from(&options.emulator);
    Ok(domain)
}

fn name(native: &mut Native, options: &FromNative) -> Result<String> {
    const KEY: &str = "lxc.uts.name";
    if native.is_complete() {
        if let Some(name) = &options.name {
            // A host name of its own is kept.
            native.take_as(KEY, |host| (host == name).then_some(()));
            return Ok(name.clone());
        }
        return Ok(native.take(KEY).unwrap_or_else(|| "unnamed".to_owned()));
    }
    let found = native.take_either(KEY, "lxc.utsname");
    let Some(name) = options.name.clone().or(found) else {
        return Err(wrong_key(
            KEY,
            "there is none: libvirt takes the domain's name from it",
        ));
    };
    if name.contains('/') {
        return Err(wrong_key(KEY, format!("a domain's name has no '/': {name:?}")));
    }
    Ok(name)
}

pub(super) fn read_consoles(native: &mut Native, domain: &mut DomainConfig) -> Result<()> {
    const KEY: &str = "lxc.tty.max";
    // More than a host has pseudo terminals for is a mistake.
    let count = |text: &str| {
        text.strip_prefix('+')
            .unwrap_or(text)
            .parse()
            .ok()
            .filter(|count| *count <= 4096)
    };
    let count: u32 = if native.is_complete() {
        native.take_as(KEY, count).unwrap_or(0)
    } else {
        match native.take_either(KEY, "lxc.tty") {
            Some(text) => {
                count(&text).ok_or_else(|| wrong_key(KEY, format!("{text:?} is no number of consoles")))?
            }
            None => 0,
        }
    };
    domain.devices_mut().consoles = (0..count).map(console).collect();
    Ok(())
}

fn console(port: u32) -> Console {
    let mut target = ChardevTarget::default();
    target.kind = Some("lxc".to_owned());
    target.port = Some(port.to_string());
    let mut console = Console::default();
    console.kind = Some(ChardevType::Pty);
    console.target = Some(target);
    console
}

pub(super) fn read_idmap(native: &mut Native, domain: &mut DomainConfig) -> Result<()> {
    let mut map = IdMap::default();
    let mut add = |kind, start, target, count| {
        let mut range = IdRange::default();
        range.start = Some(start);
        range.target = Some(target);
        range.count = Some(count);
        if kind == IdKind::User {
            &mut map.uids
        } else {
            &mut map.gids
        }
        .push(range);
    };
    if native.is_complete() {
        let is_one = |entry: &IdMapEntry| entry.kind != IdKind::Both;
        let ranges = native.take_where(|key, value| {
            let entry = value.parse().ok().filter(is_one);
            entry.filter(|_| key == "lxc.idmap")
        });
        for range in ranges {
            add(range.kind, range.container, range.host, range.count);
        }
    } else {
        for (key, value) in native.each() {
            if !matches!(key, "lxc.idmap" | "lxc.id_map") {
                continue;
            }
            let Some((kind, first, second, count)) = scanned(value) else {
                return Err(wrong_key(key, format!("{value:?} is not u|g FIRST SECOND COUNT")));
            };
            add(kind, second, first, count);
        }
    }
    if !map.uids.is_empty() || !map.gids.is_empty() {
        domain.idmap = Some(Box::new(map));
    }
    Ok(())
}

/// As sscanf(3) reads `%c %lu %lu %lu`, cut to 32 bits.
fn scanned(text: &str) -> Option<(IdKind, u32, u32, u32)> {
    let (kind, rest) = match (text.strip_prefix('u'), text.strip_prefix('g')) {
        (Some(rest), _) => (IdKind::User, rest),
        (_, Some(rest)) => (IdKind::Group, rest),
        _ => return None,
    };
    let (first, rest) = leading_unsigned(rest)?;
    let (second, rest) = leading_unsigned(rest)?;
    let (count, _) = leading_unsigned(rest)?;
    let cut = |number: u64| u32::try_from(number & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    Some((kind, cut(first), cut(second), cut(count)))
}

/// `lxc.namespace.share.*`, as far as `<lxc:namespace>` can say it.
pub(super) fn read_namespaces(native: &mut Native, domain: &mut DomainConfig) {
    let mut namespace = LxcNamespace::default();
    let places: [(&str, &mut Option<LxcShare>); 3] = [
        ("net", &mut namespace.sharenet),
        ("ipc", &mut namespace.shareipc),
        ("uts", &mut namespace.shareuts),
    ];
    let mut any = false;
    for (kind, place) in places {
        *place = native.take_as(&format!("lxc.namespace.share.{kind}"), |value| share(kind, value));
        any |= place.is_some();
    }
    if any {
        domain.lxc_namespace = Some(Box::new(namespace));
    }
}

fn share(kind: &str, value: &str) -> Option<LxcShare> {
    let named = value
        .strip_prefix("/var/run/netns/")
        .filter(|name| kind == "net" && !name.contains('/'));
    let (kind, value) = match named {
        Some(name) => ("netns", name),
        None if value.contains('/') => return None,
        None if value.bytes().all(|one| one.is_ascii_digit()) => ("pid", value),
        None => ("name", value),
    };
    let mut share = LxcShare::default();
    share.kind = Some(kind.to_owned());
    share.value = Some(value.to_owned());
    Some(share)
}

/// `lxc.cgroup.dir`, where it is the name of the container in a partition.
pub(super) fn read_partition(native: &mut Native, domain: &mut DomainConfig) {
    let name = domain.name.clone();
    let partition = native.take_as("lxc.cgroup.dir", |directory| {
        let partition = directory.strip_suffix(&name)?.strip_suffix('/')?;
        (!partition.is_empty() && !partition.starts_with('/')).then(|| format!("/{partition}"))
    });
    if let Some(partition) = partition {
        let mut resource = Resource::default();
        resource.partition = Some(partition);
        domain.resource = Some(resource);
    }
}
