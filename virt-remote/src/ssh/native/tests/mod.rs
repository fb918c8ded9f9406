//! The link against a real sshd.

mod login;
mod mute_server;
mod newcomers;
mod programs;
mod routes;
mod sockets;
mod speed;
pub(in crate::ssh) mod sshd;

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use virt_core::Result;
use virt_core::credentials::{CredentialKind, CredentialRequest, CredentialSource, Secret};
use virt_core::host::ExitStatus;

use super::NativeDialer;
use super::connection::Sharing;
use super::link::NativeLink;
use super::login::Keyring;
use super::target::{Resolve, Target};
use crate::ssh::config::HostConfig;
use crate::ssh::link::{Dialer as _, FarProgram, Link};

pub(in crate::ssh) use sshd::Sshd;

pub(in crate::ssh) fn no_jumps() -> Resolve {
    Arc::new(|jump| panic!("nobody jumps over {}", jump.host))
}

/// Logs in, and gives the link as itself.
async fn native(config: HostConfig, credentials: CredentialSource) -> Result<NativeLink> {
    NativeLink::open(Arc::new(Target {
        name: config.alias.clone(),
        config,
        resolve: no_jumps(),
        credentials,
        keyring: Keyring::default(),
        sharing: Sharing::Shared,
    }))
    .await
}

async fn dial(config: HostConfig) -> Result<Arc<dyn Link>> {
    dial_asking(config, CredentialSource::default()).await
}

async fn dial_asking(config: HostConfig, credentials: CredentialSource) -> Result<Arc<dyn Link>> {
    NativeDialer::new(config.alias.clone(), config, no_jumps(), credentials)
        .dial()
        .await
}

/// Gives this secret for that kind of question, and none for others.
fn answers(kind: fn(&CredentialKind) -> bool, secret: &'static str) -> CredentialSource {
    CredentialSource::new(move |request: CredentialRequest| async move {
        kind(&request.kind).then(|| Secret::new(secret))
    })
}

/// What a program wrote, and how it ended.
pub(in crate::ssh) async fn outcome(program: FarProgram, input: &[u8]) -> (Vec<u8>, Vec<u8>, ExitStatus) {
    let FarProgram {
        stdio,
        mut stderr,
        end,
    } = program;
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let (mut reader, mut writer) = tokio::io::split(stdio);
    let feed = async {
        writer.write_all(input).await.unwrap();
        writer.shutdown().await.unwrap();
    };
    let (read, read_errors, ()) = tokio::join!(
        reader.read_to_end(&mut output),
        stderr.read_to_end(&mut errors),
        feed
    );
    read.unwrap();
    read_errors.unwrap();
    (output, errors, end.await.unwrap())
}

pub(in crate::ssh) async fn say(link: &dyn Link, line: &str) -> String {
    let program = link.exec(line).await.unwrap();
    let (output, errors, _) = outcome(program, b"").await;
    assert_eq!(String::from_utf8_lossy(&errors), "");
    String::from_utf8(output).unwrap().trim_end().to_owned()
}
