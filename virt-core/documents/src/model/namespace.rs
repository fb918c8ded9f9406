//! The namespaces of libvirt's own extensions.

use crate::xml::Namespace;

/// `qemu:commandline` and its kin.
pub const QEMU: Namespace = Namespace {
    prefix: "qemu",
    uri: "http://libvirt.org/schemas/domain/qemu/1.0",
};
/// `lxc:namespace`.
pub const LXC: Namespace = Namespace {
    prefix: "lxc",
    uri: "http://libvirt.org/schemas/domain/lxc/1.0",
};
/// `bhyve:commandline`.
pub const BHYVE: Namespace = Namespace {
    prefix: "bhyve",
    uri: "http://libvirt.org/schemas/domain/bhyve/1.0",
};
/// `xen:commandline`.
pub const XEN: Namespace = Namespace {
    prefix: "xen",
    uri: "http://libvirt.org/schemas/domain/xen/1.0",
};
/// `vmware:datacenterpath`.
pub const VMWARE: Namespace = Namespace {
    prefix: "vmware",
    uri: "http://libvirt.org/schemas/domain/vmware/1.0",
};
/// `fs:mount_opts` of a pool.
pub const POOL_FS: Namespace = Namespace {
    prefix: "fs",
    uri: "http://libvirt.org/schemas/storagepool/fs/1.0",
};
/// `rbd:config_opts` of a pool.
pub const POOL_RBD: Namespace = Namespace {
    prefix: "rbd",
    uri: "http://libvirt.org/schemas/storagepool/rbd/1.0",
};
/// `dnsmasq:options` of networks.
pub const DNSMASQ: Namespace = Namespace {
    prefix: "dnsmasq",
    uri: "http://libvirt.org/schemas/network/dnsmasq/1.0",
};
