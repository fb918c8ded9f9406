//! Properties of completing a configuration, on guests made at random.

#![expect(clippy::unwrap_used, reason = "how a test fails")]

use std::collections::BTreeSet;

use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::{collection, prop_assert, prop_assert_eq};
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Address, AddressType, Devices};
use virt_core::{ErrorKind, Subject};
use virt_qemu::command::command_line;
use virt_qemu::plan::{Abilities, MachineType, Resources, complete, live};

fn abilities() -> Abilities {
    let mut abilities = Abilities::default();
    abilities.emulator = "/usr/bin/qemu-system-x86_64".to_owned();
    abilities.arch = "x86_64".to_owned();
    abilities.version = (10, 0, 0);
    abilities.kvm = true;
    for (name, alias) in [("pc-i440fx-10.0", "pc"), ("pc-q35-10.0", "q35")] {
        let mut machine = MachineType::default();
        machine.name = name.to_owned();
        machine.alias = Some(alias.to_owned());
        machine.is_default = alias == "pc";
        machine.max_cpus = 255;
        machine.default_cpu = Some("qemu64".to_owned());
        machine.default_ram_id = Some("pc.ram".to_owned());
        machine.acpi = true;
        abilities.machines.push(machine);
    }
    let types = [
        "virtio-balloon-pci",
        "virtio-net-pci",
        "e1000",
        "e1000e",
        "rtl8139",
        "qemu-xhci",
        "piix3-usb-uhci",
        "pcie-pci-bridge",
        "i6300esb",
        "pvpanic",
        "pvpanic-pci",
        "ich9-usb-ehci1",
        "ich9-usb-uhci1",
    ];
    abilities.types = types.map(str::to_owned).into_iter().collect();
    abilities.gates.json_devices = true;
    abilities.gates.json_netdevs = true;
    abilities
}

/// A device, with a PCI address of its own or without.
#[derive(Debug, Clone)]
enum Piece {
    Disk(bool),
    Net(&'static str),
    Rng,
    Channel,
    Serial,
    RootPort(u8),
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        any::<bool>().prop_map(Piece::Disk),
        prop_oneof![Just("virtio"), Just("e1000"), Just("e1000e"), Just("rtl8139")].prop_map(Piece::Net),
        Just(Piece::Rng),
        Just(Piece::Channel),
        Just(Piece::Serial),
        (1..31_u8).prop_map(Piece::RootPort),
    ]
}

fn guest(machine: &str, pieces: &[Piece], fixed: &[u8]) -> DomainConfig {
    let mut devices = String::new();
    let mut fixed = fixed.iter();
    let mut address = || {
        fixed.next().map_or_else(String::new, |slot| {
            format!("<address type='pci' domain='0' bus='0' slot='{slot}' function='0'/>")
        })
    };
    let (mut disks, mut serials) = (0_u8, 0);
    for piece in pieces {
        match piece {
            Piece::Disk(sata) if disks < 24 => {
                let letter = char::from(b'a' + disks);
                disks += 1;
                let (target, place) = match (sata, machine) {
                    (false, _) => (format!("dev='vd{letter}'"), address()),
                    (true, _) => (format!("dev='sd{letter}' bus='sata'"), String::new()),
                };
                devices += &format!("<disk><source file='/d/{letter}'/><target {target}/>{place}</disk>");
            }
            Piece::Net(model) => {
                devices += &format!(
                    "<interface type='user'><model type='{model}'/>{}</interface>",
                    address()
                )
            }
            Piece::Rng => {
                devices += &format!("<rng model='virtio'><backend model='random'/>{}</rng>", address())
            }
            Piece::Channel => devices += "<channel type='unix'><target type='virtio'/></channel>",
            Piece::Serial if serials < 4 => {
                serials += 1;
                devices += "<serial type='pty'/>";
            }
            Piece::RootPort(index) if machine == "q35" && !devices.contains(&format!("index='{index}'")) => {
                devices += &format!("<controller type='pci' model='pcie-root-port' index='{index}'/>");
            }
            _ => {}
        }
    }
    let text = format!(
        "<domain type='qemu'><name>g</name><memory>65536</memory><os><type machine='{machine}'>hvm</type></os><devices>{devices}</devices></domain>"
    );
    DomainConfig::from_xml(&text).unwrap()
}

fn addresses(devices: &Devices) -> Vec<&Address> {
    let mut all: Vec<&Address> = Vec::new();
    all.extend(devices.disks.iter().filter_map(|one| one.address.as_ref()));
    all.extend(devices.controllers.iter().filter_map(|one| one.address.as_ref()));
    all.extend(devices.interfaces.iter().filter_map(|one| one.address.as_ref()));
    all.extend(devices.rngs.iter().filter_map(|one| one.address.as_ref()));
    all.extend(devices.memballoon.iter().filter_map(|one| one.address.as_ref()));
    all.extend(devices.channels.iter().filter_map(|one| one.address.as_ref()));
    all
}

