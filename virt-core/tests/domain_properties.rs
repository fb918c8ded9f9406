//! Any domain, however it was made, is written and read back equal.

use proptest::prelude::{Strategy, any, prop, proptest};
use virt_core::model::domain::devices::{Address, DiskBus, Graphics, GraphicsType, ImageFormat, Rng};
use virt_core::model::domain::{Cpu, CpuModel, CpuTopology, DomainConfig, DomainType, LifecycleAction};
use virt_core::model::value::{CpuSet, SecretText};
use virt_core::model::{ByteSize, Channel, Disk, Interface, MacAddress, PciAddress, Serial};
use virt_core::xml::Element;

fn text() -> impl Strategy<Value = String> {
    "[ -~\n\té𝄞\r]{0,20}x"
}

fn place() -> impl Strategy<Value = PciAddress> {
    (any::<u16>(), any::<u8>(), 0..=0x1f_u8, 0..=7_u8)
        .prop_filter_map("in range", |(domain, bus, slot, function)| {
            PciAddress::new(domain, bus, slot, function)
        })
}

fn disk() -> impl Strategy<Value = Disk> {
    let bus = prop::sample::select(DiskBus::KNOWN.to_vec());
    let format = prop::sample::select(ImageFormat::KNOWN.to_vec());
    (
        text(),
        bus,
        format,
        text(),
        any::<bool>(),
        prop::option::of(place()),
        any::<u64>(),
    )
        .prop_map(|(path, bus, format, target, readonly, place, unit)| {
            let mut disk = Disk::file(path)
                .bus(bus)
                .format(format)
                .target(target)
                .serial("s");
            disk.readonly = readonly;
            disk.address = Some(place.map_or_else(|| Address::drive(1, 0, 2, unit), Address::from));
            disk
        })
}

fn config() -> impl Strategy<Value = DomainConfig> {
    let devices = (
        prop::collection::vec(disk(), 0..4),
        prop::collection::vec(any::<[u8; 6]>(), 0..3),
        prop::collection::vec(text(), 0..3),
        prop::option::of(text()),
    );
    let machine = (
        any::<u64>(),
        1..1000_u32,
        prop::collection::btree_set(0..CpuSet::LIMIT, 1..9),
        text(),
    );
    (text(), any::<u128>(), prop::option::of(text()), machine, devices).prop_map(
        |(name, uuid, title, (memory, vcpus, cpuset, model), (disks, macs, paths, password))| {
            let mut config = DomainConfig::default();
            config.kind = DomainType::from(name.trim());
            config.name = name;
            config.uuid = Some(uuid::Uuid::from_u128(uuid));
            config.title = title;
            config.memory = Some(ByteSize::bytes(memory).into());
            config.vcpu = Some(vcpus.into());
            if let Some(vcpu) = config.vcpu.as_mut() {
                vcpu.cpuset = Some(cpuset.into_iter().collect());
            }
            config.on_crash = Some(LifecycleAction::from(model.trim()));
            let mut cpu = Cpu::default();
            let mut named = CpuModel::default();
            named.name = Some(model);
            cpu.model = Some(named);
            let mut topology = CpuTopology::default();
            topology.cores = Some(vcpus);
            cpu.topology = Some(topology);
            config.cpu = Some(cpu);
            let devices = config.devices_mut();
            devices.disks = disks;
            devices.interfaces = macs
                .into_iter()
                .map(|mac| Interface::user().mac(MacAddress::new(mac)))
                .collect();
            devices.serials = paths.iter().map(Serial::file).collect();
            devices.channels = paths.iter().map(|path| Channel::unix(path).named(path)).collect();
            devices.rngs = paths.iter().map(Rng::device).collect();
            let mut graphics = Graphics::default();
            graphics.kind = Some(GraphicsType::Vnc);
            graphics.passwd = password.map(SecretText::new);
            devices.graphics.push(graphics);
            devices
                .rest
                .push_element(Element::new("novelty").with_attribute("a", "b"));
            config
        },
    )
}

proptest! {
    #[test]
    fn any_domain_is_written_and_read_back_equal(config in config()) {
        let again = DomainConfig::from_xml(&config.to_xml());
        assert_eq!(again, Ok(config.clone()));
        let again = again.map(|again| (again.to_xml(), again.canonical()));
        assert_eq!(again, Ok((config.to_xml(), config)));
    }

    #[test]
    fn items_may_be_shuffled_and_still_nothing_is_lost(config in config(), turn in 0..4_usize) {
        let mut turned = DomainConfig::from_xml(&config.to_xml()).unwrap_or_default();
        let disks = &mut turned.devices_mut().disks;
        let by = turn.min(disks.len());
        disks.rotate_left(by);
        disks.extend(config.devices.iter().flat_map(|devices| devices.disks.iter().cloned()));
        assert_eq!(DomainConfig::from_xml(&turned.to_xml()), Ok(turned));
    }
}
