//! What a driver keeps to bring a guest back.

use crate::model::domain::Cpu;
use crate::xml::{Rest, XmlElement};

/// `<cookie>`: the driver's own notes beside a saved state. What QEMU's driver keeps has fields; any other content is
/// at home here too.
#[derive(Clone, Default, XmlElement)]
#[xml(open)]
#[non_exhaustive]
pub struct SaveCookie {
    /// The CPU the guest really had.
    #[xml(child)]
    pub cpu: Option<Cpu>,
    /// User mode networking ran in a helper (libvirt 5.2.0).
    #[xml(flag = "slirpHelper")]
    pub slirp_helper: bool,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
