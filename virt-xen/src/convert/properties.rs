//! What holds for every file and every domain.

use proptest::prelude::*;
use virt_core::model::DomainConfig;

use super::*;
use crate::config_file::{Syntax, Value, XenConfig};

/// Settings that are understood, half understood, and not at all.
const LINES: &[&str] = &[
    "builder = 'hvm'",
    "type = 'hvm'",
    "type = 'pvh'",
    "uuid = 'c7a5fdb2-cdaf-9455-926a-d65c16db1809'",
    "uuid = 'x'",
    "memory = 0x200",
    "memory = '512'",
    "memory = -1",
    "memory = 0",
    "maxmem = 0",
    "maxmem = 64",
    "vcpus = 4",
    "maxvcpus = 2",
    "cpus = '0-3,^2'",
    "cpus = [ 'a', 'b' ]",
    "cpus = 'all'",
    "on_crash = 'preserve'",
    "on_crash = 'soft-reset'",
    "pae = 0",
    "hap = 0",
    "viridian = 1",
    "viridian = [ 'base', 'time_ref_count', 'reference_tsc', 'crash_ctl', 'stimer', 'freq' ]",
    "viridian = [ 'all' ]",
    "tsc_mode = 'native'",
    "tsc_mode = 'x'",
    "hpet = 1",
    "e820_host = 1",
    "passthrough = 'sync_pt'",
    "passthrough = 'disabled'",
    "localtime = 1",
    "rtc_timeoffset = -3600",
    "device_model_override = '/usr/lib/qemu'",
    "vnc = 1",
    "vncunused = 0",
    "vncdisplay = 7",
    "vncdisplay = 99999999999",
    "vncpasswd = 'a,b'",
    "sdl = 1",
    "spice = 1",
    "spicepasswd = 'x'",
    "spiceport = 6000",
    "spiceagent_mouse = 1",
    "vfb = [ 'type=vnc,vncunused=1', 'type=sdl' ]",
    "vfb = [ 'type=sdl,display=:0' ]",
    "vfb = [ 'type=vnc,vncdisplay=-5' ]",
    "parallel = 'tcp:a:1'",
    "serial = 'pty'",
    "serial = [ 'pty', 'none', 'udp:a:1@b:2' ]",
    "serial = 'x'",
    "soundhw = 'all'",
    "soundhw = 'hda'",
    "soundhw = 'ich9'",
    "bios = 'ovmf'",
    "bios = 'seabios'",
    "bios_path_override = '/a'",
    "acpi_firmware = '/t'",
    "kernel = '/k'",
    "ramdisk = '/r'",
    "root = '/dev/a'",
    "extra = 'quiet \"x\"'",
    "cmdline = 'a\\\\b'",
    "bootloader = 'pygrub'",
    "bootargs = '-q'",
    "boot = 'dcnax'",
    "boot = ''",
    "nestedhvm = 1",
    "nestedhvm = 0",
    "cpuid = 'host,tm=0,sse3=1,x=k'",
    "cpuid = [ '1:ecx=x' ]",
    "cpuid = 'host,=1'",
    "vnuma = [ [ 'pnode=0', 'size=100', 'vcpus=0', 'vdistances=10' ] ]",
    "vnuma = [ [ 'pnode=1' ] ]",
    "vga = 'stdvga'",
    "vga = 'qxl'",
    "vga = 'none'",
    "vga = 'x'",
    "videoram = 8",
    "videoram = 64",
    "videoram = 9999999999",
    "keymap = 'de'",
    "firmware_override = '/a/loader'",
    "firmware_override = '/a/hvmloader'",
    "max_event_channels = 100",
    "max_grant_frames = 'x'",
    "usb = 1",
    "usbdevice = 'tablet'",
    "usbdevice = [ 'mouse', 'host:1:2' ]",
    "device_model_args = [ '-a', 'b' ]",
    "nomigrate = 1",
    "bogus = [ 1, [ 'x' ] ]",
    "name = 'b'",
    "extra += ' more'",
];

