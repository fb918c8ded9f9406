//! Ids of I/O threads.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::sorted::SortedSet;

pub(super) fn check(config: &DomainConfig) -> Checked {
    if let Some(ids) = &config.iothreadids {
        let mut seen = SortedSet::new();
        for (index, thread) in ids.threads.iter().enumerate() {
            let at = At::nth("/domain/iothreadids/iothread", index, &thread.rest);
            let id = *at.need("/@id", "the attribute 'id'", thread.id.as_ref())?;
            at.refuse_if(id == 0, "/@id", "the id is 0; it begins at 1")?;
            at.refuse_when(
                !seen.insert(id),
                "/@id",
                format_args!("the I/O thread {id} is there twice"),
            )?;
            check_pool(at, thread.thread_pool_min, thread.thread_pool_max)?;
        }
    }
    match &config.defaultiothread {
        Some(pool) => check_pool(
            At::the("/domain/defaultiothread", &pool.rest),
            pool.thread_pool_min,
            pool.thread_pool_max,
        ),
        None => Ok(()),
    }
}

/// The ids there are: those said, then the lowest free ones up to the number of threads.
pub(super) fn ids(config: &DomainConfig) -> SortedSet<u32> {
    let said = config.iothreadids.as_ref();
    let mut ids: SortedSet<u32> = said
        .map(|ids| ids.threads.iter().filter_map(|thread| thread.id).collect())
        .unwrap_or_default();
    let wanted = usize::try_from(config.iothreads.unwrap_or_default()).unwrap_or(usize::MAX);
    let mut next = 1_u32;
    while ids.len() < wanted && next < u32::from(u16::MAX) {
        ids.insert(next);
        next += 1;
    }
    ids
}

fn check_pool(at: At<'_>, min: Option<u32>, max: Option<u32>) -> Checked {
    match (min, max) {
        (Some(min), Some(max)) if min > max => Err(at.wrong(
            "/@thread_pool_min",
            format!("the least number of threads {min} is more than the greatest {max}"),
        )),
        _ => Ok(()),
    }
}
