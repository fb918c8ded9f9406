//! Which domains there are, by uuid and by name.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use uuid::Uuid;
use virt_core::domain::{DomainRef, DomainSelector};
use virt_core::{Error, ErrorKind, Result, Subject};

/// A domain as the registry has to know it.
pub trait Registered {
    /// Its uuid, which never changes.
    fn uuid(&self) -> Uuid;

    /// Its name at present.
    fn name(&self) -> String;

    /// Whether it exists for others: not before its definition, or its first run, is on disk.
    fn is_visible(&self) -> bool;

    /// The number of its present run; `None` while it does not run.
    fn id(&self) -> Option<u32>;
}

/// The domains of a root. A name or uuid is reserved before anything is written, so no two domains ever share one.
#[derive(Debug)]
pub struct Registry<E> {
    maps: RwLock<Maps<E>>,
}

#[derive(Debug)]
struct Maps<E> {
    by_uuid: HashMap<Uuid, Arc<E>>,
    by_name: HashMap<String, Uuid>,
}

impl<E> Default for Registry<E> {
    fn default() -> Self {
        let maps = Maps {
            by_uuid: HashMap::new(),
            by_name: HashMap::new(),
        };
        Self {
            maps: RwLock::new(maps),
        }
    }
}

impl<E: Registered> Registry<E> {
    /// The domain of this uuid.
    pub fn by_uuid(&self, uuid: Uuid) -> Option<Arc<E>> {
        self.read().by_uuid.get(&uuid).cloned()
    }

