use virt_core::ErrorKind;
use virt_core::model::domain::devices::{ControllerType, DiskType};

use super::super::kept;
use super::*;

const HVM: &str = "name = \"a\"\nbuilder = \"hvm\"\n";

fn read_as(text: &str, options: &FromConfig) -> Result<DomainConfig> {
    from_config(&XenConfig::parse(text).unwrap(), options)
}

fn xml(text: &str) -> String {
    read_as(text, &FromConfig::libvirt()).unwrap().to_xml()
}

#[test]
fn a_file_that_says_next_to_nothing_is_a_guest() {
    let text = xml("name = \"a\"");
    for part in [
        "<domain type='xen'>",
        "<memory unit='KiB'>131072</memory>",
        "<vcpu placement='static'>1</vcpu>",
        "<type arch='x86_64' machine='xenpv'>linux</type>",
        "<clock offset='utc' adjustment='reset'/>",
        "<on_crash>restart</on_crash>",
        "<target type='xen' port='0'/>",
        "<memballoon model='xen'/>",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("<boot "), "{text}");
}

#[test]
fn what_libvirt_fails_on_fails_by_its_key() {
    for (text, key, kind) in [
        ("memory = 5", "name", ErrorKind::InvalidConfig),
        ("name = 5", "name", ErrorKind::InvalidConfig),
        ("name = \"a\"\ntype = \"x\"", "type", ErrorKind::Unsupported),
        ("name = \"a\"\nuuid = \"x\"", "uuid", ErrorKind::InvalidConfig),
        ("name = \"a\"\nmemory = \"x\"", "memory", ErrorKind::InvalidConfig),
        ("name = \"a\"\nmemory = -5", "memory", ErrorKind::InvalidConfig),
        (
            "name = \"a\"\nmaxmem = 9999999999999",
            "maxmem",
            ErrorKind::InvalidConfig,
        ),
        ("name = \"a\"\nvcpus = 0", "vcpus", ErrorKind::InvalidConfig),
        (
            "name = \"a\"\nvcpus = 4\nmaxvcpus = 2",
            "maxvcpus",
            ErrorKind::InvalidConfig,
        ),
        ("name = \"a\"\ncpus = \"x\"", "cpus", ErrorKind::InvalidConfig),
        (
            "name = \"a\"\non_crash = \"soft-reset\"",
            "on_crash",
            ErrorKind::InvalidConfig,
        ),
        (
            "name = \"a\"\npassthrough = \"x\"",
            "passthrough",
            ErrorKind::InvalidConfig,
        ),
        ("name = \"a\"\ndisk = [ \"x\" ]", "disk", ErrorKind::InvalidConfig),
        (
            "name = \"a\"\ndisk = [ \"/a,vmdk,xvda,w\" ]",
            "disk",
            ErrorKind::Unsupported,
        ),
        (
            "name = \"a\"\nvif = [ \"mac=x\" ]",
            "vif",
            ErrorKind::InvalidConfig,
        ),
        ("name = \"a\"\nvif = [ \"x\" ]", "vif", ErrorKind::InvalidConfig),
        (
            "name = \"a\"\nvif = [ \"rate=x\" ]",
            "vif",
            ErrorKind::InvalidConfig,
        ),
        (
            "name = \"a\"\nvif = [ \"ip=x\" ]",
            "vif",
            ErrorKind::InvalidConfig,
        ),
        (
            "name = \"a\"\nvif = [ \"bridge=a.x\" ]",
            "vif",
            ErrorKind::InvalidConfig,
        ),
        ("name = \"a\"\npci = [ \"x\" ]", "pci", ErrorKind::InvalidConfig),
        (
            "name = \"a\"\npci = [ \"00:ff.9\" ]",
            "pci",
            ErrorKind::InvalidConfig,
        ),
        (
            "name = \"a\"\nchannel = [ \"connection=x,name=y\" ]",
            "channel",
            ErrorKind::Unsupported,
        ),
        (
            "name = \"a\"\ncpuid = \"0:eax=1\"",
            "cpuid",
            ErrorKind::InvalidConfig,
        ),
        (
            "name = \"a\"\nvnuma = [ [ \"pnode=0\" ] ]",
            "vnuma",
            ErrorKind::InvalidConfig,
        ),
    ] {
        let error = read_as(text, &FromConfig::libvirt()).unwrap_err();
        assert_eq!(error.kind(), kind, "{text}: {error}");
        assert!(error.to_string().contains(key), "{text}: {error}");
    }
    for (more, key) in [
        ("serial = \"x\"", "serial"),
        ("soundhw = \"x\"", "soundhw"),
        ("spice = 1", "spicepasswd"),
        ("rtc_timeoffset = \"x\"", "rtc_timeoffset"),
        ("usbdevice = [ 1 ]", "usbdevice"),
    ] {
        let error = read_as(&format!("{HVM}{more}"), &FromConfig::libvirt()).unwrap_err();
        assert!(error.to_string().contains(key), "{more}: {error}");
        assert!(
            read_as(&format!("{HVM}{more}"), &FromConfig::complete()).is_ok(),
            "{more}"
        );
    }
}

