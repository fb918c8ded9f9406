//! What holds for a connection, whatever the daemon sends: it ends, says why, and leaves nobody waiting.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout};
use virt_remote::protocol::net::{MessageError, StreamHole};
use virt_remote::protocol::remote::connect::{ConnectGetHostname, ConnectGetHostnameRet};
use virt_remote::protocol::remote::object::StorageVol;
use virt_remote::protocol::remote::storage_volume::{StorageVolDownload, StorageVolDownloadArgs};
use virt_remote::protocol::xdr;
use virt_remote::protocol::{ProcedureInfo, keepalive};
use virt_remote::rpc::{RpcConnection, RpcOptions};

use super::choices::Choices;

/// Nobody may wait longer; the clock of these tests goes by itself.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a daemon says that has answers to a call (serial 1) and to one that opens a stream (2), true or not.
pub fn told(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !choices.is_empty() && bytes.len() < 4096 {
        message(choices, &mut bytes);
    }
    bytes
}

fn message(choices: &mut Choices<'_>, bytes: &mut Vec<u8>) {
    let stream = choices.byte() % 2 == 1;
    let info = match (stream, choices.once_in(8)) {
        (_, true) => keepalive::Ping::INFO,
        (true, _) => StorageVolDownload::INFO,
        (false, _) => ConnectGetHostname::INFO,
    };
    let serial = match choices.once_in(8) {
        true => u32::from(choices.byte()),
        false => 1 + u32::from(stream),
    };
    // Reply, event, piece of a stream, reply with descriptors, hole.
    let kind = *choices.pick(&[1, 1, 3, 3, 3, 6, 2, 5, 0]);
    let status = *choices.pick(&[0, 0, 2, 2, 2, 1, 3]);
    let payload = payload(choices);
    let wrong = if choices.once_in(32) {
        u32::from(choices.byte())
    } else {
        0
    };
    let length = u32::try_from(28 + payload.len()).unwrap_or_default();
    for word in [
        length.wrapping_sub(wrong),
        info.program.number,
        info.program.version,
    ] {
        bytes.extend(word.to_be_bytes());
    }
    for word in [number(choices, info), kind] {
        bytes.extend(word.to_be_bytes());
    }
    for word in [serial, status] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend(payload);
}

fn number(choices: &mut Choices<'_>, info: &ProcedureInfo) -> i32 {
    match choices.once_in(16) {
        true => i32::from(choices.byte()),
        false => info.number,
    }
}

fn payload(choices: &mut Choices<'_>) -> Vec<u8> {
    let made = match choices.below(5) {
        0 => xdr::to_bytes(&ConnectGetHostnameRet {
            hostname: "far".into(),
        }),
        1 => xdr::to_bytes(&MessageError {
            code: i32::from(choices.byte()),
            message: Some("no".into()),
            ..MessageError::default()
        }),
        2 => xdr::to_bytes(&StreamHole {
            length: i64::from(choices.byte()) - 16,
            flags: 0,
        }),
        3 => Ok(Vec::new()),
        _ => {
            let length = choices.below(64);
            Ok((0..length).map(|_| choices.byte()).collect())
        }
    };
    made.unwrap_or_default()
}

/// Has a client make both calls, says that to it, and goes away.
pub fn hold(said: &[u8]) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| error.to_string())?;
    let talk = talk(said);
    match runtime.block_on(async { timeout(PATIENCE, talk).await }) {
        Ok(held) => held,
        Err(_) => Err(format!("somebody waits for ever after {said:02x?}")),
    }
}

async fn talk(said: &[u8]) -> Result<(), String> {
    let (near, mut far) = tokio::io::duplex(64 * 1024);
    let (connection, mut events) = RpcConnection::start(near, RpcOptions::default());
    let deadline = Instant::now() + 2 * PATIENCE;
    let asking = async {
        drop(connection.call::<ConnectGetHostname>(&(), deadline).await);
    };
    let streaming = async {
        let args = StorageVolDownloadArgs {
            vol: StorageVol {
                pool: "pool".into(),
                name: "volume".into(),
                key: "/volume".into(),
            },
            offset: 0,
            length: 0,
            flags: 0,
        };
        let opened = connection
            .open_stream::<StorageVolDownload>(&args, deadline)
            .await;
        if let Ok(((), stream)) = opened {
            while let Ok(Some(_)) = stream.next().await {}
            drop(stream.finish(deadline).await);
        }
    };
    let listening = async { while events.next().await.is_some() {} };
    let saying = async {
        // Both calls are on their way before anything is said to them.
        tokio::time::sleep(Duration::from_millis(1)).await;
        // Fails where the client has had enough.
        drop(far.write_all(said).await);
        drop(far.shutdown().await);
        let mut rest = Vec::new();
        drop(tokio::io::AsyncReadExt::read_to_end(&mut far, &mut rest).await);
    };
    let ((), (), (), (), _reason) = tokio::join!(asking, streaming, listening, saying, connection.ended());
    match connection.end_reason() {
        Some(_) => Ok(()),
        None => Err("the connection has ended without a reason".to_owned()),
    }
}
