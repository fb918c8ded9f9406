//! A server of the test's own that does what sshd does not: it opens sessions, and never says whether it runs a program.

use std::sync::Arc;

use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Session, VerifiedPublicKey, run_stream};
use russh::{Channel, Error};
use tokio::net::TcpListener;

use super::Sshd;

struct Mute {
    sessions: Vec<Channel<Msg>>,
}

impl Handler for Mute {
    type Error = Error;

    async fn auth_publickey(&mut self, _user: &str, _key: VerifiedPublicKey<'_>) -> Result<Auth, Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Error> {
        self.sessions.push(channel);
        reply.accept().await;
        Ok(())
    }
}

/// Serves in the place of an sshd that is configured and not started, with its key.
pub(super) async fn serve(sshd: &Sshd) {
    let listener = TcpListener::bind(("127.0.0.1", sshd.port)).await.unwrap();
    let config = Arc::new(Config {
        keys: vec![russh::keys::load_secret_key(sshd.path("host"), None).unwrap()],
        ..Config::default()
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mute = Mute { sessions: Vec::new() };
            let session = run_stream(Arc::clone(&config), stream, mute).await.unwrap();
            tokio::spawn(session);
        }
    });
}
