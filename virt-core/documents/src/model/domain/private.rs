//! What a driver keeps in a status document for itself.

use crate::xml::{Rest, XmlElement};

/// `<privateData>`: content of the driver that wrote the status document, of no meaning to others.
#[derive(Clone, Default, XmlElement)]
#[xml(open)]
#[non_exhaustive]
pub struct PrivateData {
    /// The content.
    #[xml(rest)]
    pub rest: Rest,
}
