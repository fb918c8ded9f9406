//! What the elements of a domain are for LXC, and what is refused.

use virt_core::ErrorKind;

use super::super::options::DeviceNumber;
use super::*;
use crate::cgroup::CgroupLayout;

/// A domain with these elements, and these devices beside a root.
fn domain(elements: &str, devices: &str) -> DomainConfig {
    let root = "<filesystem><source dir='/r'/><target dir='/'/></filesystem>";
    let root = if devices.contains("<target dir='/'/>") || devices.contains("no root") {
        ""
    } else {
        root
    };
    let text = format!(
        "<domain type='lxc' xmlns:lxc='http://libvirt.org/schemas/domain/lxc/1.0'><name>n</name>{elements}<devices>{root}\
         {devices}</devices></domain>"
    );
    DomainConfig::from_xml(&text).unwrap()
}

fn context(layout: CgroupLayout) -> ToNative {
    let number = |major, minor, block| DeviceNumber { major, minor, block };
    ToNative::new(layout)
        .with_device("/dev/net/tun", number(10, 200, false))
        .with_device("/dev/sdb", number(8, 16, true))
        .with_device("/dev/bus/usb/003/007", number(189, 262, false))
        .with_file("/etc/resolv.conf")
        .with_filesystem_type("/dev/vg/x", "ext4")
}

/// The lines beside those every container has.
fn lines_in(layout: CgroupLayout, elements: &str, devices: &str) -> Vec<String> {
    let config = to_native(&domain(elements, devices), &context(layout)).unwrap();
    let usual = [
        "lxc.uts.name = n",
        "lxc.rootfs.path = dir:/r",
        "lxc.net.0.type = none",
        "lxc.cap.drop = audit_control mac_admin mknod sys_module sys_time",
    ];
    let defaults: Vec<String> = defaults::groups()
        .into_iter()
        .flatten()
        .map(|setting| format!("{} = {}", setting.key, setting.value))
        .collect();
    config
        .to_string()
        .lines()
        .filter(|line| !usual.contains(line) && !defaults.iter().any(|default| default == line))
        .map(ToOwned::to_owned)
        .collect()
}

fn lines(elements: &str, devices: &str) -> Vec<String> {
    lines_in(CgroupLayout::legacy(), elements, devices)
}

fn refusal(elements: &str, devices: &str) -> virt_core::Error {
    to_native(&domain(elements, devices), &context(CgroupLayout::legacy())).unwrap_err()
}