#[test]
fn disks_are_of_what_they_are_served_by() {
    let text = "name = \"a\"\ndisk = [ \"phy:/dev/a,raw,xvda,w\", \"target=rbd:p/i:auth_supported=none:mon_host=h1\\\\:6321\\\\;h2\" ]\n";
    let text = text.replace("\"target=", "\"vdev=xvdb,target=");
    let domain = read_as(&text, &FromConfig::libvirt()).unwrap();
    let disks = &domain.devices.as_ref().unwrap().disks;
    // Where nothing is said, the device model serves it.
    assert_eq!(disks[0].kind, Some(DiskType::File));
    let source = disks[1].source.as_ref().unwrap();
    assert_eq!(disks[1].kind, Some(DiskType::Network));
    assert_eq!(source.name.as_deref(), Some("p/i"));
    let hosts: Vec<_> = source
        .hosts
        .iter()
        .map(|host| (host.name.as_deref(), host.port.as_deref()))
        .collect();
    assert_eq!(hosts, [(Some("h1"), Some("6321")), (Some("h2"), None)]);
}

#[test]
fn a_complete_reading_keeps_what_has_no_element() {
    let text = "name = \"a\"\nnomigrate = 1\non_crash = \"soft-reset\"\nlocaltime = 0\nmaxmem = 512\nvif = [ \
                \"bridge=br0,trusted=1\", \"nonsense\" ]\n";
    let domain = read_as(text, &FromConfig::complete()).unwrap();
    let kept = kept(&domain).unwrap().unwrap();
    let setting = |key: &str| kept.settings.iter().find(|setting| setting.key == key).unwrap();
    assert_eq!(setting("nomigrate").value.as_deref(), Some("1"));
    assert_eq!(setting("on_crash").instead_of.as_deref(), Some("\"restart\""));
    assert_eq!(setting("memory").value, None);
    assert_eq!(setting("memory").instead_of.as_deref(), Some("128"));
    assert!(!kept.settings.iter().any(|setting| setting.key == "localtime"));
    assert_eq!(kept.entries.len(), 2);
    assert_eq!(
        kept.entries[0].instead_of.as_deref(),
        Some("bridge=br0,script=vif-bridge")
    );
    assert_eq!(kept.entries[1].instead_of, None);
}

#[test]
fn controllers_have_numbers() {
    let text =
        format!("{HVM}usbctrl = [ \"version=1\", \"type=qusb,version=2,ports=4\" ]\nmax_grant_frames = 64\n");
    let domain = read_as(&text, &FromConfig::libvirt()).unwrap();
    let controllers = &domain.devices.as_ref().unwrap().controllers;
    let all: Vec<_> = controllers
        .iter()
        .map(|one| (one.kind.clone().unwrap(), one.index.unwrap()))
        .collect();
    let usb = ControllerType::Usb;
    assert_eq!(all, [(ControllerType::Xenbus, 0), (usb.clone(), 0), (usb, 1)]);
    assert_eq!(controllers[0].max_grant_frames, Some(64));
    assert_eq!(controllers[1].model.as_deref(), Some("qusb1"));
}

#[test]
fn large_files_are_read_in_their_own_time() {
    use std::fmt::Write;

    let mut text = "name = \"a\"\n".to_owned();
    for number in 0..20_000 {
        writeln!(text, "key{number} = {number}").unwrap();
        text.push_str("extra += \"x\"\n");
    }
    let nodes = |count: usize| format!("vnuma = [ {} ]\n", "[ ], ".repeat(count));
    text.push_str(&nodes(20_000));
    let entries = "\"nonsense\", ".repeat(20_000);
    for key in ["disk", "vif", "pci", "channel"] {
        writeln!(text, "{key} = [ {entries} ]").unwrap();
    }
    let config = XenConfig::parse(&text).unwrap();
    let domain = from_config(&config, &FromConfig::complete()).unwrap();
    let again = super::super::to_config(&domain, &super::super::ToConfig::xl()).unwrap();
    let (theirs, ours) = (config.values(), again.values());
    assert!(theirs.iter().all(|(key, value)| ours.get(key) == Some(value)));
}

