//! The worlds of this process, which domains can move between.

use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use super::world::{Link, Shared};
use crate::error::{Error, ErrorKind, Result};
use crate::sorted::SortedMap;

/// What the URI of a world begins with.
const PREFIX: &str = "test:///world/";

#[derive(Debug, Default)]
struct Worlds {
    last: u64,
    open: SortedMap<u64, Weak<Shared>>,
}

static WORLDS: LazyLock<Mutex<Worlds>> = LazyLock::new(Mutex::default);

/// Makes a world known; its number.
pub(super) fn enter(shared: &Weak<Shared>) -> u64 {
    let mut worlds = WORLDS.lock().unwrap_or_else(PoisonError::into_inner);
    worlds.open.retain(|_, world| world.strong_count() > 0);
    worlds.last = worlds.last.saturating_add(1);
    let number = worlds.last;
    worlds.open.insert(number, Weak::clone(shared));
    number
}

/// The URI that the manager of another world reaches it by.
pub(super) fn uri(number: u64) -> String {
    format!("{PREFIX}{number}")
}

/// The world of this URI.
pub(super) fn find(uri: &str) -> Result<Arc<Shared>> {
    let number = uri
        .strip_prefix(PREFIX)
        .and_then(|number| number.parse::<u64>().ok());
    let Some(number) = number else {
        let message = format!(
            "no world {uri:?}: guests of test connections move to {PREFIX}NUMBER, which TestControl::migration_uri gives"
        );
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    };
    let worlds = WORLDS.lock().unwrap_or_else(PoisonError::into_inner);
    let world = worlds.open.get(&number).and_then(Weak::upgrade);
    let world = world.filter(|world| world.link() != Link::Closed);
    world.ok_or_else(|| {
        let message = format!("no world {uri:?}: its connection is closed, or of another process");
        Error::new(ErrorKind::NotFound, message)
    })
}
