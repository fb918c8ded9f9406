//! Logging in by SASL (RFC 4422): what carries a mechanism's messages.
//!
//! ```text
//! mechanism.rs   which one is used; what one does             │ pure
//! scram/ digest_md5/ plain.rs external.rs                     │ pure
//! mod.rs         the mechanism's messages as procedures       │ acts
//! ```

mod digest_md5;
mod external;
mod fault;
mod mechanism;
mod plain;
mod scram;

use tokio::time::Instant;
use virt_core::{Error, ErrorKind, Result};

use super::Login;
use super::identity::Identity;
use crate::protocol::remote::auth::{
    AuthSaslInit, AuthSaslStart, AuthSaslStartArgs, AuthSaslStep, AuthSaslStepArgs,
};
use crate::protocol::xdr::Chars;
use crate::rpc::{RpcConnection, RpcError};
use crate::transport::Protection;
use fault::SaslFault;
pub(super) use mechanism::SaslUser;
use mechanism::{Exchange, Mechanism};

/// How often a daemon may ask before it has to be content. No mechanism here needs more than three.
const MOST_STEPS: usize = 8;

/// What a daemon said: whether it is content, and what it said to the mechanism.
struct Said {
    complete: bool,
    data: Option<Vec<u8>>,
}

impl Said {
    /// Nothing (`nil`) and an empty message are different things.
    fn new(complete: i32, nil: i32, data: &Chars) -> Self {
        Self {
            complete: complete != 0,
            data: (nil == 0).then(|| data.0.to_vec()),
        }
    }
}

/// Logs in by the mechanism that is wanted, or by the strongest of those that the daemon has.
///
/// # Errors
/// `AuthenticationFailed` where the daemon refuses, or does not prove that it knows the password; `Unsupported` where no
/// mechanism of its fits.
pub(super) async fn log_in(
    connection: &RpcConnection,
    login: &Login<'_>,
    wanted: Option<&str>,
    deadline: Instant,
) -> Result<()> {
    if login.protection == Protection::None && login.layer.is_none() {
        let message =
            "the daemon wants a login by SASL, and nothing is known of how well this stream is kept";
        return Err(Error::unsupported(message));
    }
    let listed = connection.call::<AuthSaslInit>(&(), deadline).await?.mechlist;
    let listed = listed.text().into_owned();
    let offered: Vec<&str> = listed.split([',', ' ']).filter(|name| !name.is_empty()).collect();
    let mechanism = Mechanism::choose(&offered, wanted, login.protection)?;
    let name = mechanism.name();
    let identity = Identity::new(login);
    let user = match mechanism.needs_password() {
        true => identity.user(&format!("SASL ({name})"), deadline).await?,
        false => SaslUser::default(),
    };
    tracing::debug!(mechanism = name, user = user.name, "logging in by SASL");
    let who = user.name.clone();
    let exchange = mechanism.exchange(user, login.host(), login.protection)?;
    let mut exchange = converse(connection, exchange, name, deadline)
        .await
        .map_err(|error| match (error.kind(), who.as_str()) {
            (_, "") => error,
            (ErrorKind::AuthenticationFailed, who) => {
                error.with_subject(virt_core::Subject::Other(format!("{who}@{}", login.host())))
            }
            _ => error,
        })?;
    if let (Some(layer), Some(switch)) = (exchange.layer(), login.layer) {
        switch.install(layer);
    }
    Ok(())
}

async fn converse(
    connection: &RpcConnection,
    mut exchange: Box<dyn Exchange>,
    name: &'static str,
    deadline: Instant,
) -> Result<Box<dyn Exchange>> {
    let about = |fault: SaslFault| fault.into_error(name);
    let refused = |error: RpcError| refusal(error, name);
    let first = exchange.begin().map_err(about)?;
    let args = AuthSaslStartArgs {
        mech: name.into(),
        nil: i32::from(first.is_none()),
        data: first.unwrap_or_default().into(),
    };
    let started = connection
        .call::<AuthSaslStart>(&args, deadline)
        .await
        .map_err(refused)?;
    let mut said = Said::new(started.complete, started.nil, &started.data);
    for _ in 0..MOST_STEPS {
        let mut answer = None;
        // A daemon that is content may have said something all the same: the proof of who it is.
        if let Some(data) = said
            .data
            .take()
            .filter(|data| !(said.complete && exchange.is_done() && data.is_empty()))
        {
            (exchange, answer) = answered(exchange, data, deadline).await.map_err(about)?;
        } else if !said.complete && !exchange.is_done() {
            (exchange, answer) = answered(exchange, Vec::new(), deadline).await.map_err(about)?;
        }
        if said.complete {
            return match exchange.is_done() {
                true => Ok(exchange),
                false => Err(about(SaslFault::Impostor)),
            };
        }
        let args = AuthSaslStepArgs {
            nil: i32::from(answer.is_none()),
            data: answer.unwrap_or_default().into(),
        };
        let stepped = connection
            .call::<AuthSaslStep>(&args, deadline)
            .await
            .map_err(refused)?;
        said = Said::new(stepped.complete, stepped.nil, &stepped.data);
    }
    Err(about(SaslFault::OutOfOrder))
}

/// Has the mechanism answer where it keeps nobody waiting: hashing takes its time.
async fn answered(
    mut exchange: Box<dyn Exchange>,
    said: Vec<u8>,
    deadline: Instant,
) -> std::result::Result<(Box<dyn Exchange>, Option<Vec<u8>>), SaslFault> {
    let hashing = tokio::task::spawn_blocking(move || {
        let answer = exchange.answer(&said)?;
        Ok((exchange, answer))
    });
    match tokio::time::timeout_at(deadline, hashing).await {
        // It ends early with the runtime alone.
        Ok(hashed) => hashed.unwrap_or(Err(SaslFault::OutOfOrder)),
        Err(_elapsed) => Err(SaslFault::TooSlow),
    }
}

/// A daemon does not say why it refuses; that it does is told by its errors alone.
fn refusal(error: RpcError, mechanism: &str) -> Error {
    match error {
        RpcError::Libvirt { error, .. } => {
            let message = format!(
                "the daemon refuses the login by SASL ({mechanism}): user and password, or what the daemon allows them"
            );
            Error::new(ErrorKind::AuthenticationFailed, message).with_source(*error)
        }
        other => other.into(),
    }
}
