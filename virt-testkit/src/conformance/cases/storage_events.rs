//! What is told of storage pools.

use virt_core::event::{Event, EventFilter, EventStream, ObjectKind, StoragePoolChange};
use virt_core::storage::StoragePool;

use crate::conformance::{Doing, Env, Failure};

cases! { "storage_events";
    the_life_of_a_pool_is_told(None, StoragePools, Events);
    a_filter_of_other_kinds_keeps_pools_out(None, StoragePools, Events);
}

async fn events(env: &Env, kind: ObjectKind) -> Result<EventStream, Failure> {
    let filter = EventFilter::all().of_kind(kind);
    env.conn().events(filter).await.doing("subscribing")
}

/// Waits for this change of that pool; what comes before may be of others, or a refresh.
async fn told(
    env: &Env,
    events: &mut EventStream,
    pool: &StoragePool,
    wanted: StoragePoolChange,
) -> Result<(), Failure> {
    let waiting = async {
        loop {
            match events.next().await {
                Some(Event::StoragePool(event)) if event.pool.uuid == pool.uuid() => {
                    if event.change == wanted {
                        ensure_eq!(event.pool.name.as_str(), pool.name(), "the name in an event");
                        return Ok(());
                    }
                    if event.change != StoragePoolChange::Refreshed {
                        return Err(Failure::new(format!("{:?} came before {wanted:?}", event.change)));
                    }
                }
                Some(Event::StoragePool(_)) => {}
                other => return Err(Failure::new(format!("{other:?} came instead of {wanted:?}"))),
            }
        }
    };
    env.soon(&format!("the event {wanted:?}"), waiting).await?
}

async fn the_life_of_a_pool_is_told(env: &Env) -> Result<(), Failure> {
    let mut events = events(env, ObjectKind::StoragePool).await?;
    let pool = env.defined_pool("told").await?;
    told(env, &mut events, &pool, StoragePoolChange::Defined).await?;
    pool.build().await.doing("building it")?;
    told(env, &mut events, &pool, StoragePoolChange::Created).await?;
    pool.start().await.doing("starting it")?;
    told(env, &mut events, &pool, StoragePoolChange::Started).await?;
    pool.refresh().await.doing("refreshing it")?;
    told(env, &mut events, &pool, StoragePoolChange::Refreshed).await?;
    pool.destroy().await.doing("destroying it")?;
    told(env, &mut events, &pool, StoragePoolChange::Stopped).await?;
    pool.delete().await.doing("deleting what it stood on")?;
    told(env, &mut events, &pool, StoragePoolChange::Deleted).await?;
    pool.undefine().await.doing("undefining it")?;
    told(env, &mut events, &pool, StoragePoolChange::Undefined).await
}

async fn a_filter_of_other_kinds_keeps_pools_out(env: &Env) -> Result<(), Failure> {
    let mut domains = events(env, ObjectKind::Domain).await?;
    let mut pools = events(env, ObjectKind::StoragePool).await?;
    let pool = env.defined_pool("quiet").await?;
    told(env, &mut pools, &pool, StoragePoolChange::Defined).await?;
    ensure_eq!(
        domains.try_next(),
        None,
        "what was told to who listens to domains"
    );
    Ok(())
}
