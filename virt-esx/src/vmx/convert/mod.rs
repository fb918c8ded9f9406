//! Domain XML ↔ VMX.
//!
//! * [`from_vmx()`]: a file as a domain, by libvirt's rules of its format `vmware-vmx` (`virConnectDomainXMLFromNative`), or
//!   complete, with everything kept that libvirt has no element for.
//! * [`to_vmx()`]: a domain as a file, line for line as libvirt writes it (`virConnectDomainXMLToNative`); what VMware has no
//!   means for is refused by name.
//! * [`update()`]: the difference a domain makes, applied to a file somebody wrote.
//!
//! # What has no element
//! A complete reading keeps, in the metadata of the domain and in a namespace of its own ([`NAMESPACE`]), what the elements do
//! not say, and which numbers interfaces have:
//!
//! ```xml
//! <metadata>
//!   <vmx:config xmlns:vmx='urn:virt-sdk:vmx:1'>
//!     <vmx:hardware version='17'/>
//!     <vmx:interface number='0' mac='00:50:56:9a:9c:7a'/>
//!     <vmx:setting key='guestOS' value='windows2019srv-64' instead-of='other-64'/>
//!     <vmx:setting key='ethernet0.pciSlotNumber' value='192' device='ethernet0'/>
//!     <vmx:setting key='floppy1.present' instead-of='false'/>
//!   </vmx:config>
//! </metadata>
//! ```
//!
//! Elements know better: a setting counts as long as the elements of the domain make the line it stands in the place of, or
//! none if it stands in the place of none; and a setting of a device counts as long as the domain has the device.

mod boot;
mod file_names;
mod from_vmx;
mod genid;
mod kept;
mod lines;
mod options;
mod places;
mod problem;
#[cfg(test)]
mod properties;
mod scsi;
mod sound;
mod targets;
mod to_vmx;
mod update;

pub use file_names::{DatastoreNames, FileNames, PlainNames};
pub use from_vmx::from_vmx;
pub use kept::{Kept, NAMESPACE, Setting, kept, set_kept};
pub use options::{DEFAULT_HARDWARE, FromVmx, Reading, ToVmx};
pub(crate) use targets::{Seat, targets};
pub use to_vmx::to_vmx;
pub use update::update;

pub(crate) use lines::Lines;
pub(crate) use places::{Bus, Place};
pub(crate) use problem::{invalid, unsupported};
pub(crate) use to_vmx::{lines, place_of, uuid_text};
pub(crate) use update::compared;
