//! What a daemon can do beyond the first version of the protocol.

use tokio::time::Instant;

use crate::protocol::remote::connect::{ConnectSupportsFeature, ConnectSupportsFeatureArgs};
use crate::rpc::{RpcConnection, RpcError, RpcResult};

/// A feature of a driver, or of the daemon (`VIR_DRV_FEATURE_…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// Migration from daemon to daemon.
    MigrationP2p,
    /// Migration without a daemon on the other side.
    MigrationDirect,
    /// Version 3 of the migration protocol.
    MigrationV3,
    /// File descriptors may be passed along.
    FdPassing,
    /// Typed parameters may be strings.
    TypedParamString,
    /// The program `keepalive`.
    ProgramKeepalive,
    /// Migration of what is not running.
    MigrationOffline,
    /// Migration with typed parameters.
    MigrationParams,
    /// Events come with the number of the callback they are for.
    RemoteEventCallback,
    /// The daemon tells when its own connection to the hypervisor ends.
    RemoteCloseCallback,
    /// `virNetworkUpdate` takes its arguments in the documented order.
    NetworkUpdateOrder,
}

impl Feature {
    const fn number(self) -> i32 {
        match self {
            Self::MigrationP2p => 4,
            Self::MigrationDirect => 5,
            Self::MigrationV3 => 6,
            Self::FdPassing => 8,
            Self::TypedParamString => 9,
            Self::ProgramKeepalive => 10,
            Self::MigrationOffline => 12,
            Self::MigrationParams => 13,
            Self::RemoteEventCallback => 14,
            Self::RemoteCloseCallback => 15,
            Self::NetworkUpdateOrder => 16,
        }
    }
}

/// Asks a daemon for a feature; one that does not know the question has none.
///
/// # Errors
/// [`RpcError`] where there is no answer.
pub async fn supports(connection: &RpcConnection, feature: Feature, deadline: Instant) -> RpcResult<bool> {
    let args = ConnectSupportsFeatureArgs {
        feature: feature.number(),
    };
    match connection.call::<ConnectSupportsFeature>(&args, deadline).await {
        Ok(answer) => Ok(answer.supported != 0),
        Err(RpcError::Libvirt { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
