//! Labels of security drivers.

use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Who makes the label.
    pub enum SecurityLabelType {
        /// The driver, for each start.
        Dynamic = "dynamic",
        /// The configuration.
        Static = "static",
        /// Nobody.
        None = "none",
    }
}

/// `<seclabel>`: of a domain, or of a source of a device.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SecurityLabel {
    /// Who makes the label.
    #[xml(attr = "type")]
    pub kind: Option<SecurityLabelType>,
    /// The security driver: `selinux`, `apparmor`, `dac`, `none`.
    #[xml(attr)]
    pub model: Option<String>,
    /// Whether resources get the label.
    #[xml(attr)]
    pub relabel: Option<YesNo>,
    /// Whether labelling failed and is skipped.
    #[xml(attr)]
    pub labelskip: Option<YesNo>,
    /// The label of the process.
    #[xml(leaf)]
    pub label: Option<String>,
    /// The label of resources.
    #[xml(leaf)]
    pub imagelabel: Option<String>,
    /// What a dynamic label is made from.
    #[xml(leaf)]
    pub baselabel: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
