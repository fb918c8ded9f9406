//! How a connection ends: closed by us, or fenced because its lease was lost.

use std::sync::Arc;

use virt_core::Error;

use crate::refusal::{closed, lease_lost};

/// Whether a connection is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// It is.
    Open,
    /// It was closed: owners finish what they do, and end.
    Closed,
    /// Its lease was lost, for this reason: owners leave everything as it is, and end.
    LeaseLost(Arc<str>),
}

impl Closing {
    /// Why a call cannot be made; `None` while it can.
    pub fn error(&self) -> Option<Error> {
        match self {
            Self::Open => None,
            Self::Closed => Some(closed()),
            Self::LeaseLost(why) => Some(lease_lost(why)),
        }
    }
}