proptest! {
    #[test]
    fn addresses_do_not_clash_are_complete_and_stay(
        q35 in any::<bool>(),
        pieces in collection::vec(piece(), 0..60),
        fixed in collection::vec(3..29_u8, 0..4),
    ) {
        let abilities = abilities();
        let machine = if q35 { "q35" } else { "pc" };
        let distinct: BTreeSet<u8> = fixed.into_iter().collect();
        let fixed: Vec<u8> = distinct.into_iter().collect();
        let given = guest(machine, &pieces, &fixed);
        let once = complete(&given, &abilities).unwrap();
        let devices = once.devices.as_ref().unwrap();
        let mut places = BTreeSet::new();
        let mut drives = BTreeSet::new();
        for address in addresses(devices) {
            if let Some(place) = address.pci() {
                prop_assert!(places.insert(place), "{place} twice");
            } else {
                prop_assert!(drives.insert(format!("{address:?}")), "{address:?} twice");
            }
        }
        let virtio = devices.disks.iter().filter(|disk| disk.target.as_ref().unwrap().dev.as_ref().unwrap().starts_with('v'));
        for disk in virtio {
            prop_assert!(disk.address.as_ref().is_some_and(|address| address.kind == Some(AddressType::Pci)));
        }
        // What the user placed is where the user placed it.
        let slots: BTreeSet<u8> = places.iter().filter(|place| place.bus() == 0).map(|place| place.slot()).collect();
        let placed = pieces.iter().filter(|piece| matches!(piece, Piece::Disk(false) | Piece::Net(_) | Piece::Rng)).count();
        for slot in fixed.iter().take(placed.min(20)) {
            prop_assert!(slots.contains(slot) || placed > 20, "slot {slot} of {slots:?}");
        }
        // Completing again changes nothing, also from text.
        let again = complete(&DomainConfig::from_xml(&once.to_xml()).unwrap(), &abilities).unwrap();
        prop_assert_eq!(once.to_xml(), again.to_xml());
        // And a run of it has a command line, in which every id is given once.
        let resources = Resources::in_directory("/run/guest");
        let running = live(&once, &resources).unwrap();
        let line = command_line(&running, &abilities, &resources).unwrap();
        let mut ids = BTreeSet::new();
        for argument in line.args.iter().filter(|argument| argument.starts_with('{')) {
            let json: serde_json::Value = serde_json::from_str(argument).unwrap();
            if let Some(id) = json.get("id").and_then(serde_json::Value::as_str) {
                prop_assert!(ids.insert(id.to_owned()), "{id} twice");
            }
        }
    }

    #[test]
    fn a_name_and_paths_reach_qemu_as_they_are(name in "[a-zA-Z0-9,='\" ä{}\\\\]{1,20}", path in "[a-z,=\\\\ ]{1,20}") {
        let name = format!("a{}", name.trim_end());
        let mut config = guest("pc", &[Piece::Serial, Piece::Channel], &[]);
        config.name.clone_from(&name);
        let mut resources = Resources::in_directory(format!("/run/{path}"));
        resources.domain_id = Some(7);
        let config = complete(&config, &abilities()).unwrap();
        let line = command_line(&live(&config, &resources).unwrap(), &abilities(), &resources).unwrap();
        prop_assert_eq!(&line.args[1], &format!("guest={},debug-threads=on", name.replace(',', ",,")));
        let monitor = format!("path=/run/{}/monitor.sock,", path.replace(',', ",,"));
        prop_assert!(line.args.iter().any(|argument| argument.contains(&monitor)), "{monitor} in {:?}", line.args);
    }
}

/// What is refused, by which kind of error, at which element.
#[test]
fn what_is_not_supported_is_refused_by_name() {
    use ErrorKind::{InvalidConfig, Unsupported};
    let cases = [
        (
            "<hostdev mode='subsystem' type='pci'/>",
            Unsupported,
            "/domain/devices/hostdev[1]",
        ),
        (
            "<disk type='network'><source protocol='nbd'/><target dev='vda'/></disk>",
            Unsupported,
            "/domain/devices/disk[1]/@type",
        ),
        (
            "<disk><target dev='vda'/></disk>",
            InvalidConfig,
            "/domain/devices/disk[1]/source",
        ),
        (
            "<disk><source file='a'/><target dev='vda'/></disk>",
            InvalidConfig,
            "/domain/devices/disk[1]/source",
        ),
        (
            "<disk><source file='/a'/></disk>",
            InvalidConfig,
            "/domain/devices/disk[1]",
        ),
        (
            "<disk><source file='/a'/><target dev='nvme0'/></disk>",
            InvalidConfig,
            "/domain/devices/disk[1]/target/@dev",
        ),
        (
            "<interface type='bridge'><source bridge='br0'/></interface>",
            Unsupported,
            "/domain/devices/interface[1]/@type",
        ),
        (
            "<interface type='user'/><interface type='user'><model type='ne2k'/></interface>",
            Unsupported,
            "/domain/devices/interface[2]/model/@type",
        ),
        (
            "<serial type='pty'><target port='9'/></serial>",
            InvalidConfig,
            "/domain/devices/serial[1]/target/@port",
        ),
        (
            "<emulator>/bin/true</emulator>",
            InvalidConfig,
            "/domain/devices/emulator",
        ),
        ("<rng model='virtio'/>", InvalidConfig, "/domain/devices/rng[1]"),
    ];
    for (devices, kind, element) in cases {
        let text = format!(
            "<domain type='qemu'><name>g</name><memory>65536</memory><os><type>hvm</type></os><devices>{devices}</devices></domain>"
        );
        let error = complete(&DomainConfig::from_xml(&text).unwrap(), &abilities()).unwrap_err();
        assert_eq!(
            (error.kind(), error.subject()),
            (kind, Some(&Subject::Element(element.to_owned()))),
            "{devices}: {error}"
        );
    }
}
