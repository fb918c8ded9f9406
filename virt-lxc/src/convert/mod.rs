//! Domain XML ↔ LXC configuration.
//!
//! * [`from_native`]: a configuration as a domain, by libvirt's rules of its format `lxc-tools`
//!   (`virConnectDomainXMLFromNative`), or complete, with everything kept that libvirt has no element for.
//! * [`to_native`]: a domain as a configuration for LXC 3 and later; what a container has no use for is refused by name.
//! * [`update_native`]: the difference a domain makes, applied to a configuration somebody wrote.
//!
//! # What has no element
//! Settings of LXC that libvirt has no element for are kept in the metadata of the domain, in order, in a namespace of their own
//! ([`NAMESPACE`]):
//!
//! ```xml
//! <metadata>
//!   <lxc-conf:config xmlns:lxc-conf='urn:virt-sdk:lxc:1'>
//!     <lxc-conf:setting key='lxc.apparmor.profile' value='unconfined'/>
//!   </lxc-conf:config>
//! </metadata>
//! ```
//!
//! They are written behind everything else, so that they complete it; those that include files, or take back what an included
//! file says, before. One that contradicts what an element of the domain says is an error; one that is about something
//! [`to_native`] only has a default for takes the place of the default.

mod from_native;
mod numbers;
mod options;
mod problem;
mod settings;
mod to_native;
mod update;
mod weights;
mod words;

pub use from_native::from_native;
pub use options::{DeviceNumber, FromNative, Reading, ToNative};
pub use settings::{NAMESPACE, Setting, set_settings, settings};
pub use to_native::{block_sources, devices_needed, mount_sources, to_native};
pub use update::update_native;

#[cfg(test)]
mod properties;
