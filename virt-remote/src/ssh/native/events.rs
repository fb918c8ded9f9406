//! What russh tells about a connection.

use std::sync::Arc;

use russh::client::{DisconnectReason, Handler, Session};
use russh::keys::PublicKeyOrCertificate;
use russh::{ChannelId, Sig};
use virt_core::host::ExitStatus;

use super::connection::Shared;
use super::fault::{self, Fault};
use super::host_key::HostKeyCheck;
use super::inbox::{Lane, Put};
use super::signal::exit_by;

/// The extended data that is standard error (RFC 4254, 5.2).
const STDERR: u32 = 1;

/// Sorts what comes in into the channels' inboxes. Its end is the connection's.
#[derive(Debug)]
pub(super) struct Events {
    shared: Arc<Shared>,
    host_key: HostKeyCheck,
}

impl Events {
    pub(super) fn new(shared: Arc<Shared>, host_key: HostKeyCheck) -> Self {
        Self { shared, host_key }
    }

    async fn incoming(
        &self,
        id: ChannelId,
        lane: Lane,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Fault> {
        let Some(inbox) = self.shared.known_inbox(id) else {
            return Ok(());
        };
        match inbox.put(lane, data, !self.shared.is_exclusive()) {
            Put::TooMuch => {
                tracing::warn!(host = self.shared.name(), channel = %id, "a stream was left unread and is closed");
                session.close(id)?;
                self.shared.finished(id);
            }
            Put::Full if self.shared.is_exclusive() => inbox.room(lane).await,
            Put::Full | Put::Taken => {}
        }
        Ok(())
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.shared.gone();
    }
}

impl Handler for Events {
    type Error = Fault;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Fault> {
        self.host_key.check(key).await.map_err(Fault::Ours)?;
        Ok(true)
    }

    async fn auth_banner(&mut self, banner: &str, _session: &mut Session) -> Result<(), Fault> {
        tracing::debug!(host = self.shared.name(), banner, "the server's banner");
        Ok(())
    }

    async fn channel_open_confirmation(
        &mut self,
        id: ChannelId,
        _max_packet_size: u32,
        _window_size: u32,
        _session: &mut Session,
    ) -> Result<(), Fault> {
        // Data may follow before the opener runs.
        self.shared.opened(id);
        Ok(())
    }

    async fn data(&mut self, id: ChannelId, data: &[u8], session: &mut Session) -> Result<(), Fault> {
        self.incoming(id, Lane::Output, data, session).await
    }

    async fn extended_data(
        &mut self,
        id: ChannelId,
        kind: u32,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Fault> {
        if kind == STDERR {
            self.incoming(id, Lane::Errors, data, session).await?;
        }
        Ok(())
    }

    async fn channel_eof(&mut self, id: ChannelId, _session: &mut Session) -> Result<(), Fault> {
        if let Some(inbox) = self.shared.known_inbox(id) {
            inbox.end_of_data();
        }
        Ok(())
    }

    async fn channel_close(&mut self, id: ChannelId, _session: &mut Session) -> Result<(), Fault> {
        if let Some(inbox) = self.shared.known_inbox(id) {
            inbox.closed();
        }
        self.shared.finished(id);
        Ok(())
    }

    async fn channel_success(&mut self, id: ChannelId, _session: &mut Session) -> Result<(), Fault> {
        if let Some(inbox) = self.shared.known_inbox(id) {
            inbox.replied(true);
        }
        Ok(())
    }

    async fn channel_failure(&mut self, id: ChannelId, _session: &mut Session) -> Result<(), Fault> {
        if let Some(inbox) = self.shared.known_inbox(id) {
            inbox.replied(false);
        }
        Ok(())
    }

    async fn exit_status(&mut self, id: ChannelId, status: u32, _session: &mut Session) -> Result<(), Fault> {
        if let Some(inbox) = self.shared.known_inbox(id) {
            inbox.exited(i32::try_from(status).map_or(ExitStatus::Unknown, ExitStatus::Code));
        }
        Ok(())
    }

    async fn exit_signal(
        &mut self,
        id: ChannelId,
        signal: Sig,
        _core_dumped: bool,
        _message: &str,
        _language: &str,
        _session: &mut Session,
    ) -> Result<(), Fault> {
        if let Some(inbox) = self.shared.known_inbox(id) {
            inbox.exited(exit_by(&signal));
        }
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Fault>) -> Result<(), Fault> {
        match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                tracing::debug!(host = self.shared.name(), message = info.message, "disconnected");
                if fault::turns_away(&info.reason_code, &info.message) {
                    self.shared.turned_away();
                }
                self.shared.said_farewell(info.message);
                Ok(())
            }
            DisconnectReason::Error(fault) => {
                tracing::debug!(host = self.shared.name(), %fault, "disconnected");
                self.shared.said_farewell(fault.to_string());
                Err(fault)
            }
        }
    }
}
