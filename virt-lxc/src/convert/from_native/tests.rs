//! What libvirt 11.3 makes of a configuration (`virsh domxml-from-native lxc-tools`), and what a complete reading makes of it.

use virt_core::ErrorKind;

use super::super::settings::settings;
use super::*;
use crate::cgroup::CgroupLayout;

const BASE: &str = "lxc.rootfs.path = /r\nlxc.uts.name = n\n";

fn native(text: &str) -> ContainerConfig {
    ContainerConfig::parse(text).unwrap()
}

fn libvirt(text: &str) -> Result<DomainConfig> {
    from_native(&native(text), &FromNative::libvirt())
}

fn complete(text: &str) -> DomainConfig {
    from_native(&native(&format!("{BASE}{text}")), &FromNative::complete()).unwrap()
}

fn kept(text: &str) -> Vec<String> {
    let kept = settings(&complete(text)).unwrap();
    kept.iter()
        .map(|setting| format!("{} = {}", setting.key, setting.value))
        .collect()
}

/// The document without blanks between elements, and without what every domain has.
fn compact(domain: &DomainConfig) -> String {
    let text: String = domain.to_xml().lines().map(str::trim).collect();
    let usual = [
        "<domain type='lxc'><name>n</name>",
        "<memory unit='KiB'>65536</memory><currentMemory unit='KiB'>65536</currentMemory>",
        "<vcpu placement='static'>1</vcpu>",
        "<os><type>exe</type><init>/sbin/init</init></os>",
        "<clock offset='utc'/><on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>",
        "<filesystem type='mount' accessmode='passthrough'><source dir='/r'/><target dir='/'/></filesystem>",
        "<capabilities policy='allow'/>",
        "<features></features>",
        "<devices></devices>",
        "</domain>",
    ];
    usual.iter().fold(text, |text, part| text.replace(part, ""))
}

#[test]
fn libvirts_rules_are_kept() {
    let up = "<link state='down'/>";
    let none = "<mac address='00:00:00:00:00:00'/>";
    for (lines, expected) in [
        ("", "<features><privnet/></features>".to_owned()),
        ("lxc.net.0.type = none\n", String::new()),
        ("lxc.network.type = empty\n", String::new()),
        ("lxc.net.0.type = veth\n", format!("<devices><interface type='ethernet'>{none}{up}</interface></devices>")),
        (
            "lxc.net.1.type = veth\nlxc.net.1.link = b1\nlxc.net.0.type = ipvlan\nlxc.net.1.name = e1\n",
            format!(
                "<devices><interface type='bridge'>{none}<source bridge='b1'/><guest dev='e1'/>{up}</interface>\
                 <interface type='user'>{none}{up}</interface></devices>"
            ),
        ),
        (
            "lxc.net.0.type = macvlan\nlxc.net.0.link = e\nlxc.net.0.macvlan.mode = passthru\n",
            format!("<devices><interface type='direct'>{none}<source dev='e' mode='vepa'/>{up}</interface></devices>"),
        ),
        (
            "lxc.net.0.type = vlan\nlxc.net.0.link = e\nlxc.net.0.vlan.id = 3\n",
            "<devices><hostdev mode='capabilities' type='net'><source><interface>e.3</interface></source></hostdev>\
             </devices>"
                .to_owned(),
        ),
        (
            "lxc.net.0.type = none\nlxc.idmap = u 10000 0 2000\nlxc.idmap = g1 2 3 x\n",
            "<idmap><uid start='0' target='10000' count='2000'/><gid start='2' target='1' count='3'/></idmap>".to_owned(),
        ),
        (
            "lxc.net.0.type = none\nlxc.cgroup.cpuset.cpus = 0-3,^2\nlxc.cgroup.cpuset.mems = 1-4\n",
            "<vcpu placement='static' cpuset='0-1,3'>1</vcpu><numatune><memory mode='strict' nodeset='1-4'/></numatune>"
                .to_owned(),
        ),
        (
            "lxc.net.0.type = none\nlxc.mount.entry = tmpfs tmp tmpfs ro,size=3KB\nlxc.mount.entry = a proc b c\n\
             lxc.mount.entry = /dev/x a\\040b none bind\n",
            "<devices><filesystem type='ram' accessmode='passthrough'><source usage='2' units='KiB'/><target dir='/tmp'/>\
             <readonly/></filesystem><filesystem type='block' accessmode='passthrough'><source dev='/dev/x'/>\
             <target dir='/a\\040b'/></filesystem></devices>"
                .to_owned(),
        ),
        (
            "lxc.net.0.type = none\nlxc.cap.drop = mknod x\tkill\nlxc.cap.drop = kill\n",
            "<features><capabilities policy='allow'><mknod state='off'/></capabilities></features>".to_owned(),
        ),
        (
            "lxc.net.0.type = none\nlxc.cgroup.cpu.shares = 0\nlxc.cgroup.cpu.cfs_quota_us = 0\n",
            "<cputune><shares>0</shares></cputune>".to_owned(),
        ),
        (
            "lxc.net.0.type = none\nlxc.cgroup.blkio.throttle.read_bps_device = 8:16 12\nlxc.cgroup.blkio.x = 1 2\n",
            "<blkiotune><device><path>/dev/block/8:16</path><read_bytes_sec>12</read_bytes_sec></device></blkiotune>"
                .to_owned(),
        ),
        ("lxc.net.0.type = none\nlxc.cgroup2.memory.max = 1G\nlxc.hook.start = /x\n", String::new()),
    ] {
        let ours = libvirt(&format!("{BASE}{lines}")).unwrap();
        assert_eq!(compact(&ours), expected, "{lines}");
    }
}