    /// The domain of this uuid, or the error that it does not exist.
    pub fn existing(&self, uuid: Uuid) -> Result<Arc<E>> {
        self.by_uuid(uuid)
            .filter(|entry| entry.is_visible())
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "no domain of this uuid is there (any more)"))
    }

    /// All domains that can be seen.
    pub fn all(&self) -> Vec<Arc<E>> {
        self.read()
            .by_uuid
            .values()
            .filter(|entry| entry.is_visible())
            .cloned()
            .collect()
    }

    /// Those of these uuids that exist, or all that run where none are named: what is read in bulk.
    pub fn named_or_running(&self, domains: Option<&[Uuid]>) -> Vec<Arc<E>> {
        match domains {
            Some(uuids) => uuids
                .iter()
                .filter_map(|uuid| self.existing(*uuid).ok())
                .collect(),
            None => self
                .all()
                .into_iter()
                .filter(|entry| entry.id().is_some())
                .collect(),
        }
    }

    /// All domains, those that nobody sees yet included.
    pub fn everyone(&self) -> Vec<Arc<E>> {
        self.read().by_uuid.values().cloned().collect()
    }

    /// Of all names that are reserved for a domain, leaves it this one.
    pub fn settle_name(&self, uuid: Uuid, name: &str) {
        let mut maps = self.write();
        maps.by_name
            .retain(|known, owner| *owner != uuid || known == name);
        maps.by_name.entry(name.to_owned()).or_insert(uuid);
    }

    /// The domain a selector names.
    pub fn select(&self, selector: &DomainSelector) -> Result<DomainRef> {
        let found = match selector {
            DomainSelector::Uuid(uuid) => self.by_uuid(*uuid),
            DomainSelector::Name(name) => {
                let maps = self.read();
                maps.by_name
                    .get(name)
                    .and_then(|uuid| maps.by_uuid.get(uuid))
                    .cloned()
            }
            DomainSelector::Id(id) => self.all().into_iter().find(|entry| entry.id() == Some(*id)),
            _ => return Err(Error::unsupported("this way of looking up a domain")),
        };
        let seen = found.filter(|entry| entry.is_visible());
        seen.map(|entry| DomainRef::new(entry.uuid(), entry.name()))
            .ok_or_else(|| self.not_found(selector))
    }

    fn not_found(&self, selector: &DomainSelector) -> Error {
        let mut names: Vec<String> = self.all().iter().map(|entry| entry.name()).collect();
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
    pub fn claim(&self, uuid: Uuid, name: &str, make: impl FnOnce() -> Result<Arc<E>>) -> Result<Arc<E>> {
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
                format!("uuid {uuid} belongs to domain {:?} already", entry.name()),
            )),
            (None, Some(_)) => Err(Error::new(
                ErrorKind::Internal,
                "a name without a domain is reserved",
            )),
        }
    }

    /// Reserves a further name for a domain.
    pub fn reserve_name(&self, uuid: Uuid, name: &str) -> Result<()> {
        let mut maps = self.write();
        if let Some(owner) = maps.by_name.get(name) {
            let message = format!("a domain named {name:?} exists already, with uuid {owner}");
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        maps.by_name.insert(name.to_owned(), uuid);
        Ok(())
    }

    /// Whether a name is some domain's, or about to be.
    pub fn is_reserved(&self, name: &str) -> bool {
        self.read().by_name.contains_key(name)
    }

    /// Gives a name back.
    pub fn release_name(&self, uuid: Uuid, name: &str) {
        let mut maps = self.write();
        if maps.by_name.get(name) == Some(&uuid) {
            maps.by_name.remove(name);
        }
    }

    /// The domain is gone: this very one, not another that has come to its uuid since.
    pub fn remove(&self, entry: &Arc<E>) {
        let uuid = entry.uuid();
        let mut maps = self.write();
        if maps
            .by_uuid
            .get(&uuid)
            .is_some_and(|known| Arc::ptr_eq(known, entry))
        {
            maps.by_uuid.remove(&uuid);
            maps.by_name.retain(|_, owner| *owner != uuid);
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Maps<E>> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Maps<E>> {
        self.maps.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Domain {
        uuid: Uuid,
        name: &'static str,
    }

    impl Registered for Domain {
        fn uuid(&self) -> Uuid {
            self.uuid
        }

        fn name(&self) -> String {
            self.name.to_owned()
        }

        fn is_visible(&self) -> bool {
            self.name != "hidden"
        }

        fn id(&self) -> Option<u32> {
            (self.name == "running").then_some(7)
        }
    }

    fn claim(registry: &Registry<Domain>, uuid: u128, name: &'static str) -> Result<Arc<Domain>> {
        let uuid = Uuid::from_u128(uuid);
        registry.claim(uuid, name, || Ok(Arc::new(Domain { uuid, name })))
    }

    #[test]
    fn no_two_domains_share_a_name_or_a_uuid() {
        let registry = Registry::default();
        let web = claim(&registry, 1, "web").unwrap();
        assert!(Arc::ptr_eq(&web, &claim(&registry, 1, "web").unwrap()));
        for (uuid, name) in [(2, "web"), (1, "db")] {
            let error = claim(&registry, uuid, name).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{uuid} {name}");
        }
        registry.reserve_name(web.uuid, "db").unwrap();
        assert!(claim(&registry, 2, "db").is_err());
        registry.settle_name(web.uuid, "db");
        assert!(claim(&registry, 2, "web").is_ok());
    }

    #[test]
    fn a_domain_that_is_removed_leaves_one_that_came_to_its_uuid_since() {
        let registry = Registry::default();
        let before = claim(&registry, 1, "web").unwrap();
        registry.remove(&before);
        let since = claim(&registry, 1, "web").unwrap();
        registry.remove(&before);
        assert!(Arc::ptr_eq(&since, &registry.existing(since.uuid).unwrap()));
    }

    #[test]
    fn what_is_hidden_is_neither_found_nor_told() {
        let registry = Registry::default();
        claim(&registry, 1, "hidden").unwrap();
        claim(&registry, 2, "running").unwrap();
        assert_eq!((registry.all().len(), registry.everyone().len()), (1, 2));
        let found = registry.select(&DomainSelector::Id(7)).unwrap();
        assert_eq!(found.name, "running");
        let error = registry
            .select(&DomainSelector::Name("hidden".to_owned()))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("(there are: running)"), "{error}");
    }
}
