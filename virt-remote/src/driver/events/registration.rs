//! Asking a daemon for its events.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;
use uuid::Uuid;
use virt_core::{Error, Result};

use super::object_registration;
use crate::driver::refusal;
use crate::protocol::error_code::ErrorCode;
use crate::protocol::remote::connect::{ConnectListAllDomains, ConnectListAllDomainsArgs};
use crate::protocol::remote::event_registration::{
    ConnectDomainEventCallbackRegisterAny, ConnectDomainEventCallbackRegisterAnyArgs,
};
use crate::rpc::RpcConnection;
use crate::session::{Feature, supports};

/// Nobody's patience in particular: whoever subscribed has a deadline of its own.
const TIME: Duration = Duration::from_secs(60);

/// `virDomainEventID`: all but those that a newer one repeats: `IO_ERROR` (4; 6 has the reason, too) and `BLOCK_JOB` (8; 16).
const DOMAIN_EVENTS: &[i32] = &[
    0, 1, 2, 3, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
];

/// `VIR_CONNECT_LIST_DOMAINS_ACTIVE`.
const ACTIVE: u32 = 1;

/// Asks for the events of all objects. Those a daemon is too old for are left out. Gives the domains that run when the
/// events begin.
pub(super) async fn register_all(connection: &RpcConnection) -> Result<Vec<Uuid>> {
    let deadline = Instant::now() + TIME;
    let asked = DOMAIN_EVENTS.iter().map(|event_id| async {
        let args = ConnectDomainEventCallbackRegisterAnyArgs {
            event_id: *event_id,
            dom: None,
        };
        connection
            .call::<ConnectDomainEventCallbackRegisterAny>(&args, deadline)
            .await
    });
    let mut refused = None;
    let mut registered = 0_usize;
    // All of it at once; a daemon without the feature knows none of the rest.
    let (tells, domains, objects) = tokio::join!(
        supports(connection, Feature::RemoteEventCallback, deadline),
        join_all(asked),
        object_registration::ask(connection, deadline)
    );
    if !tells? {
        return Err(Error::unsupported(
            "this daemon is too old for events: it has to be libvirt 1.3.3 or newer",
        ));
    }
    let of_domains = domains.into_iter().map(|asked| asked.map(drop));
    for asked in of_domains.chain(objects) {
        match asked {
            Ok(()) => registered += 1,
            Err(error)
                if refusal::is_unsupported(&error)
                    || matches!(
                        error.code(),
                        Some(ErrorCode::INVALID_ARG | ErrorCode::INTERNAL_ERROR)
                    ) =>
            {
                refused = Some(error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    match refused {
        Some(error) if registered == 0 => Err(error.into()),
        _ => active_now(connection, deadline).await,
    }
}

async fn active_now(connection: &RpcConnection, deadline: Instant) -> Result<Vec<Uuid>> {
    let args = ConnectListAllDomainsArgs {
        need_results: 1,
        flags: ACTIVE,
    };
    let listed = connection.call::<ConnectListAllDomains>(&args, deadline).await?;
    Ok(listed.domains.into_iter().map(|domain| domain.uuid).collect())
}
