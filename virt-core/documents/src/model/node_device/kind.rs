//! What a device can be.

use crate::xml::xml_enum;

xml_enum! {
    /// What a device is; libvirt's filters of device lists go by it.
    pub enum NodeCapabilityKind {
        /// The host itself; its device is called `computer`.
        System = "system",
        Pci = "pci",
        UsbDevice = "usb_device",
        /// An interface of a USB device.
        Usb = "usb",
        /// A network interface.
        Net = "net",
        /// A SCSI host adapter.
        ScsiHost = "scsi_host",
        /// A SCSI target.
        ScsiTarget = "scsi_target",
        /// A SCSI device.
        Scsi = "scsi",
        /// A block device.
        Storage = "storage",
        /// The generic node of a SCSI device.
        ScsiGeneric = "scsi_generic",
        /// A node of a graphics adapter; since libvirt 3.1.
        Drm = "drm",
        /// A mediated device; since libvirt 3.4.
        Mdev = "mdev",
        /// A device of IBM Z's channel subsystem.
        Ccw = "ccw",
        /// Channel devices that work as one, such as a network adapter of IBM Z.
        CcwGroup = "ccwgroup",
        /// A subchannel of IBM Z.
        Css = "css",
        /// A virtio data path accelerator; since libvirt 6.9.
        Vdpa = "vdpa",
        /// A crypto card of IBM Z; since libvirt 7.0.
        ApCard = "ap_card",
        /// A queue of a crypto card of IBM Z; since libvirt 7.0.
        ApQueue = "ap_queue",
        /// What mediated crypto devices of IBM Z are made of; since libvirt 7.0.
        ApMatrix = "ap_matrix",
    }

    /// What a device can do beside being what it is.
    pub enum NestedCapabilityKind {
        /// PCI: the physical function of this virtual one.
        PhysicalFunction = "phys_function",
        /// PCI: the virtual functions of this physical one.
        VirtualFunctions = "virt_functions",
        /// PCI: a bridge to another bus; since libvirt 1.3.3.
        PciBridge = "pci-bridge",
        /// PCI: a bridge to CardBus; since libvirt 1.3.3.
        CardbusBridge = "cardbus-bridge",
        /// Mediated devices can be made of it; since libvirt 3.4.
        MdevTypes = "mdev_types",
        /// PCI: the vital product data; since libvirt 7.9.
        Vpd = "vpd",
        /// SCSI host: it is a Fibre Channel adapter.
        FcHost = "fc_host",
        /// SCSI host: virtual adapters can be made of it.
        VportOps = "vport_ops",
        /// SCSI target: it is a port of a Fibre Channel fabric.
        FcRemotePort = "fc_remote_port",
        /// Storage: media can be changed.
        Removable = "removable",
        /// Storage: it can be plugged while the host runs.
        Hotpluggable = "hotpluggable",
        /// Net: Ethernet.
        Ethernet = "80203",
        /// Net: wireless.
        Wireless = "80211",
        /// ccw: it is part of a group.
        GroupMember = "ccwgroup_member",
        /// Group: a network adapter, not yet one of the layers.
        QethGeneric = "qeth_generic",
        /// Group: a network adapter of layer 2.
        QethLayer2 = "qeth_layer2",
        /// Group: a network adapter of layer 3.
        QethLayer3 = "qeth_layer3",
    }

    /// What a network interface can do in hardware, in libvirt's order.
    pub enum NetFeatureName {
        /// Checksums of what is received.
        Rx = "rx",
        /// Checksums of what is sent.
        Tx = "tx",
        /// Scatter and gather.
        Sg = "sg",
        /// TCP segmentation.
        Tso = "tso",
        /// Generic segmentation.
        Gso = "gso",
        /// Generic receive offload.
        Gro = "gro",
        /// Large receive offload.
        Lro = "lro",
        /// VLAN tags of what is received.
        RxVlan = "rxvlan",
        /// VLAN tags of what is sent.
        TxVlan = "txvlan",
        /// Filters by tuple.
        Ntuple = "ntuple",
        /// Hashes of what is received.
        RxHash = "rxhash",
        /// Remote memory access.
        Rdma = "rdma",
        /// Segmentation in UDP tunnels.
        TxUdpTunnel = "txudptnl",
        /// Switching in the device.
        Switchdev = "switchdev",
    }

    /// Whether an interface has a link.
    pub enum NetLinkState {
        /// The device does not tell.
        NotKnown = "unknown",
        /// The device is gone.
        NotPresent = "notpresent",
        Down = "down",
        /// What it stands on has none.
        LowerLayerDown = "lowerlayerdown",
        Testing = "testing",
        /// It waits for something.
        Dormant = "dormant",
        Up = "up",
    }

    /// Which node of a graphics adapter it is.
    pub enum DrmNode {
        /// Display and rendering.
        Primary = "primary",
        /// Display; not made by Linux any more.
        Control = "control",
        /// Rendering only.
        Render = "render",
    }

    /// Whether channel devices work.
    pub enum GroupState {
        Online = "online",
        Offline = "offline",
    }

    /// Which part of the vital product data it is.
    pub enum VpdAccess {
        /// What the maker has written.
        ReadOnly = "readonly",
        /// What the owner may write.
        ReadWrite = "readwrite",
    }
}
