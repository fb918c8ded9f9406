//! Names and uuids that machines are being given: of two who want one at the same time, the first gets it.

use std::sync::PoisonError;

use uuid::Uuid;
use virt_core::{Error, ErrorKind, Outcome, Result, Subject};

use super::Inventory;

/// A name and a uuid that nobody else of this connection gets for as long as this is there.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    inventory: &'a Inventory,
    name: String,
    uuid: Uuid,
}

impl Inventory {
    /// Claims a name and a uuid for a machine that is about to come. Whether one has them already is not looked at.
    pub(crate) fn claim(&self, name: &str, uuid: Uuid) -> Result<Claim<'_>> {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        let other = claimed.iter().find(|(other, of)| other == name || *of == uuid);
        if let Some((other, _)) = other {
            let message = format!("domain {other:?} of this name or uuid is just being defined");
            return Err(Error::new(ErrorKind::AlreadyExists, message)
                .with_outcome(Outcome::NotApplied)
                .with_subject(Subject::Domain(name.to_owned())));
        }
        claimed.push((name.to_owned(), uuid));
        Ok(Claim {
            inventory: self,
            name: name.to_owned(),
            uuid,
        })
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let claimed = &self.inventory.claimed;
        let mut claimed = claimed.lock().unwrap_or_else(PoisonError::into_inner);
        claimed.retain(|(name, uuid)| *name != self.name || *uuid != self.uuid);
    }
}
