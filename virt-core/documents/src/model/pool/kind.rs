//! Types of pools, and what each is made of.

use crate::model::volume::VolumeFormat;
use crate::xml::{xml_enum, xml_value_slot};

xml_enum! {
    /// What a pool is.
    #[derive(Default)]
    pub enum PoolType {
        /// A directory of the host.
        #[default]
        Dir = "dir",
        /// A file system on a block device, mounted.
        Fs = "fs",
        /// A file system on the network, mounted.
        Netfs = "netfs",
        /// An LVM volume group.
        Logical = "logical",
        /// A disk whose partitions are the volumes.
        Disk = "disk",
        /// An iSCSI target, logged in by the host.
        Iscsi = "iscsi",
        /// An iSCSI target, used without the host's block layer (libvirt 4.7.0).
        IscsiDirect = "iscsi-direct",
        /// A SCSI host adapter.
        Scsi = "scsi",
        /// The multipath devices of the host.
        Mpath = "mpath",
        /// A RADOS pool of Ceph (libvirt 0.9.13).
        Rbd = "rbd",
        /// Sheepdog (libvirt 0.9.13).
        Sheepdog = "sheepdog",
        /// A Gluster volume (libvirt 1.2.0).
        Gluster = "gluster",
        /// A ZFS pool (libvirt 1.2.8).
        Zfs = "zfs",
        /// Virtuozzo storage (libvirt 3.1.0).
        Vstorage = "vstorage",
    }

    /// How the source of a pool is formatted. Which formats there are depends on the type of the pool.
    pub enum PoolFormat {
        /// fs, netfs: found out.
        Auto = "auto",
        Ext2 = "ext2",
        Ext3 = "ext3",
        Ext4 = "ext4",
        Ufs = "ufs",
        Iso9660 = "iso9660",
        Udf = "udf",
        Gfs = "gfs",
        Gfs2 = "gfs2",
        Vfat = "vfat",
        HfsPlus = "hfs+",
        Xfs = "xfs",
        Ocfs2 = "ocfs2",
        Vmfs = "vmfs",
        /// netfs.
        Nfs = "nfs",
        /// netfs.
        Glusterfs = "glusterfs",
        /// netfs.
        Cifs = "cifs",
        /// disk, logical: not known.
        Undetermined = "unknown",
        /// disk: an MBR partition table.
        Dos = "dos",
        Dvh = "dvh",
        /// disk: a GPT partition table.
        Gpt = "gpt",
        Mac = "mac",
        Bsd = "bsd",
        Pc98 = "pc98",
        Sun = "sun",
        /// disk, logical.
        Lvm2 = "lvm2",
    }
}

xml_value_slot!(PoolType);

/// What the source of a pool consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Host,
    Device,
    Directory,
    Adapter,
    Name,
    Initiator,
    /// Reached over the network by the hypervisor itself: the host has no path to it.
    Network,
}

const FILE_SYSTEMS: &[PoolFormat] = &[
    PoolFormat::Auto,
    PoolFormat::Ext2,
    PoolFormat::Ext3,
    PoolFormat::Ext4,
    PoolFormat::Ufs,
    PoolFormat::Iso9660,
    PoolFormat::Udf,
    PoolFormat::Gfs,
    PoolFormat::Gfs2,
    PoolFormat::Vfat,
    PoolFormat::HfsPlus,
    PoolFormat::Xfs,
    PoolFormat::Ocfs2,
    PoolFormat::Vmfs,
];
const NETWORK_FILE_SYSTEMS: &[PoolFormat] = &[
    PoolFormat::Auto,
    PoolFormat::Nfs,
    PoolFormat::Glusterfs,
    PoolFormat::Cifs,
];
const PARTITION_TABLES: &[PoolFormat] = &[
    PoolFormat::Undetermined,
    PoolFormat::Dos,
    PoolFormat::Dvh,
    PoolFormat::Gpt,
    PoolFormat::Mac,
    PoolFormat::Bsd,
    PoolFormat::Pc98,
    PoolFormat::Sun,
    PoolFormat::Lvm2,
];
const VOLUME_GROUPS: &[PoolFormat] = &[PoolFormat::Undetermined, PoolFormat::Lvm2];

impl PoolType {
    /// The formats the source of such a pool can have; none where there is nothing to choose.
    pub fn formats(&self) -> &'static [PoolFormat] {
        match self {
            Self::Fs => FILE_SYSTEMS,
            Self::Netfs => NETWORK_FILE_SYSTEMS,
            Self::Disk => PARTITION_TABLES,
            Self::Logical => VOLUME_GROUPS,
            _ => &[],
        }
    }

    /// The format of the source when none is said.
    pub fn default_format(&self) -> Option<PoolFormat> {
        match self {
            Self::Logical => Some(PoolFormat::Lvm2),
            other => other.formats().first().cloned(),
        }
    }

    /// The formats volumes of such a pool can have; none where volumes have no format.
    pub fn volume_formats(&self) -> &'static [VolumeFormat] {
        match self {
            Self::Dir | Self::Fs | Self::Netfs | Self::Rbd | Self::Gluster | Self::Vstorage => {
                VolumeFormat::IMAGES
            }
            Self::Disk => VolumeFormat::PARTITIONS,
            _ => &[],
        }
    }

    /// The format of a volume when none is said.
    pub fn default_volume_format(&self) -> Option<VolumeFormat> {
        match self {
            Self::Disk => Some(VolumeFormat::None),
            other if other.volume_formats().is_empty() => None,
            _ => Some(VolumeFormat::Raw),
        }
    }

    /// Whether the hypervisor reaches the volumes over the network itself: such a pool has no target on the host.
    pub fn is_network(&self) -> bool {
        self.has(Part::Network)
    }

    pub(crate) fn has(&self, part: Part) -> bool {
        self.parts().contains(&part)
    }

    pub(crate) fn parts(&self) -> &'static [Part] {
        match self {
            Self::Fs | Self::Disk => &[Part::Device],
            Self::Netfs => &[Part::Host, Part::Directory],
            Self::Logical | Self::Zfs => &[Part::Name, Part::Device],
            Self::Iscsi => &[Part::Host, Part::Device, Part::Initiator],
            Self::IscsiDirect => &[Part::Host, Part::Device, Part::Network, Part::Initiator],
            Self::Scsi => &[Part::Adapter],
            Self::Rbd | Self::Sheepdog => &[Part::Host, Part::Network, Part::Name],
            Self::Gluster => &[Part::Host, Part::Network, Part::Name, Part::Directory],
            Self::Vstorage => &[Part::Name],
            Self::Dir | Self::Mpath | Self::Unknown(_) => &[],
        }
    }
}
