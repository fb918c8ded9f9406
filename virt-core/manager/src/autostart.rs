//! What starts by itself.

use std::sync::Arc;

use futures::stream::StreamExt;
use virt_core::CallClass;

use crate::{Embedded, Operation};

/// How many domains are started by themselves at a time.
const AT_A_TIME: usize = 4;

/// In a new boot of the machine, starts what is to start by itself: in the background, a few at a time.
pub(crate) fn start_by_themselves<M: Embedded>(manager: &Arc<M>) {
    let root = manager.root();
    if root.only_watches() {
        return;
    }
    let boot = root.reach.facts().boot_id.clone();
    if manager.autostarted_boot().as_deref() == Some(boot.as_str()) {
        return;
    }
    let manager = Arc::clone(manager);
    drop(root.life.runtime().spawn(async move {
        match manager.begin_boot(boot).await {
            Ok(true) => start_all(manager.as_ref()).await,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "the manager's record could not be written; nothing is started by itself");
            }
        }
    }));
}

async fn start_all<M: Embedded>(manager: &M) {
    let root = manager.root();
    let wanted = root.registry.all().into_iter().filter(|entry| {
        let view = entry.view();
        view.autostart && !view.is_active()
    });
    futures::stream::iter(wanted)
        .for_each_concurrent(AT_A_TIME, |entry| async move {
            let call = root.own_call("autostart", CallClass::Change);
            if let Err(error) = entry.owner.ask(&call, Operation::plain_start()).await {
                tracing::warn!(domain = %entry.name(), %error, "a domain did not start by itself");
            }
        })
        .await;
}
