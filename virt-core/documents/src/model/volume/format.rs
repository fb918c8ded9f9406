//! Formats of volumes.

use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// The format of a volume: of an image, of a partition, or the file system found on one.
    pub enum VolumeFormat {
        /// disk: an empty partition.
        None = "none",
        Raw = "raw",
        /// A directory.
        Dir = "dir",
        Bochs = "bochs",
        Cloop = "cloop",
        Dmg = "dmg",
        Iso = "iso",
        Vpc = "vpc",
        Vdi = "vdi",
        Fat = "fat",
        Vhd = "vhd",
        Ploop = "ploop",
        Cow = "cow",
        Qcow = "qcow",
        Qcow2 = "qcow2",
        Qed = "qed",
        Vmdk = "vmdk",
        /// Raw with LUKS, as older libvirt said.
        Luks = "luks",
        /// Not known.
        Undetermined = "unknown",
        /// disk: a partition of type 83.
        Linux = "linux",
        Fat16 = "fat16",
        Fat32 = "fat32",
        LinuxSwap = "linux-swap",
        LinuxLvm = "linux-lvm",
        LinuxRaid = "linux-raid",
        /// disk: a partition that has partitions.
        Extended = "extended",
        /// A file system, found out.
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
    }
}

impl VolumeFormat {
    /// Formats of images, in libvirt's order; `none` is only listed, no image has it.
    pub const IMAGES: &'static [Self] = &[
        Self::None,
        Self::Raw,
        Self::Dir,
        Self::Bochs,
        Self::Cloop,
        Self::Dmg,
        Self::Iso,
        Self::Vpc,
        Self::Vdi,
        Self::Fat,
        Self::Vhd,
        Self::Ploop,
        Self::Cow,
        Self::Qcow,
        Self::Qcow2,
        Self::Qed,
        Self::Vmdk,
    ];

    /// Types of partitions, in libvirt's order.
    pub const PARTITIONS: &'static [Self] = &[
        Self::None,
        Self::Linux,
        Self::Fat16,
        Self::Fat32,
        Self::LinuxSwap,
        Self::LinuxLvm,
        Self::LinuxRaid,
        Self::Extended,
    ];
}

/// `<format>` of a volume.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VolumeTargetFormat {
    /// The format.
    #[xml(attr = "type")]
    pub kind: Option<VolumeFormat>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl From<VolumeFormat> for VolumeTargetFormat {
    fn from(kind: VolumeFormat) -> Self {
        Self {
            kind: Some(kind),
            ..Self::default()
        }
    }
}