#[test]
fn the_first_line_of_a_key_counts_for_libvirt() {
    let ours = libvirt(
        "lxc.rootfs = /a\nlxc.rootfs.path = /b\nlxc.rootfs.path = /c\nlxc.utsname = x\nlxc.arch = x86\n",
    );
    let text = ours.unwrap().to_xml();
    assert!(
        text.contains("<source dir='/b'/>") && text.contains("arch='i686'"),
        "{text}"
    );
    let device = libvirt("lxc.rootfs = /dev/vg/x\nlxc.utsname = x\n")
        .unwrap()
        .to_xml();
    assert!(device.contains("<source dev='/dev/vg/x'/>"), "{device}");
}

#[test]
fn what_libvirt_fails_on_fails() {
    for lines in [
        "lxc.mount = /fstab\n",
        "lxc.mount.fstab =\n",
        "lxc.mount.entry = a b c\n",
        "lxc.mount.entry = tmpfs tmp tmpfs rw\n",
        "lxc.mount.entry = tmpfs tmp tmpfs size=50%\n",
        "lxc.network.link = br0\n",
        "lxc.net.x.type = veth\n",
        "lxc.net.0.type = veth\nlxc.net.0.mtu = 1500\n",
        "lxc.net.0.type = phys\n",
        "lxc.net.0.type = macvlan\n",
        "lxc.net.0.type = veth\nlxc.net.0.ipv4.address = 10.0.0.1\n",
        "lxc.net.0.type = veth\nlxc.net.0.ipv4.address = ::1/64\n",
        "lxc.net.0.type = veth\nlxc.net.0.ipv4.gateway = auto\n",
        "lxc.tty = 1x\n",
        "lxc.idmap = both 0 1 2\n",
        "lxc.cgroup.memory.limit_in_bytes = 5%\n",
        "lxc.cgroup.memory.limit_in_bytes = 0\n",
        "lxc.cgroup.cpu.shares = x\n",
        "lxc.cgroup.cpuset.cpus =\n",
        "lxc.cgroup.blkio.device_weight = 8:16\n",
        "lxc.cgroup.blkio.throttle.read_iops_device = 8:0 99999999999\n",
        "lxc.foo-bar = 1\n",
    ] {
        let error = libvirt(&format!("{BASE}{lines}")).unwrap_err();
        let kind = error.kind();
        assert!(
            matches!(kind, ErrorKind::InvalidConfig | ErrorKind::Unsupported),
            "{error}"
        );
        assert!(error.to_string().starts_with("key "), "{error}");
        // A complete reading keeps it.
        complete(lines);
    }
    assert!(libvirt("lxc.rootfs = /r\n").is_err());
    assert!(libvirt("lxc.utsname = n\n").is_err());
}

