//! What holds for every conversion.

use proptest::prelude::*;
use virt_core::model::DomainConfig;

use super::*;
use crate::cgroup::CgroupLayout;
use crate::config::ContainerConfig;

fn layout() -> impl Strategy<Value = CgroupLayout> {
    prop_oneof![
        Just(CgroupLayout::legacy()),
        Just(CgroupLayout::unified()),
        Just(CgroupLayout::default())
    ]
}

/// Lines of configurations, good and bad, for one generation of control groups.
fn line() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "lxc.arch = x86_64",
        "lxc.arch = vax",
        "lxc.rootfs.options = ro",
        "lxc.rootfs.options = x=y",
        "lxc.tty.max = 2",
        "lxc.tty.max = many",
        "lxc.idmap = u 0 100000 65536",
        "lxc.idmap = g 0 100000 65536",
        "lxc.idmap = b 0 1 2",
        "lxc.mount.entry = /a b none bind 0 0",
        "lxc.mount.entry = proc proc proc nodev 0 0",
        "lxc.mount.entry = tmpfs run tmpfs size=8m,create=dir 0 0",
        "lxc.mount.entry = tmpfs run tmpfs size=8m,mode=0755 0 0",
        "lxc.mount.entry = /a /b none bind",
        "lxc.mount.entry = x",
        "lxc.mount.fstab = /fstab",
        "lxc.net.0.type = veth",
        "lxc.net.0.type = empty",
        "lxc.net.0.link = br0",
        "lxc.net.0.flags = up",
        "lxc.net.0.hwaddr = 00:16:3e:xx:xx:xx",
        "lxc.net.0.ipv4.address = 10.0.0.2/24",
        "lxc.net.0.ipv4.address = 10.0.0.3",
        "lxc.net.0.ipv4.gateway = auto",
        "lxc.net.0.mtu = 1400",
        "lxc.net.1.type = macvlan",
        "lxc.net.1.link = eth0",
        "lxc.net.1.macvlan.mode = bridge",
        "lxc.net.2.type = phys",
        "lxc.net.2.link = eth1",
        "lxc.net.2.flags = up",
        "lxc.net.2.name = eth9",
        "lxc.net.3.type = vlan",
        "lxc.net.3.vlan.id = 7",
        "lxc.init.cmd = /bin/sh -c 'a b' \"",
        "lxc.init.cmd = init",
        "lxc.environment = A=b",
        "lxc.environment = TERM",
        "lxc.init.uid = 5",
        "lxc.cap.drop = mknod bpf",
        "lxc.cap.drop = sys_module",
        "lxc.apparmor.profile = unconfined",
        "lxc.include = /x",
        "lxc.hook.start = /a",
        "lxc.hook.start = /b",
        "lxc.autodev = 0",
        "lxc.mount.auto = proc sys",
        "lxc.cgroup.dir = a/n",
        "lxc.cgroup.dir = elsewhere",
        "lxc.start.auto = 1",
        "lxc.namespace.share.ipc = 42",
        "lxc.namespace.share.net = /run/x",
    ]);
    known.prop_map(ToOwned::to_owned)
}

/// Settings of control groups of one generation.
fn limit(is_v2: bool) -> impl Strategy<Value = String> {
    let v1 = vec![
        "lxc.cgroup.memory.limit_in_bytes = 1G",
        "lxc.cgroup.memory.memsw.limit_in_bytes = 2G",
        "lxc.cgroup.memory.soft_limit_in_bytes = lots",
        "lxc.cgroup.cpu.shares = 1024",
        "lxc.cgroup.cpu.cfs_quota_us = -1",
        "lxc.cgroup.cpuset.cpus = 0-1",
        "lxc.cgroup.blkio.weight = 500",
        "lxc.cgroup.blkio.throttle.read_bps_device = 8:0 5",
        "lxc.cgroup.pids.max = 5",
        "lxc.cgroup.devices.deny = a",
        "lxc.cgroup.devices.allow = c 1:3 rwm",
    ];
    let v2 = vec![
        "lxc.cgroup2.memory.max = 1073741824",
        "lxc.cgroup2.memory.swap.max = 1G",
        "lxc.cgroup2.memory.high = max",
        "lxc.cgroup2.cpu.weight = 77",
        "lxc.cgroup2.cpu.max = 5000 10000",
        "lxc.cgroup2.cpu.max = max",
        "lxc.cgroup2.cpuset.mems = 0",
        "lxc.cgroup2.io.weight = 2",
        "lxc.cgroup2.io.max = 8:0 rbps=5 wiops=max",
        "lxc.cgroup2.io.max = 8:0 rbps=5 wiops=7",
        "lxc.cgroup2.pids.max = 5",
        "lxc.cgroup2.devices.allow = c 1:3 rwm",
    ];
    prop::sample::select(if is_v2 { v2 } else { v1 }).prop_map(ToOwned::to_owned)
}

