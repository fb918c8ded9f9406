//! Facets a driver may lack.

use crate::error::{Error, Result};

/// The facet, or `Unsupported`: "this driver has no …".
pub(crate) fn facet<'a, T: ?Sized>(facet: Option<&'a T>, what: &str) -> Result<&'a T> {
    facet.ok_or_else(|| Error::unsupported(format!("this driver has no {what}")))
}