#[test]
fn a_complete_reading_has_liblxcs_meaning() {
    let domain = complete(
        "lxc.idmap = u 0 100000 65536\nlxc.net.0.type = veth\nlxc.net.0.flags = up\nlxc.net.0.veth.pair = p0\n\
         lxc.net.0.mtu = 1400\nlxc.init.cmd = /bin/sh -c 'a\nlxc.environment = A=b\nlxc.init.uid = 5\n\
         lxc.mount.entry = /a b none bind,ro,create=dir 0 0\nlxc.mount.entry = home x none bind,relative\n\
         lxc.cgroup2.memory.max = 1G\nlxc.cgroup2.memory.swap.max = 1G\nlxc.cgroup2.cpu.max = 50000 100000\n\
         lxc.cgroup2.cpu.weight = 100\nlxc.cap.keep = kill\nlxc.namespace.share.ipc = 42\nlxc.rootfs.options = ro\n\
         lxc.cgroup.dir = machine/n\n",
    );
    assert!(domain.metadata.is_none(), "{}", domain.to_xml());
    let text = domain.to_xml();
    for part in [
        "<uid start='0' target='100000' count='65536'/>",
        "<target dev='p0'/>",
        "<mtu size='1400'/>",
        "<initarg>-c</initarg>",
        "<initenv name='A'>b</initenv>",
        "<inituser>5</inituser>",
        "<filesystem type='bind' accessmode='passthrough'>",
        "<hard_limit unit='KiB'>1048576</hard_limit>",
        "<swap_hard_limit unit='KiB'>2097152</swap_hard_limit>",
        "<quota>50000</quota>",
        "<kill state='on'/>",
        "<lxc:shareipc type='pid' value='42'/>",
        "<partition>/machine</partition>",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn what_has_no_element_is_kept_in_order() {
    let lines = "lxc.include = /x\nlxc.apparmor.profile = unconfined\nlxc.hook.start = /a\nlxc.hook.start = /b\n\
                 lxc.cgroup2.pids.max = 5\nlxc.prlimit.nofile = 1\nlxc.start.auto = 1\nlxc.environment = TERM\n\
                 lxc.mount.entry = proc proc proc nodev 0 0\nlxc.mount.entry = /a proc/x none bind 0 0\n\
                 lxc.arch = vax\nlxc.rootfs.options = idmap=container\nlxc.foo = 1";
    assert_eq!(kept(lines), lines.split('\n').collect::<Vec<_>>());
    assert_eq!(
        kept("lxc.autodev = 1\nlxc.pty.max = 1024\n"),
        Vec::<String>::new()
    );
    assert_eq!(
        kept("lxc.autodev = 0\nlxc.arch = x86\nlxc.arch =\n"),
        ["lxc.autodev = 0"]
    );
    assert_eq!(
        kept("lxc.cap.drop = perfmon kill bpf\n"),
        ["lxc.cap.drop = perfmon bpf"]
    );
}

#[test]
fn interfaces_without_an_element_are_kept_behind_the_others() {
    let lines = "lxc.net.0.type = vlan\nlxc.net.0.link = e\nlxc.net.0.vlan.id = 2\nlxc.net.1.type = phys\nlxc.net.1.link = e1\n\
                 lxc.net.1.flags = up\nlxc.net.1.name = x\nlxc.net.3.type = veth\nlxc.net.3.script.up = /s\n\
                 lxc.net.3.hwaddr = 00:16:3e:xx:xx:xx\nlxc.net.3.ipv4.address = 10.0.0.1\nlxc.net.3.ipv4.gateway = auto\n";
    let expected = [
        "lxc.net.2.type = vlan",
        "lxc.net.2.link = e",
        "lxc.net.2.vlan.id = 2",
        "lxc.net.1.name = x",
        "lxc.net.0.script.up = /s",
        "lxc.net.0.hwaddr = 00:16:3e:xx:xx:xx",
        "lxc.net.0.ipv4.address = 10.0.0.1",
        "lxc.net.0.ipv4.gateway = auto",
    ];
    assert_eq!(kept(lines), expected);
    let is_private = |lines: &str| complete(lines).features.is_some_and(|features| features.privnet);
    assert!(is_private("lxc.net.0.type = empty\n") && is_private(""));
    assert!(!is_private("lxc.net.0.type = none\n"));
}

#[test]
fn the_layout_says_which_generation_counts() {
    let lines = format!("{BASE}lxc.cgroup.cpu.shares = 512\nlxc.cgroup2.cpu.weight = 100\n");
    let shares = |layout: CgroupLayout| {
        let options = FromNative::complete().with_layout(layout);
        let domain = from_native(&native(&lines), &options).unwrap();
        (
            domain.cputune.as_ref().and_then(|tune| tune.shares),
            settings(&domain).unwrap().len(),
        )
    };
    assert_eq!(shares(CgroupLayout::legacy()), (Some(512), 1));
    assert_eq!(shares(CgroupLayout::unified()), (Some(2598), 1));
}

#[test]
fn without_a_limit_memory_is_a_number() {
    let memory = virt_core::model::ByteSize::gib(4);
    let options = FromNative::complete().with_memory(memory).with_name("web");
    let domain = from_native(&native(BASE), &options).unwrap();
    assert_eq!(domain.name, "web");
    assert_eq!(domain.memory.as_ref().map(|one| one.size), Some(memory));
    assert_eq!(settings(&domain).unwrap().len(), 1, "the host name is another");
}