/// A configuration, and the layout of a machine it is for.
fn configuration() -> impl Strategy<Value = (ContainerConfig, CgroupLayout)> {
    any::<bool>().prop_flat_map(|is_v2| {
        let lines = prop::collection::vec(prop_oneof![3 => line().boxed(), 1 => limit(is_v2).boxed()], 0..16);
        let layout = if is_v2 {
            CgroupLayout::unified()
        } else {
            CgroupLayout::legacy()
        };
        lines.prop_map(move |lines| {
            let text = format!(
                "lxc.uts.name = n\nlxc.rootfs.path = dir:/r\n{}\n",
                lines.join("\n")
            );
            (ContainerConfig::parse(&text).unwrap(), layout.clone())
        })
    })
}

/// Elements of domains LXC has means for.
fn domain() -> impl Strategy<Value = DomainConfig> {
    let elements = prop::sample::subsequence(
        vec![
            "<memory unit='MiB'>64</memory>",
            "<memtune><hard_limit unit='KiB'>2048</hard_limit><swap_hard_limit unit='KiB'>4096</swap_hard_limit></memtune>",
            "<vcpu placement='static' cpuset='1-2'>1</vcpu>",
            "<cputune><shares>2598</shares><period>100000</period><quota>50000</quota></cputune>",
            "<numatune><memory mode='strict' nodeset='0'/></numatune>",
            "<resource><partition>/machine</partition></resource>",
            "<os><type arch='x86_64'>exe</type><init>/bin/a</init><initarg>it's</initarg></os>",
            "<idmap><uid start='0' target='1' count='2'/><gid start='0' target='1' count='2'/></idmap>",
            "<features><capabilities policy='deny'><kill state='on'/></capabilities></features>",
        ],
        0..=9,
    );
    let devices = prop::sample::subsequence(
        vec![
            "<filesystem type='mount' accessmode='passthrough'><source dir='/a b'/><target dir='/x'/><readonly/></filesystem>",
            "<filesystem type='ram' accessmode='passthrough'><source usage='8' units='KiB'/><target dir='/y'/></filesystem>",
            "<filesystem type='bind' accessmode='passthrough'><source dir='/c'/><target dir='/z'/></filesystem>",
            "<interface type='bridge'><mac address='02:00:00:00:00:01'/><source bridge='br0'/><ip address='10.0.0.2' \
             family='ipv4' prefix='24'/><route family='ipv4' address='0.0.0.0' gateway='10.0.0.1'/><target dev='p0'/>\
             <guest dev='e'/><link state='up'/><mtu size='1400'/></interface>",
            "<interface type='direct'><source dev='e0' mode='private'/><link state='down'/></interface>",
            "<interface type='ethernet'><link state='up'/></interface>",
            "<console type='pty'><target type='lxc' port='0'/></console>",
            "<hostdev mode='capabilities' type='net'><source><interface>e1</interface></source><ip address='fe80::1' \
             family='ipv6' prefix='64'/></hostdev>",
        ],
        0..=8,
    );
    (elements, devices).prop_map(|(elements, devices)| {
        let text = format!(
            "<domain type='lxc'><name>n</name>{}<devices><filesystem type='mount' accessmode='passthrough'>\
             <source dir='/r'/><target dir='/'/></filesystem>{}</devices></domain>",
            elements.concat(),
            devices.concat()
        );
        DomainConfig::from_xml(&text).unwrap()
    })
}

/// The keys that count, with their values, whatever the number of their interface.
fn effective(config: &ContainerConfig) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = config
        .effective()
        .iter()
        .map(|entry| (entry.key.to_owned(), entry.value.to_owned()))
        .collect();
    found.sort();
    found
}

