//! Bonds: several adapters used as one.

use super::config::HostInterfaceConfig;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// How packets are spread over the adapters of a bond.
    pub enum BondMode {
        /// One after the other.
        BalanceRr = "balance-rr",
        /// One works, the others wait; the first listed is the primary.
        ActiveBackup = "active-backup",
        /// By a hash of the addresses.
        BalanceXor = "balance-xor",
        /// On all of them.
        Broadcast = "broadcast",
        /// By the link aggregation control protocol.
        Lacp = "802.3ad",
        /// By their load, sending.
        BalanceTlb = "balance-tlb",
        /// By their load, both ways.
        BalanceAlb = "balance-alb",
    }

    /// How the carrier of an adapter is asked for.
    pub enum MiiCarrier {
        /// By its MII registers or ethtool.
        Ioctl = "ioctl",
        /// By what its driver told the kernel.
        Netif = "netif",
    }

    /// Which adapters' answers are checked.
    pub enum ArpValidate {
        /// None; the schema has it, libvirt's parser refuses it: leave the attribute out.
        None = "none",
        Active = "active",
        Backup = "backup",
        All = "all",
    }
}

/// `<bond>`: what is in a bond, and how it works. Links are watched by MII or by ARP, not both.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Bond {
    /// How packets are spread.
    #[xml(attr)]
    pub mode: Option<BondMode>,
    /// Links are watched by their carrier.
    #[xml(child)]
    pub miimon: Option<MiiMonitor>,
    /// Links are watched by asking another machine.
    #[xml(child)]
    pub arpmon: Option<ArpMonitor>,
    /// The adapters.
    #[xml(child = "interface")]
    pub interfaces: Vec<HostInterfaceConfig>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<miimon>`: links are watched by their carrier.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MiiMonitor {
    /// Milliseconds between looks.
    #[xml(attr)]
    pub freq: Option<u32>,
    /// Milliseconds until a link that went down is given up.
    #[xml(attr)]
    pub downdelay: Option<u32>,
    /// Milliseconds until a link that came up is used.
    #[xml(attr)]
    pub updelay: Option<u32>,
    /// How the carrier is asked for.
    #[xml(attr)]
    pub carrier: Option<MiiCarrier>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<arpmon>`: links are watched by asking another machine.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ArpMonitor {
    /// Milliseconds between questions.
    #[xml(attr)]
    pub interval: Option<u32>,
    /// The IPv4 address that is asked.
    #[xml(attr)]
    pub target: Option<String>,
    /// Which adapters' answers are checked.
    #[xml(attr)]
    pub validate: Option<ArpValidate>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