#[test]
fn a_container_without_anything_has_libvirts_defaults() {
    let config = to_native(&domain("", ""), &ToNative::new(CgroupLayout::unified())).unwrap();
    let text = config.to_string();
    assert!(
        text.starts_with("lxc.uts.name = n\nlxc.rootfs.path = dir:/r\nlxc.net.0.type = none\n"),
        "{text}"
    );
    for line in [
        "lxc.cap.drop = audit_control mac_admin mknod sys_module sys_time\n",
        "lxc.autodev = 1\n",
        "lxc.mount.auto = proc:mixed sys:ro cgroup:mixed\n",
        "lxc.cgroup2.devices.deny = a\nlxc.cgroup2.devices.allow = c 1:3 rwm\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let without = to_native(&domain("", ""), &ToNative::default()).unwrap();
    assert!(!without.to_string().contains("devices"));
}

#[test]
fn file_systems_are_roots_and_mounts() {
    for (devices, expected) in [
        (
            "<filesystem type='file'><source file='/i'/><target dir='/'/><readonly/></filesystem>",
            vec!["lxc.rootfs.path = loop:/i", "lxc.rootfs.options = ro"],
        ),
        (
            "<filesystem type='block'><source dev='/dev/x'/><target dir='/'/></filesystem>",
            vec!["lxc.rootfs.path = /dev/x"],
        ),
        (
            "<filesystem><source dir='/a b'/><target dir='/c d'/><readonly/></filesystem>\
             <filesystem type='mount'><source dir='/etc/resolv.conf'/><target dir='/etc/resolv.conf'/></filesystem>",
            vec![
                "lxc.mount.entry = /a\\040b c\\040d none bind,create=dir,ro 0 0",
                "lxc.mount.entry = /etc/resolv.conf etc/resolv.conf none bind,create=file 0 0",
            ],
        ),
        (
            "<filesystem type='ram'><source usage='8' units='MiB'/><target dir='/run'/></filesystem>\
             <filesystem type='bind'><source dir='/home'/><target dir='/x'/></filesystem>\
             <filesystem type='block'><source dev='/dev/vg/x'/><target dir='/y'/></filesystem>",
            vec![
                "lxc.mount.entry = tmpfs run tmpfs size=8388608,create=dir 0 0",
                "lxc.mount.entry = home x none bind,relative,create=dir 0 0",
                "lxc.mount.entry = /dev/vg/x y ext4 create=dir 0 0",
            ],
        ),
    ] {
        assert_eq!(lines("", devices), expected, "{devices}");
    }
}

#[test]
fn the_first_process_is_told_in_full() {
    let elements = "<os><type arch='x86_64'>exe</type><init>/bin/sh</init><initarg>-c</initarg><initarg>it's</initarg>\
                    <initenv name='A'>1</initenv><initdir>/tmp</initdir><inituser>5</inituser><initgroup>+6</initgroup></os>";
    assert_eq!(
        lines(elements, ""),
        [
            "lxc.arch = x86_64",
            "lxc.init.cmd = /bin/sh -c it's",
            "lxc.environment = A=1",
            "lxc.init.cwd = /tmp",
            "lxc.init.uid = 5",
            "lxc.init.gid = 6",
        ]
    );
}

#[test]
fn interfaces_are_numbered_in_order() {
    let devices = "<interface type='bridge'><mac address='02:00:00:00:00:01'/><source bridge='br0'/>\
                   <ip address='10.0.0.2' family='ipv4' prefix='24'/><route family='ipv4' address='0.0.0.0' gateway='10.0.0.1'/>\
                   <target dev='p0'/><guest dev='eth0'/><mtu size='1400'/></interface>\
                   <hostdev mode='capabilities' type='net'><source><interface>eth1</interface></source>\
                   <ip address='fe80::1' family='ipv6'/></hostdev>\
                   <interface type='direct'><source dev='e' mode='passthrough'/><link state='down'/></interface>\
                   <interface type='ethernet'/>";
    let expected = "lxc.net.0.type = veth|lxc.net.0.link = br0|lxc.net.0.flags = up|lxc.net.0.hwaddr = 02:00:00:00:00:01|\
                    lxc.net.0.name = eth0|lxc.net.0.veth.pair = p0|lxc.net.0.mtu = 1400|lxc.net.0.ipv4.address = 10.0.0.2/24|\
                    lxc.net.0.ipv4.gateway = 10.0.0.1|lxc.net.1.type = macvlan|lxc.net.1.link = e|\
                    lxc.net.1.macvlan.mode = passthru|lxc.net.2.type = veth|lxc.net.2.flags = up|lxc.net.3.type = phys|\
                    lxc.net.3.link = eth1|lxc.net.3.flags = up|lxc.net.3.ipv6.address = fe80::1/64";
    assert_eq!(lines("", devices), expected.split('|').collect::<Vec<_>>());
    let private = lines("<features><privnet/></features>", "");
    assert_eq!(private, ["lxc.net.0.type = empty"]);
    let shared = "<lxc:namespace><lxc:sharenet type='netns' value='red'/><lxc:shareipc type='pid' value='12'/>\
                  <lxc:shareuts type='name' value='c1'/></lxc:namespace>";
    assert_eq!(
        lines(shared, ""),
        [
            "lxc.namespace.share.net = /var/run/netns/red",
            "lxc.namespace.share.ipc = 12",
            "lxc.namespace.share.uts = c1",
        ]
    );
}

#[test]
fn limits_are_written_for_the_hierarchy_that_has_the_controller() {
    let elements = "<memory unit='MiB'>64</memory><memtune><soft_limit unit='KiB'>1024</soft_limit>\
                    <swap_hard_limit unit='MiB'>128</swap_hard_limit></memtune>\
                    <vcpu placement='static' cpuset='1-2,5'>1</vcpu><cputune><shares>1024</shares><period>100000</period>\
                    <quota>50000</quota></cputune><numatune><memory mode='strict' nodeset='0'/></numatune>\
                    <blkiotune><weight>500</weight><device><path>/dev/sdb</path><weight>1000</weight>\
                    <read_bytes_sec>5</read_bytes_sec><write_iops_sec>6</write_iops_sec></device></blkiotune>";
    assert_eq!(
        lines(elements, ""),
        [
            "lxc.cgroup.memory.limit_in_bytes = 67108864",
            "lxc.cgroup.memory.soft_limit_in_bytes = 1048576",
            "lxc.cgroup.memory.memsw.limit_in_bytes = 134217728",
            "lxc.cgroup.cpu.shares = 1024",
            "lxc.cgroup.cpu.cfs_period_us = 100000",
            "lxc.cgroup.cpu.cfs_quota_us = 50000",
            "lxc.cgroup.cpuset.cpus = 1-2,5",
            "lxc.cgroup.cpuset.mems = 0",
            "lxc.cgroup.blkio.weight = 500",
            "lxc.cgroup.blkio.weight_device = 8:16 1000",
            "lxc.cgroup.blkio.throttle.read_bps_device = 8:16 5",
            "lxc.cgroup.blkio.throttle.write_iops_device = 8:16 6",
        ]
    );
    assert_eq!(
        lines_in(CgroupLayout::unified(), elements, ""),
        [
            "lxc.cgroup2.memory.max = 67108864",
            "lxc.cgroup2.memory.high = 1048576",
            "lxc.cgroup2.memory.swap.max = 67108864",
            "lxc.cgroup2.cpu.weight = 39",
            "lxc.cgroup2.cpu.max = 50000 100000",
            "lxc.cgroup2.cpuset.cpus = 1-2,5",
            "lxc.cgroup2.cpuset.mems = 0",
            "lxc.cgroup2.io.weight = 4950",
            "lxc.cgroup2.io.weight = 8:16 10000",
            "lxc.cgroup2.io.max = 8:16 rbps=5 wiops=6",
        ]
    );
    let memory = "<memory unit='MiB'>64</memory>";
    assert_eq!(
        lines_in(CgroupLayout::default(), memory, ""),
        Vec::<String>::new()
    );
    let none = format!("{memory}<memtune><hard_limit unit='KiB'>9007199254740991</hard_limit></memtune>");
    assert_eq!(lines(&none, ""), Vec::<String>::new());
}

#[test]
fn limits_without_a_controller_are_refused() {
    for (elements, word) in [
        ("<memtune><hard_limit>1024</hard_limit></memtune>", "memory"),
        ("<cputune><shares>5</shares></cputune>", "cpu"),
        ("<vcpu cpuset='1'>1</vcpu>", "cpuset"),
        ("<blkiotune><weight>500</weight></blkiotune>", "io"),
    ] {
        let error = to_native(&domain(elements, ""), &ToNative::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.message().contains(word), "{error}");
    }
}

#[test]
fn device_nodes_are_mounted_and_allowed() {
    let devices = "<hostdev mode='capabilities' type='misc'><source><char>/dev/net/tun</char></source></hostdev>\
                   <hostdev mode='capabilities' type='storage'><source><block>/dev/sdb</block></source><readonly/></hostdev>\
                   <hostdev mode='subsystem' type='usb'><source><address bus='3' device='7'/></source></hostdev>";
    assert_eq!(
        devices_needed(&domain("", devices)),
        ["/dev/net/tun", "/dev/sdb", "/dev/bus/usb/003/007"]
    );
    assert_eq!(
        lines("", devices),
        [
            "lxc.mount.entry = /dev/net/tun dev/net/tun none bind,create=file 0 0",
            "lxc.mount.entry = /dev/sdb dev/sdb none bind,create=file 0 0",
            "lxc.mount.entry = /dev/bus/usb/003/007 dev/bus/usb/003/007 none bind,create=file 0 0",
            "lxc.cgroup.devices.allow = c 10:200 rwm",
            "lxc.cgroup.devices.allow = b 8:16 r",
            "lxc.cgroup.devices.allow = c 189:262 rwm",
        ]
    );
    assert_eq!(
        block_sources(&domain(
            "",
            "<filesystem type='block'><source dev='/dev/y'/><target dir='/y'/></filesystem>"
        )),
        ["/dev/y"]
    );
    assert_eq!(mount_sources(&domain("", "")), ["/r"]);
}

#[test]
fn capabilities_follow_the_policy() {
    let with = |policy: &str, states: &str| {
        let elements =
            format!("<features><privnet/><capabilities policy='{policy}'>{states}</capabilities></features>");
        let config = to_native(&domain(&elements, ""), &context(CgroupLayout::legacy())).unwrap();
        let get = |key| config.get(key).map(ToOwned::to_owned);
        get("lxc.cap.drop").or_else(|| get("lxc.cap.keep").map(|kept| format!("keep {kept}")))
    };
    let states = "<mknod state='on'/><kill state='off'/>";
    let default = with("default", states);
    assert_eq!(
        default.as_deref(),
        Some("audit_control kill mac_admin sys_module sys_time")
    );
    assert_eq!(with("allow", states).as_deref(), Some("kill"));
    assert_eq!(with("allow", ""), None);
    assert_eq!(with("deny", states).as_deref(), Some("keep mknod"));
    assert_eq!(with("deny", "").as_deref(), Some("keep none"));
}

#[test]
fn other_things_have_keys_too() {
    let elements = "<resource><partition>/machine/x</partition></resource><idmap><uid start='0' target='1000' count='9'/>\
                    <gid start='0' target='2000' count='9'/></idmap>";
    let consoles = "<console type='pty'><target type='lxc' port='0'/></console><console type='pty'/>";
    assert_eq!(
        lines(elements, consoles),
        [
            "lxc.tty.max = 2",
            "lxc.cgroup.dir = machine/x/n",
            "lxc.idmap = u 0 1000 9",
            "lxc.idmap = g 0 2000 9",
        ]
    );
}

#[test]
fn what_is_kept_completes_and_does_not_contradict() {
    let kept = |settings: &str| {
        format!("<metadata><s:config xmlns:s='urn:virt-sdk:lxc:1'>{settings}</s:config></metadata>")
    };
    let setting = |key: &str, value: &str| format!("<s:setting key='{key}' value='{value}'/>");
    let good = kept(
        &[
            setting("lxc.apparmor.profile", "unconfined"),
            setting("lxc.include", "/x"),
            setting("lxc.autodev", "0"),
            setting("lxc.cgroup.devices.allow", "c 1:1 r"),
            setting("lxc.cap.drop", "bpf"),
            setting("lxc.uts.name", "n"),
        ]
        .concat(),
    );
    let config = to_native(&domain(&good, ""), &context(CgroupLayout::legacy())).unwrap();
    let text = config.to_string();
    assert!(text.starts_with("lxc.include = /x\n"), "{text}");
    assert!(text.contains("lxc.cgroup.devices.deny = a\n"), "{text}");
    assert_eq!(config.all("lxc.autodev"), ["0"]);
    assert_eq!(config.all("lxc.uts.name"), ["n"]);
    assert_eq!(config.all("lxc.cap.drop").len(), 2);
    for (key, value) in [
        ("lxc.uts.name", "m"),
        ("lxc.rootfs.path", "/x"),
        ("lxc.net.0.type", "veth"),
    ] {
        let elements = kept(&setting(key, value));
        let outcome = to_native(&domain(&elements, ""), &context(CgroupLayout::legacy()));
        if key == "lxc.net.0.type" {
            assert_eq!(
                outcome.unwrap().get(key),
                Some("veth"),
                "a network that is kept is none that is missing"
            );
        } else {
            let error = outcome.unwrap_err();
            assert!(error.to_string().contains(key), "{error}");
        }
    }
}

#[test]
fn what_lxc_has_no_means_for_is_refused_by_name() {
    use ErrorKind::{InvalidConfig, Unsupported};
    for (elements, devices, kind, name) in [
        ("", "<!-- no root -->", InvalidConfig, "filesystem"),
        (
            "",
            "<disk type='file'><target dev='vda'/></disk>",
            Unsupported,
            "disk",
        ),
        ("", "<graphics type='vnc'/>", Unsupported, "graphics"),
        ("", "<video/>", Unsupported, "video"),
        (
            "",
            "<interface type='network'><source network='default'/></interface>",
            Unsupported,
            "bridge",
        ),
        ("", "<interface type='user'/>", Unsupported, "interface"),
        ("", "<interface type='bridge'/>", InvalidConfig, "bridge"),
        (
            "",
            "<interface type='ethernet'><bandwidth/></interface>",
            Unsupported,
            "bandwidth",
        ),
        (
            "",
            "<interface type='ethernet'><filterref filter='x'/></interface>",
            Unsupported,
            "filterref",
        ),
        (
            "",
            "<interface type='ethernet'><virtualport type='openvswitch'/></interface>",
            Unsupported,
            "virtualport",
        ),
        (
            "",
            "<interface type='ethernet'><ip address='10.0.0.1' peer='10.0.0.2'/></interface>",
            Unsupported,
            "peer",
        ),
        (
            "",
            "<interface type='ethernet'><route address='10.0.0.0' prefix='8' gateway='10.0.0.2'/></interface>",
            Unsupported,
            "route",
        ),
        (
            "",
            "<filesystem type='file'><source file='/i'/><target dir='/x'/></filesystem>",
            Unsupported,
            "image",
        ),
        (
            "",
            "<filesystem type='block'><source dev='/dev/q'/><target dir='/x'/></filesystem>",
            Unsupported,
            "/dev/q",
        ),
        (
            "",
            "<filesystem><source dir='/i'/><target dir='/../x'/></filesystem>",
            InvalidConfig,
            "target",
        ),
        (
            "",
            "<filesystem accessmode='mapped'><source dir='/i'/><target dir='/x'/></filesystem>",
            Unsupported,
            "mapped",
        ),
        (
            "",
            "<hostdev mode='capabilities' type='misc'><source><char>/dev/q</char></source></hostdev>",
            Unsupported,
            "/dev/q",
        ),
        ("", "<hostdev mode='subsystem' type='pci'/>", Unsupported, "pci"),
        (
            "",
            "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/></source></hostdev>",
            Unsupported,
            "address",
        ),
        ("", "<console type='tcp'/>", Unsupported, "console"),
        (
            "<os><type>exe</type><init>/i</init><inituser>joe</inituser></os>",
            "",
            Unsupported,
            "inituser",
        ),
        (
            "<os><type>exe</type><init>/i</init><initarg>a b</initarg></os>",
            "",
            Unsupported,
            "initarg",
        ),
        ("<os><type>hvm</type></os>", "", InvalidConfig, "type"),
        (
            "<os><type>exe</type><kernel>/k</kernel></os>",
            "",
            Unsupported,
            "kernel",
        ),
        ("<os><type arch='cris'>exe</type></os>", "", Unsupported, "cris"),
        (
            "<cputune><vcpupin vcpu='0' cpuset='1'/></cputune>",
            "",
            Unsupported,
            "vcpupin",
        ),
        ("<cpu mode='host-model'/>", "", Unsupported, "cpu"),
        (
            "<seclabel type='dynamic' model='selinux'/>",
            "",
            Unsupported,
            "apparmor",
        ),
        (
            "<resource><partition>/a/../b</partition></resource>",
            "",
            InvalidConfig,
            "partition",
        ),
        (
            "<lxc:namespace><lxc:shareipc type='netns' value='x'/></lxc:namespace>",
            "",
            InvalidConfig,
            "shareipc",
        ),
        (
            "<memtune><min_guarantee>5</min_guarantee></memtune>",
            "",
            Unsupported,
            "min_guarantee",
        ),
    ] {
        let error = refusal(elements, devices);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(name), "{name}: {error}");
    }
}