#[test]
fn what_is_read_is_a_document_and_comes_back() {
    for more in [
        "usbdev = [ \"hostbus=1,hostaddr=6\", \"hostbus=1,hostaddr=1f\" ]",
        "usbctrl = [ \"type=qusb,version=1,ports=6\" ]\nusbdev = [ \"hostbus=1,hostaddr=6\" ]",
        "channel = [ \"connection=pty,name=org.a.b\", \"connection=socket,path=/run/a,name=c\" ]",
        "vif = [ \"mac=00:16:3e:66:92:9c,bridge=br0:42:43:44,script=vif-openvswitch,model=e1000\" ]",
        "vif = [ \"mac=00:16:3e:66:92:9c,bridge=br0,script=vif-bridge,model=e1000,vifname=testvif\" ]",
        "spice = 1\nspicedisable_ticketing = 1\nspiceagent_mouse = 1\nspicevdagent = 1\nspice_clipboard_sharing = 1",
        "disk = [ \"format=raw,vdev=hda,access=rw,backendtype=qdisk,\
         target=rbd:p/i:auth_supported=none:mon_host=m1\\\\:6321\\\\;m2\\\\:6322\" ]",
        "disk = [ \"/dev/vg/a,raw,hda,rw\", \"/b,qcow2,hdb,rw\", \"/c.iso,raw,hdc,devtype=cdrom\" ]",
        "disk = [ \"format=xvhd,vdev=sda,access=!,backendtype=tap,target=/a\" ]",
        "cpuid = \"host,tm=0,sse3=0\"\nnestedhvm = 1",
        "serial = [ \"none\", \"/dev/ttyS1\" ]",
        "serial = \"tcp:0.0.0.0:2445,server,nowait\"\nparallel = \"/dev/parport0\"",
        "sdl = 1\ndisplay = \":0\"\nxauthority = \"/a\"",
        "vnc = 1\nvncunused = 0\nvncdisplay = 17\nkeymap = \"ja\"",
        "passthrough = \"share_pt\"\nhap = 0\nviridian = 1\ntsc_mode = \"always_emulate\"",
        "max_event_channels = 2047\nmax_grant_frames = 64",
        "device_model_override = \"/usr/lib/xen/bin/qemu-dm\"\nvnc = 1",
    ] {
        for head in [HVM, "name = \"a\"\n"] {
            let config = XenConfig::parse(&format!("{head}{more}\n")).unwrap();
            let domain = from_config(&config, &FromConfig::libvirt()).unwrap();
            domain
                .validate()
                .unwrap_or_else(|error| panic!("{more}: {error}"));
            assert_eq!(domain.normalized().to_xml(), domain.to_xml(), "{more}");
            let written = super::super::to_config(&domain, &super::super::ToConfig::xl()).unwrap();
            let again = from_config(&written, &FromConfig::libvirt()).unwrap();
            assert_eq!(again.to_xml(), domain.to_xml(), "{more}");
        }
    }
}

#[test]
fn a_complete_reading_is_a_document() {
    for more in [
        "serial = \"tcp::2445,server,nowait\"",
        "serial = \"tcp::2445\"",
        "parallel = \"udp::1@:2\"",
    ] {
        let domain = read_as(&format!("{HVM}{more}\n"), &FromConfig::complete()).unwrap();
        domain
            .validate()
            .unwrap_or_else(|error| panic!("{more}: {error}"));
        let written = super::super::to_config(&domain, &super::super::ToConfig::xl()).unwrap();
        assert!(written.to_string().contains(more), "{written}");
    }
}

#[test]
fn what_no_file_is_written_of_is_kept() {
    let ports = vec!["'pty'"; 300].join(", ");
    let nodes: Vec<String> = (0..1025)
        .map(|number| format!("[ 'pnode={number}', 'size=1', 'vcpus={number}' ]"))
        .collect();
    for more in [
        format!("serial = [ {ports} ]"),
        format!("vcpus = 1025\nvnuma = [ {} ]", nodes.join(", ")),
        "memory = 0".to_owned(),
        "soundhw = 'ich9'".to_owned(),
        "cpuid = 'host,=1'".to_owned(),
        "channel = [ 'connection=pty' ]".to_owned(),
        "disk = [ 'vdev=xvda,target=rbd:', 'vdev=xvdb,target=rbd:a\\\\:b/c' ]".to_owned(),
    ] {
        let config = XenConfig::parse(&format!("{HVM}{more}\n")).unwrap();
        let domain = from_config(&config, &FromConfig::complete()).unwrap();
        let written = super::super::to_config(&domain, &super::super::ToConfig::xl()).unwrap();
        for key in config.keys() {
            assert_eq!(written.get(key), config.get(key), "{key}");
        }
    }
}

#[test]
fn a_password_without_quotes_is_not_told() {
    let error = read_as(
        &format!("{HVM}vnc = 1\nvncpasswd = 73519\n"),
        &FromConfig::libvirt(),
    );
    let error = error.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("73519"), "{error}");
}
