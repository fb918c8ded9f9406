//! Which domains there are, by uuid and by name.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use uuid::Uuid;
use virt_core::domain::{DomainRef, DomainSelector};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::Entry;

/// The domains of a root. A name or uuid is reserved before anything is written, so no two domains ever share one.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    maps: RwLock<Maps>,
}

#[derive(Debug, Default)]
struct Maps {
    by_uuid: HashMap<Uuid, Arc<Entry>>,
    by_name: HashMap<String, Uuid>,
}

impl Registry {
    /// The domain of this uuid.
    pub(crate) fn by_uuid(&self, uuid: Uuid) -> Option<Arc<Entry>> {
        self.read().by_uuid.get(&uuid).cloned()
    }

    /// The domain of this uuid, or the error that it does not exist.
    pub(crate) fn existing(&self, uuid: Uuid) -> Result<Arc<Entry>> {
        self.by_uuid(uuid)
            .filter(|entry| entry.view().visible)
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "no domain of this uuid is there (any more)"))
    }

    /// All domains that can be seen.
    pub(crate) fn all(&self) -> Vec<Arc<Entry>> {
        self.read()
            .by_uuid
            .values()
            .filter(|entry| entry.view().visible)
            .cloned()
            .collect()
    }

    /// All domains, those that nobody sees yet included.
    pub(crate) fn everyone(&self) -> Vec<Arc<Entry>> {
        self.read().by_uuid.values().cloned().collect()
    }

    /// Of all names that are reserved for a domain, leaves it this one.
    pub(crate) fn settle_name(&self, uuid: Uuid, name: &str) {
        let mut maps = self.write();
        maps.by_name
            .retain(|known, owner| *owner != uuid || known == name);
        maps.by_name.entry(name.to_owned()).or_insert(uuid);
    }

    /// The domain a selector names.
    pub(crate) fn select(&self, selector: &DomainSelector) -> Result<DomainRef> {
        let found = match selector {
            DomainSelector::Uuid(uuid) => self.by_uuid(*uuid),
            DomainSelector::Name(name) => {
                let maps = self.read();
                maps.by_name
                    .get(name)
                    .and_then(|uuid| maps.by_uuid.get(uuid))
                    .cloned()
            }
            DomainSelector::Id(id) => self
                .all()
                .into_iter()
                .find(|entry| entry.view().id() == Some(*id)),
            _ => return Err(Error::unsupported("this way of looking up a domain")),
        };
        let seen = found.filter(|entry| entry.view().visible);
        seen.map(|entry| entry.reference())
            .ok_or_else(|| self.not_found(selector))
    }

    fn not_found(&self, selector: &DomainSelector) -> Error {
        let mut names: Vec<String> = self.all().iter().map(|entry| entry.view().name.clone()).collect();
        names.sort_unstable();
        let more = names.len().saturating_sub(8);
        names.truncate(8);
        let mut listed = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        if more > 0 {
            listed.push_str(&format!(" and {more} more"));
        }
        Error::new(
            ErrorKind::NotFound,
            format!("no such domain (there are: {listed})"),
        )
        .with_subject(Subject::Domain(selector.to_string()))
    }

    /// The domain of this name and uuid, or a new one made by `make` that has both reserved.
    ///
    /// # Errors
    /// `AlreadyExists` when name or uuid belong to another domain.
    pub(crate) fn claim(
        &self,
        uuid: Uuid,
        name: &str,
        make: impl FnOnce() -> Result<Arc<Entry>>,
    ) -> Result<Arc<Entry>> {
        let mut maps = self.write();
        match (maps.by_uuid.get(&uuid), maps.by_name.get(name)) {
            (Some(entry), Some(owner)) if *owner == uuid => Ok(Arc::clone(entry)),
            (None, None) => {
                let entry = make()?;
                maps.by_uuid.insert(uuid, Arc::clone(&entry));
                maps.by_name.insert(name.to_owned(), uuid);
                Ok(entry)
            }
            (_, Some(owner)) if *owner != uuid => Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("a domain named {name:?} exists already, with uuid {owner}"),
            )),
            (Some(entry), _) => Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("uuid {uuid} belongs to domain {:?} already", entry.view().name),
            )),
            (None, Some(_)) => Err(Error::new(
                ErrorKind::Internal,
                "a name without a domain is reserved",
            )),
        }
    }

    /// Reserves a further name for a domain.
    pub(crate) fn reserve_name(&self, uuid: Uuid, name: &str) -> Result<()> {
        let mut maps = self.write();
        if let Some(owner) = maps.by_name.get(name) {
            let message = format!("a domain named {name:?} exists already, with uuid {owner}");
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        maps.by_name.insert(name.to_owned(), uuid);
        Ok(())
    }

    /// Gives a name back.
    pub(crate) fn release_name(&self, uuid: Uuid, name: &str) {
        let mut maps = self.write();
        if maps.by_name.get(name) == Some(&uuid) {
            maps.by_name.remove(name);
        }
    }

    /// The domain is gone: this very one, not another that has come to its uuid since.
    pub(crate) fn remove(&self, entry: &Arc<Entry>) {
        let mut maps = self.write();
        if maps
            .by_uuid
            .get(&entry.uuid)
            .is_some_and(|known| Arc::ptr_eq(known, entry))
        {
            maps.by_uuid.remove(&entry.uuid);
            maps.by_name.retain(|_, owner| *owner != entry.uuid);
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Maps> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Maps> {
        self.maps.write().unwrap_or_else(PoisonError::into_inner)
    }
}
