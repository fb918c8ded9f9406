//! Domain XML ↔ files of xl and xm; domain XML → libxl's JSON.
//!
//! * [`from_config()`]: a file as a domain, by libvirt's rules of its formats `xen-xl` and `xen-xm`
//!   (`virConnectDomainXMLFromNative`), or complete, with everything kept that libvirt has no element for.
//! * [`to_config()`]: a domain as a file, setting for setting as libvirt writes it (`virConnectDomainXMLToNative`); what Xen has no means
//!   for is refused by name.
//! * [`update()`]: the difference a domain makes, applied to a file somebody wrote.
//! * [`to_libxl()`]: a domain as the `libxl_domain_config` that libvirt's driver makes of it.
//!
//! # What has no element
//! A complete reading keeps, in the metadata of the domain and in a namespace of its own ([`NAMESPACE`]), what the elements do
//! not say:
//!
//! ```xml
//! <metadata>
//!   <xl-cfg:config xmlns:xl-cfg='urn:virt-sdk:xen:1'>
//!     <xl-cfg:setting key='nomigrate' value='1'/>
//!     <xl-cfg:setting key='on_crash' value='"soft-reset"' instead-of='"restart"'/>
//!     <xl-cfg:setting key='localtime' instead-of='0'/>
//!     <xl-cfg:entry key='vif' text='bridge=br0,trusted=1' instead-of='bridge=br0'/>
//!   </xl-cfg:config>
//! </metadata>
//! ```
//!
//! Elements know better: a setting counts as long as the elements of the domain make the value it stands in the place of, or
//! none if it stands in the place of none; and so does a string of a list, which goes with its device.
//!
//! # What is of the document
//! `<title>`, `<description>`, the metadata of others and the number of a running domain are of no file: whoever defines a domain
//! keeps its document beside it.

mod chardev;
mod complete;
mod expressed;
mod from_config;
mod kept;
mod libxl;
mod made;
mod network;
mod options;
mod problem;
#[cfg(test)]
mod properties;
mod to_config;
mod update;
mod words;

pub use from_config::from_config;
pub use kept::{Kept, ListEntry, NAMESPACE, Setting, kept, set_kept};
pub use libxl::to_libxl;
pub use options::{FIRMWARE_DIRECTORY, FromConfig, Reading, ToConfig, ToLibxl};
pub use to_config::to_config;
pub use update::update;
