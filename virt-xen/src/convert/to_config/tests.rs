use virt_core::ErrorKind;

use super::*;

fn domain(os: &str, inside: &str) -> DomainConfig {
    let text = format!(
        "<domain type='xen'><name>a</name><memory>1048576</memory><os><type>{os}</type></os>{inside}</domain>"
    );
    DomainConfig::from_xml(&text).unwrap()
}

fn written(os: &str, inside: &str) -> String {
    to_config(&domain(os, inside), &ToConfig::xl())
        .unwrap()
        .to_string()
}

#[test]
fn what_cannot_be_told_is_refused_by_name() {
    for (os, inside, element) in [
        ("hvm", "<iothreads>2</iothreads>", "iothreads"),
        ("hvm", "<cputune><shares>5</shares></cputune>", "cputune"),
        ("hvm", "<devices><tpm model='tpm-crb'/></devices>", "tpm"),
        ("hvm", "<devices><unheard-of/></devices>", "unheard-of"),
        ("hvm", "<cpu mode='host-model'/>", "cpu/@mode"),
        (
            "hvm",
            "<cpu mode='custom'><model>qemu64</model></cpu>",
            "cpu/model",
        ),
        ("hvm", "<clock offset='timezone' timezone='a'/>", "timezone"),
        ("hvm", "<clock offset='utc' adjustment='reset'/>", "adjustment"),
        ("hvm", "<clock offset='utc'><timer name='pit'/></clock>", "timer"),
        (
            "hvm",
            "<clock offset='utc'><timer name='tsc' present='no'/></clock>",
            "timer/@present",
        ),
        (
            "hvm",
            "<clock offset='utc'><timer name='tsc' mode='smpsafe'/></clock>",
            "timer/@mode",
        ),
        (
            "linux",
            "<devices><console type='file'><source path='/a'/></console></devices>",
            "console[1]/@type",
        ),
        (
            "hvm",
            "<devices><interface type='bridge'><source bridge='br0,script=/a'/></interface></devices>",
            "interface[1]",
        ),
        (
            "hvm",
            "<devices><interface type='bridge'><source bridge='br0'/><virtualport type='802.1Qbh'/></interface></devices>",
            "interface[1]/virtualport",
        ),
        ("linux", "<clock offset='variable' adjustment='5'/>", "offset"),
        (
            "linux",
            "<clock offset='utc'><timer name='hpet'/></clock>",
            "timer",
        ),
        ("hvm", "<on_crash>pause</on_crash>", "on_crash"),
        ("hvm", "<bootloader>b</bootloader>", "bootloader"),
        ("linux", "<features><viridian/></features>", "viridian"),
        (
            "hvm",
            "<features><hyperv><reset state='on'/></hyperv></features>",
            "hyperv/reset",
        ),
        ("hvm", "<features><kvm/></features>", "kvm"),
        (
            "hvm",
            "<devices><memballoon model='none'/></devices>",
            "memballoon",
        ),
        (
            "hvm",
            "<devices><input type='tablet' bus='virtio'/></devices>",
            "input",
        ),
        (
            "hvm",
            "<devices><graphics type='vnc'/><graphics type='sdl'/></devices>",
            "graphics",
        ),
        ("linux", "<devices><graphics type='spice'/></devices>", "graphics"),
        ("linux", "<devices><sound model='ac97'/></devices>", "sound"),
        ("hvm", "<devices><sound model='ich9'/></devices>", "sound"),
        ("linux", "<devices><serial type='pty'/></devices>", "serial"),
        ("hvm", "<devices><serial type='spicevmc'/></devices>", "serial"),
        (
            "hvm",
            "<devices><channel type='pty'><target type='virtio' name='a'/></channel></devices>",
            "channel",
        ),
        ("hvm", "<devices><interface type='user'/></devices>", "interface"),
        (
            "hvm",
            "<devices><interface type='network'><source network='n'/></interface></devices>",
            "network",
        ),
        (
            "hvm",
            "<devices><interface type='bridge'><source bridge='b'/><vlan><tag id='4'/></vlan></interface></devices>",
            "vlan",
        ),
        (
            "hvm",
            "<devices><controller type='usb' model='piix3-uhci'/></devices>",
            "controller",
        ),
        (
            "hvm",
            "<devices><hostdev mode='subsystem' type='scsi'><source/></hostdev></devices>",
            "hostdev",
        ),
        (
            "hvm",
            "<devices><disk device='floppy'><target dev='fda'/></disk></devices>",
            "disk[1]/@device",
        ),
        (
            "hvm",
            "<devices><disk><target dev='hda'/><transient/></disk></devices>",
            "transient",
        ),
        (
            "hvm",
            "<devices><disk type='volume'><source pool='p' volume='v'/><target dev='hda'/></disk></devices>",
            "source",
        ),
        (
            "hvm",
            "<devices><disk><driver name='qemu' cache='none'/><target dev='hda'/></disk></devices>",
            "cache",
        ),
        (
            "hvm",
            "<devices><disk><driver name='x'/><target dev='hda'/></disk></devices>",
            "driver",
        ),
        (
            "hvm",
            "<devices><disk><driver type='vmdk'/><target dev='hda'/></disk></devices>",
            "driver",
        ),
        ("linux", "<features><acpi/></features>", "acpi"),
        ("linux", "<features><hap state='off'/></features>", "hap"),
        ("linux", "<clock offset='utc' adjustment='5'/>", "adjustment"),
        ("hvm", "<vcpu placement='auto'>1</vcpu>", "placement"),
        (
            "hvm",
            "<devices><controller type='virtio-serial'/></devices>",
            "controller[1]/@type",
        ),
        (
            "hvm",
            "<devices><controller type='scsi' model='lsilogic'/></devices>",
            "controller[1]/@model",
        ),
        (
            "hvm",
            "<devices><disk><target dev='vda' bus='virtio'/></disk></devices>",
            "@bus",
        ),
        (
            "hvm",
            "<devices><video><model type='virtio'/></video></devices>",
            "video",
        ),
        (
            "linux",
            "<devices><video><model type='qxl'/></video></devices>",
            "video",
        ),
    ] {
        let error = to_config(&domain(os, inside), &ToConfig::xl()).unwrap_err();
        assert!(error.to_string().contains(element), "{inside}: {error}");
    }
    let other = DomainConfig::from_xml("<domain type='kvm'><name>a</name></domain>").unwrap();
    let error = to_config(&other, &ToConfig::xl()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
}

#[test]
fn what_only_xl_can_be_told_xm_is_not() {
    for (os, inside) in [
        ("xenpvh", ""),
        ("hvm", "<cpu mode='host-passthrough'/>"),
        ("hvm", "<features><hyperv><synic state='on'/></hyperv></features>"),
        (
            "hvm",
            "<devices><serial type='pty'/><serial type='pty'/></devices>",
        ),
        (
            "hvm",
            "<devices><input type='mouse' bus='usb'/><input type='tablet' bus='usb'/></devices>",
        ),
        (
            "hvm",
            "<devices><disk><driver type='qcow2'/><source file='/a'/><target dev='hda'/></disk></devices>",
        ),
        ("hvm", "<devices><graphics type='spice'/></devices>"),
        ("hvm", "<devices><video><model type='qxl'/></video></devices>"),
        (
            "hvm",
            "<devices><hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source></hostdev></devices>",
        ),
    ] {
        let domain = domain(os, inside);
        assert!(to_config(&domain, &ToConfig::xl()).is_ok(), "{inside}");
        let error = to_config(&domain, &ToConfig::xm()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{inside}: {error}");
    }
}

#[test]
fn more_is_written_than_libvirt_does() {
    let text = written(
        "hvm",
        "<features><hyperv mode='custom'><synic state='on'/></hyperv></features><devices><disk><driver name='qemu' \
         discard='unmap'/><source file='/a'/><backenddomain name='stub'/><target dev='hda'/></disk><interface \
         type='network'><mac address='00:16:3e:00:00:01'/><source network='n'/></interface></devices>"
            .replace("type='network'", "type='bridge'")
            .replace("network='n'", "bridge='b'")
            .as_str(),
    );
    for line in [
        "viridian = [ \"base\", \"time_ref_count\", \"reference_tsc\", \"crash_ctl\", \"synic\" ]\n",
        "disk = [ \"format=raw,vdev=hda,access=rw,backendtype=qdisk,backend=stub,discard,target=/a\" ]\n",
        "vif = [ \"mac=00:16:3e:00:00:01,bridge=b,script=vif-bridge\" ]\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn the_bridge_of_a_network_is_said_to_it() {
    let inside = "<devices><interface type='network'><mac address='00:16:3e:00:00:01'/><source \
                  network='n'/></interface></devices>";
    let options = ToConfig::xl().with_bridge("n", "virbr0");
    let text = to_config(&domain("linux", inside), &options).unwrap().to_string();
    assert!(
        text.contains("\"mac=00:16:3e:00:00:01,bridge=virbr0,script=vif-bridge\""),
        "{text}"
    );
}

#[test]
fn images_of_ceph_are_escaped_for_xl() {
    let text = written(
        "hvm",
        "<devices><disk type='network'><source protocol='rbd' name='p/i'><host name='h1' port='6321'/><host \
         name='::1'/></source><target dev='hda'/></disk></devices>",
    );
    let line = "target=rbd:p/i:auth_supported=none:mon_host=h1\\\\:6321\\\\;[\\\\:\\\\:1]\"";
    assert!(text.contains(line), "{text}");
}

#[test]
fn settings_that_are_kept_count_as_long_as_elements_say_the_same() {
    let kept = "<metadata><x:config xmlns:x='urn:virt-sdk:xen:1'><x:setting key='nomigrate' value='1'/><x:setting key='vcpus' \
                value='2' instead-of='1'/><x:setting key='memory' instead-of='77'/><x:entry key='pci' \
                text='00:01.0'/></x:config></metadata>";
    let text = written("linux", kept);
    for line in [
        "nomigrate = 1\n",
        "vcpus = 2\n",
        "memory = 1024\n",
        "pci = [ \"00:01.0\" ]\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let bad = kept.replace("'1'/><x:setting key='vcpus'", "'['/><x:setting key='vcpus'");
    assert!(to_config(&domain("linux", &bad), &ToConfig::xl()).is_err());
}

#[test]
fn what_is_other_than_usual_is_said() {
    for (inside, lines) in [
        (
            "<devices><graphics type='vnc'/><video><model type='vga' vram='32768'/></video></devices>",
            "vga = \"stdvga\"\nvideoram = 32\n",
        ),
        (
            "<devices><video><model type='qxl'/></video></devices>",
            "vga = \"qxl\"\n",
        ),
        (
            "<devices><hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='1' slot='0' \
             function='0'/></source></hostdev></devices>",
            "pci = [ \"0000:01:00.0,seize=1\" ]\n",
        ),
        (
            "<clock offset='utc' adjustment='5'/>",
            "rtc_timeoffset = 5\nlocaltime = 0\n",
        ),
    ] {
        let text = written("hvm", inside);
        assert!(text.contains(lines), "{lines}: {text}");
    }
    let text = written("hvm", "").replace("name = \"a\"", "");
    assert!(!text.contains("vga") && !text.contains("firmware"), "{text}");
    let mut other = domain("hvm", "");
    let mut loader = virt_core::model::domain::Loader::default();
    loader.path = Some("/a/loader".to_owned());
    other.os.as_mut().unwrap().loader = Some(loader);
    let text = to_config(&other, &ToConfig::xl()).unwrap().to_string();
    assert!(text.contains("firmware_override = \"/a/loader\"\n"), "{text}");
}
