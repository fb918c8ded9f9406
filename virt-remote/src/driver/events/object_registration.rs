//! Asking a daemon for the events of objects that are no domains.

use futures::future::join_all;
use futures::{FutureExt as _, future::BoxFuture};
use tokio::time::Instant;

use crate::driver::refusal;
use crate::protocol::remote::event_registration::{
    ConnectNetworkEventRegisterAny, ConnectNetworkEventRegisterAnyArgs, ConnectNodeDeviceEventRegisterAny,
    ConnectNodeDeviceEventRegisterAnyArgs, ConnectSecretEventRegisterAny, ConnectSecretEventRegisterAnyArgs,
    ConnectStoragePoolEventRegisterAny, ConnectStoragePoolEventRegisterAnyArgs,
};
use crate::rpc::{RpcConnection, RpcResult};

/// `virNetworkEventID`, `virStoragePoolEventID`, `virSecretEventID`, `virNodeDeviceEventID`: there are two of each, that
/// of an object's life and one more.
const EVENTS: [i32; 2] = [0, 1];

/// Asks for the events of all networks, pools, secrets and devices; gives the answers, one for each.
pub(super) async fn ask<'a>(connection: &'a RpcConnection, deadline: Instant) -> Vec<RpcResult<()>> {
    let asked = EVENTS
        .iter()
        .flat_map(|event_id| -> [BoxFuture<'a, RpcResult<()>>; 4] {
            let event_id = *event_id;
            [
                async move {
                    let args = ConnectNetworkEventRegisterAnyArgs { event_id, net: None };
                    connection
                        .call::<ConnectNetworkEventRegisterAny>(&args, deadline)
                        .await
                        .map(drop)
                }
                .boxed(),
                async move {
                    let args = ConnectStoragePoolEventRegisterAnyArgs { event_id, pool: None };
                    connection
                        .call::<ConnectStoragePoolEventRegisterAny>(&args, deadline)
                        .await
                        .map(drop)
                }
                .boxed(),
                async move {
                    let args = ConnectSecretEventRegisterAnyArgs {
                        event_id,
                        secret: None,
                    };
                    connection
                        .call::<ConnectSecretEventRegisterAny>(&args, deadline)
                        .await
                        .map(drop)
                }
                .boxed(),
                async move {
                    let args = ConnectNodeDeviceEventRegisterAnyArgs { event_id, dev: None };
                    connection
                        .call::<ConnectNodeDeviceEventRegisterAny>(&args, deadline)
                        .await
                        .map(drop)
                }
                .boxed(),
            ]
        });
    join_all(asked).await.into_iter().map(but_denied).collect()
}

/// A daemon may let somebody watch domains and not, say, secrets: the events of the domains come all the same.
fn but_denied(answer: RpcResult<()>) -> RpcResult<()> {
    match answer {
        Err(error) if refusal::is_denied(&error) => {
            tracing::warn!(%error, "the daemon does not tell of the events of some objects");
            Ok(())
        }
        answer => answer,
    }
}
