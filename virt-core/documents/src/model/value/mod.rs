//! The values that stand in documents: sizes, addresses, sets, switches; validated, parsed once.

mod cpu_set;
mod file_mode;
mod hex;
mod ip;
mod mac;
mod number;
mod pci;
mod secret;
mod size;
mod switch;
mod uuid;
mod wwn;

pub use cpu_set::CpuSet;
pub use file_mode::{FileMode, FileOwner};
pub use hex::{Hex8, Hex16, Hex32, Hex64, HexWord};
pub use mac::MacAddress;
pub use number::AddressNumber;
pub use pci::PciAddress;
pub use secret::SecretText;
pub use size::ByteSize;
pub use switch::{OnOff, YesNo};

pub(crate) use self::ip::{broadcast_of, ip_text, network_of, parse_ip, prefix_of_mask};
pub(crate) use self::uuid::parse_uuid;
pub(crate) use wwn::is_world_wide_name;