proptest! {
    /// What a domain says, it says again when it comes back from a configuration.
    #[test]
    fn elements_come_back(domain in domain(), layout in layout()) {
        let is_default = layout == CgroupLayout::default();
        let context = ToNative::new(layout.clone());
        let native = match to_native(&domain, &context) {
            Ok(native) => native,
            Err(error) => {
                prop_assert!(is_default, "{}", error);
                return Ok(());
            }
        };
        let options = FromNative::complete().with_layout(layout);
        let back = from_native(&native, &options).unwrap();
        prop_assert!(settings(&back).unwrap().is_empty(), "{}", back.to_xml());
        prop_assert_eq!(&back.idmap, &domain.idmap);
        prop_assert_eq!(&back.cputune, &domain.cputune);
        prop_assert_eq!(&back.numatune, &domain.numatune);
        prop_assert_eq!(&back.resource, &domain.resource);
        let (theirs, ours) = (domain.devices.unwrap(), back.devices.clone().unwrap());
        prop_assert_eq!(&ours.filesystems, &theirs.filesystems);
        prop_assert_eq!(&ours.interfaces, &theirs.interfaces);
        prop_assert_eq!(&ours.hostdevs, &theirs.hostdevs);
        prop_assert_eq!(&ours.consoles, &theirs.consoles);
        if let Some(os) = &domain.os {
            prop_assert_eq!(back.os.as_ref(), Some(os));
        }
        // The configuration of what came back is the same.
        prop_assert_eq!(effective(&to_native(&back, &context).unwrap()), effective(&native));
    }

    /// What is kept of a configuration is in the configuration of its domain.
    #[test]
    fn what_is_kept_comes_back((config, layout) in configuration()) {
        let options = FromNative::complete().with_layout(layout.clone());
        let domain = from_native(&config, &options).unwrap();
        let Ok(native) = to_native(&domain, &ToNative::new(layout)) else {
            // A user namespace needs both maps.
            prop_assert!(domain.idmap.is_some_and(|map| map.uids.is_empty() || map.gids.is_empty()));
            return Ok(());
        };
        let written = effective(&native);
        for kept in settings(&domain).unwrap().into_iter().filter(|kept| !kept.value.is_empty()) {
            prop_assert!(written.contains(&(kept.key.clone(), kept.value.clone())), "{:?} in {}", kept, native);
        }
        // Files are included before everything else.
        let in_order = |domain: &DomainConfig| {
            let mut domain = domain.clone();
            let (mut first, last): (Vec<_>, Vec<_>) =
                settings(&domain).unwrap().into_iter().partition(Setting::comes_first);
            first.extend(last);
            set_settings(&mut domain, &first);
            domain.to_xml()
        };
        let again = from_native(&native, &options).unwrap();
        prop_assert_eq!(in_order(&again), in_order(&domain));
    }

    /// A domain that says nothing else changes nothing.
    #[test]
    fn an_update_by_its_own_domain_changes_nothing((config, layout) in configuration()) {
        let options = FromNative::complete().with_layout(layout.clone());
        let domain = from_native(&config, &options).unwrap();
        if let Ok(updated) = update_native(&config, &domain, &ToNative::new(layout)) {
            prop_assert_eq!(updated.to_string(), config.to_string());
        }
    }

    /// An update has the meaning of a configuration written anew.
    #[test]
    fn an_update_says_what_the_domain_says((config, layout) in configuration(), domain in domain()) {
        let context = ToNative::new(layout.clone());
        let new = to_native(&domain, &context).unwrap();
        let updated = update_native(&config, &domain, &context).unwrap();
        let options = FromNative::complete().with_layout(layout);
        let (ours, theirs) = (from_native(&updated, &options).unwrap(), from_native(&new, &options).unwrap());
        prop_assert_eq!(&ours.devices, &theirs.devices);
        prop_assert_eq!(&ours.memtune, &theirs.memtune);
        prop_assert_eq!(&ours.cputune, &theirs.cputune);
        prop_assert_eq!(&ours.idmap, &theirs.idmap);
    }

    /// Nothing panics, and libvirt's reading takes no more than a complete one.
    #[test]
    fn readings_end((config, _) in configuration(), text in "(lxc\\.(net\\.[0-9]\\.|cgroup2?\\.|mount\\.)?[a-z.]{1,8} ?= ?[ -~]{0,12}\n){0,6}") {
        let text = format!("{config}{text}");
        let Ok(config) = ContainerConfig::parse(&text) else { return Ok(()) };
        let _ = from_native(&config, &FromNative::libvirt());
        let domain = from_native(&config, &FromNative::complete()).unwrap();
        let again = DomainConfig::from_xml(&domain.to_xml()).unwrap();
        prop_assert_eq!(settings(&again).unwrap(), settings(&domain).unwrap());
    }
}