/// Lists of devices, with what they may say.
const LISTS: &[(&str, &[&str])] = &[
    (
        "disk",
        &[
            "/dev/a,raw,xvda,w",
            "phy:/dev/a,hda,w",
            "file:/a.iso,hdc:cdrom,r",
            "format=qcow2,vdev=sda,access=!,backendtype=qdisk,target=/b",
            "vdev=hdc,cdrom",
            "vdev=xvdb,script=block-x,target=/c",
            "backend=stub,discard,/d,vhd,xvdc,rw",
            "vdev=xvdd,target=rbd:p/i:mon_host=a\\:1\\;b:conf=/c",
            "vdev=xvdd,target=rbd:p\\:q/i",
            "vdev=xvdd,target=rbd:",
            ",,w",
            "tap2:aio:/e,xvde,w",
            "nonsense",
            "",
        ],
    ),
    (
        "vif",
        &[
            "mac=00:16:3e:00:00:01,bridge=br0",
            "bridge=br0.4,type=vif,rate=10Mb/s",
            "bridge=br0:4:5,model=e1000,vifname=v",
            "ip=10.0.0.1 ::1,script=x",
            "type=netfront",
            "backend=stub",
            "script=vif-bridge",
            "mac=x",
            "",
            "x",
        ],
    ),
    (
        "pci",
        &[
            "00:1b.0",
            "0001:01:00.1,permissive=1",
            "01:00.0,permissive=0,msitranslate=1",
            "01:00.0,seize=1",
            "02:00.0,seize=0",
            "x",
        ],
    ),
    (
        "usbdev",
        &["hostbus=1,hostaddr=1a", "type=hostdev,hostbus=1,hostaddr=2", "x"],
    ),
    (
        "usbctrl",
        &[
            "type=qusb,version=1,ports=a",
            "version=3",
            "type=devicemodel",
            "x",
        ],
    ),
    (
        "channel",
        &[
            "connection=pty,name=a",
            "name=b,connection=socket,path=/p",
            "connection=x,name=c",
            "connection=pty",
            "x",
        ],
    ),
];

fn line() -> impl Strategy<Value = String> {
    let list = prop::sample::select(LISTS).prop_flat_map(|(key, entries)| {
        let entries = prop::collection::vec(prop::sample::select(entries), 0..4);
        (entries, any::<bool>()).prop_map(move |(entries, is_added)| {
            let value = Value::texts(entries);
            format!("{key} {} {value}", if is_added { "+=" } else { "=" })
        })
    });
    prop_oneof![
        4 => prop::sample::select(LINES).prop_map(ToOwned::to_owned),
        2 => list,
        1 => "[a-z]{1,6} = ('[a-z ,=]{0,8}'|[0-9]{1,3})",
    ]
}

/// A file, if it is one: what is added to something of another kind is none.
fn config() -> impl Strategy<Value = XenConfig> {
    let syntax = prop_oneof![3 => Just(Syntax::Xl), 1 => Just(Syntax::Xm)];
    (prop::collection::vec(line(), 0..14), syntax).prop_filter_map("no file", |(lines, syntax)| {
        let text = format!("name = 'a'\n{}\n", lines.join("\n"));
        XenConfig::parse_as(&text, syntax).ok()
    })
}

/// The value, with the strings of lists of devices in one order: what has no device comes last.
fn ordered(config: &XenConfig, key: &str) -> Option<Value> {
    let mut value = config.get(key);
    if let Some(Value::List(list)) = &mut value
        && LISTS.iter().any(|(known, _)| *known == key)
    {
        list.sort_by_key(ToString::to_string);
    }
    value
}

fn to(config: &XenConfig) -> ToConfig {
    let mut to = ToConfig::xl();
    to.syntax = config.syntax();
    to
}

/// Whether it is of a guest a complete reading takes.
fn is_known(config: &XenConfig) -> bool {
    let name = config.get("name");
    name.is_some_and(|name| name.as_text().is_some_and(|name| !name.is_empty()))
        && !matches!(config.get("type"), Some(value) if !matches!(value.as_text(), Some("hvm" | "pv" | "pvh") | None))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    #[test]
    fn a_complete_reading_comes_back(config in config()) {
        prop_assume!(is_known(&config));
        // xm has no guests of that kind, and so no file is written of one.
        let is_pvh = config.get("type") == Some("pvh".into());
        prop_assume!(config.syntax() == Syntax::Xl || !is_pvh);
        let domain = from_config(&config, &FromConfig::complete()).unwrap();
        let domain = DomainConfig::from_xml(&domain.to_xml()).unwrap();
        let again = to_config(&domain, &to(&config)).unwrap();
        for key in config.keys().into_iter().chain(again.keys()) {
            prop_assert_eq!(ordered(&again, key), ordered(&config, key), "{}", key);
        }
        let updated = update(&config, &domain, &to(&config)).unwrap();
        prop_assert_eq!(updated.to_string(), config.to_string());
    }

    #[test]
    fn a_reading_by_libvirt_is_a_domain_or_refused(config in config()) {
        if let Ok(domain) = from_config(&config, &FromConfig::libvirt()) {
            let again = DomainConfig::from_xml(&domain.to_xml()).unwrap();
            let _told = to_libxl(&again, &ToLibxl::new());
            if let Ok(written) = to_config(&again, &to(&config)) {
                let back = from_config(&written, &FromConfig::libvirt()).unwrap();
                // The script of bridges is said where none was.
                prop_assert_eq!(to_config(&back, &to(&config)).unwrap().to_string(), written.to_string());
            }
        }
    }

    #[test]
    fn any_text_is_converted_or_refused(text in "(name|disk|vif|pci|cpuid|vnuma|serial|type) = [\\[\\]\"',=:a-z0-9 .]{0,40}") {
        if let Ok(config) = XenConfig::parse(&format!("name = 'a'\n{text}")) {
            let _libvirt = from_config(&config, &FromConfig::libvirt());
            let _complete = from_config(&config, &FromConfig::complete());
        }
    }
}
