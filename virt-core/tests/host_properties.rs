//! Any device of a host, however it was made, is written and read back equal.

use proptest::prelude::{Strategy, any, prop, proptest};
use virt_core::model::PciAddress;
use virt_core::model::domain::devices::Address;
use virt_core::model::node_device::{
    DevNode, DeviceClass, HexId, NestedCapability, NestedCapabilityKind, NodeCapability, NodeCapabilityKind,
    NodeDeviceConfig, NodeParent, ProductId,
};

fn text() -> impl Strategy<Value = String> {
    "[ -~\n\té𝄞\r]{0,20}x"
}

fn product() -> impl Strategy<Value = ProductId> {
    (any::<u32>(), prop::option::of(text())).prop_map(|(id, name)| {
        let mut product = ProductId::default();
        product.id = Some(HexId(id));
        product.name = name;
        product
    })
}

fn nested() -> impl Strategy<Value = NestedCapability> {
    let kind = prop::sample::select(NestedCapabilityKind::KNOWN.to_vec());
    let place = (any::<u16>(), any::<u8>(), 0..=0x1f_u8, 0..=7_u8)
        .prop_filter_map("in range", |(domain, bus, slot, function)| {
            PciAddress::new(domain, bus, slot, function)
        });
    let media = (any::<u8>(), any::<u64>(), prop::option::of(text()));
    (kind, prop::collection::vec(place, 0..4), media, any::<u32>()).prop_map(
        |(kind, places, (available, size, label), count)| {
            let mut nested = NestedCapability::of(kind);
            nested.addresses = places.into_iter().map(Address::from).collect();
            nested.media_available = Some(available);
            nested.media_size = Some(size);
            nested.media_label = label;
            nested.max_count = Some(count);
            nested
        },
    )
}

fn capability() -> impl Strategy<Value = NodeCapability> {
    let kind = prop::sample::select(NodeCapabilityKind::KNOWN.to_vec());
    let names = (prop::option::of(text()), prop::option::of(text()), any::<u128>());
    let numbers = (any::<u32>(), any::<bool>(), any::<i32>(), any::<u64>());
    let parts = (product(), prop::collection::vec(nested(), 0..4));
    (kind, names, numbers, parts).prop_map(
        |(kind, (bus, block, uuid), (number, is_usb, id, size), (product, parts))| {
            let mut capability = NodeCapability::of(kind);
            let class = if is_usb {
                DeviceClass::usb
            } else {
                DeviceClass::pci
            };
            capability.class = Some(class(number));
            capability.unique_id = Some(id);
            capability.bus = bus;
            capability.block = block;
            capability.uuid = Some(uuid::Uuid::from_u128(uuid));
            capability.size = Some(size);
            capability.vendor = Some(product.clone());
            capability.product = Some(product);
            capability.capabilities = parts;
            capability
        },
    )
}

fn device() -> impl Strategy<Value = NodeDeviceConfig> {
    let parent = (prop::option::of(text()), prop::option::of(text()));
    let nodes = prop::collection::vec(text(), 0..3);
    (
        prop::option::of(text()),
        parent,
        nodes,
        prop::collection::vec(capability(), 0..3),
    )
        .prop_map(|(name, (wwnn, parent_name), nodes, capabilities)| {
            let mut device = NodeDeviceConfig::default();
            let mut parent = NodeParent::default();
            parent.wwnn = wwnn;
            parent.name = parent_name;
            device.name = name;
            device.parent = Some(parent);
            device.devnodes = nodes
                .into_iter()
                .map(|path| {
                    let mut node = DevNode::default();
                    node.path = Some(path);
                    node
                })
                .collect();
            device.capabilities = capabilities;
            device
        })
}

proptest! {
    #[test]
    fn any_device_is_read_as_it_was_written(device in device()) {
        let text = device.to_xml();
        let again = NodeDeviceConfig::from_xml(&text).unwrap();
        assert_eq!(again, device, "{text}");
        assert_eq!(again.to_xml(), text);
    }

    #[test]
    fn what_is_given_back_is_given_back_again(device in device()) {
        let given = device.normalized();
        assert_eq!(given.normalized(), given);
        assert_eq!(NodeDeviceConfig::from_xml(&given.to_xml()).unwrap(), given);
        let _ = device.validate();
    }
}
