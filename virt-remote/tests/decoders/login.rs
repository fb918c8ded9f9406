//! What holds for a login by SASL, whatever the daemon says: it ends, a daemon that does not know the password is not
//! believed, and the password is not said.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::{Instant, timeout};
use virt_core::credentials::{CredentialKind, CredentialRequest, CredentialSource, Secret};
use virt_core::{ConnectUri, ErrorKind};
use virt_remote::auth::{Login, log_in};
use virt_remote::protocol::remote::auth::{
    AuthList, AuthListRet, AuthSaslInit, AuthSaslInitRet, AuthSaslStart, AuthSaslStartArgs, AuthSaslStartRet,
    AuthSaslStep, AuthSaslStepArgs, AuthSaslStepRet, AuthType,
};
use virt_remote::protocol::xdr;
use virt_remote::rpc::{RpcConnection, RpcOptions};
use virt_remote::transport::Protection;

use super::choices::Choices;

/// Nobody may wait longer; the clock of these tests goes by itself.
const PATIENCE: Duration = Duration::from_secs(600);
const PASSWORD: &str = "hunter2 is the password";
const MECHANISMS: &[&str] = &["SCRAM-SHA-256", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-512"];
/// In what a daemon says, this stands for the nonce that the client has said.
const NONCE: &str = "{r}";
/// More rounds of hashing only take time.
const MOST_ROUNDS: u32 = 5000;

/// One answer of a daemon.
#[derive(Debug, Clone)]
struct Says {
    complete: bool,
    nil: bool,
    data: Vec<u8>,
}

/// A daemon that does not know the password.
#[derive(Debug)]
pub struct Impostor {
    mechanism: &'static str,
    says: Vec<Says>,
}

impl Impostor {
    /// One by these bytes: the mechanism, and answers with zero bytes between them; the first byte of each says whether
    /// it is content, and whether there is nothing.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
        let says = rest.split(|byte| *byte == 0).take(10).map(|said| {
            let (how, data) = said.split_first().unwrap_or((&0, &[]));
            Says {
                complete: how & 1 == 1,
                nil: how & 2 == 2,
                data: data.to_vec(),
            }
        });
        Self {
            mechanism: MECHANISMS[usize::from(*first) % MECHANISMS.len()],
            says: says.collect(),
        }
    }

    /// One whose answers are nearly what the mechanism has there.
    pub fn made(choices: &mut Choices<'_>) -> Self {
        let mechanism = *choices.pick(MECHANISMS);
        let first: fn(&mut Choices<'_>) -> String = match mechanism {
            "DIGEST-MD5" => challenge,
            _ => server_first,
        };
        let mut says = vec![Says {
            complete: choices.once_in(16),
            nil: choices.once_in(16),
            data: first(choices).into_bytes(),
        }];
        for _ in 0..choices.below(4) {
            let data = match choices.once_in(8) {
                true => first(choices),
                false => (*choices.pick(PROOFS)).to_owned(),
            };
            says.push(Says {
                complete: choices.once_in(2),
                nil: choices.once_in(8),
                data: data.into_bytes(),
            });
        }
        Self { mechanism, says }
    }
}

const PROOFS: &[&str] = &[
    "v=QQ==",
    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    "rspauth=00000000000000000000000000000000",
    "e=no",
    "rspauth=",
    "v=",
    "",
];

fn server_first(choices: &mut Choices<'_>) -> String {
    let nonce = *choices.pick(&["{r}x", "{r}%hvYDpWUa2RaTCAfuxFIlj", "{r}", "x"]);
    let salt = *choices.pick(&["QQ==", "W22ZaJ0SNY7soEsUEjb6gQ==", "", "?"]);
    let rounds = *choices.pick(&["4096", "4999", "1", "+4096", "99999999999"]);
    let more = *choices.pick(&["", "", ",x=y", ",m=x"]);
    format!("r={nonce},s={salt},i={rounds}{more}")
}

fn challenge(choices: &mut Choices<'_>) -> String {
    let parts = [
        *choices.pick(&[
            "nonce=\"n\"",
            "nonce=n",
            "nonce=\"\\\"\"",
            "nonce=\"",
            "nonce=n,nonce=m",
        ]),
        *choices.pick(&[
            "algorithm=md5-sess",
            "algorithm=md5-sess",
            "algorithm=md5",
            "new=1",
        ]),
        *choices.pick(&[
            "qop=\"auth\"",
            "qop=\"auth,auth-conf\"",
            "qop=\"auth-conf\"",
            "x=y",
        ]),
        *choices.pick(&["realm=\"far\"", "realm=\"a\",realm=\"b, c\"", "realm=é", "x=y"]),
        *choices.pick(&["charset=utf-8", "maxbuf=65536", "maxbuf=1", "cipher=\"rc4\""]),
    ];
    parts.join(",")
}

/// How many messages of the mechanism the client has said; what must not be is an error.
pub fn hold(impostor: &Impostor) -> Result<usize, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| error.to_string())?;
    let held = runtime.block_on(async { timeout(PATIENCE, talk(impostor)).await });
    held.unwrap_or_else(|_| Err(format!("somebody waits for ever for {impostor:?}")))
}

async fn talk(impostor: &Impostor) -> Result<usize, String> {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let (connection, _events) = RpcConnection::start(near, RpcOptions::default());
    let uri: ConnectUri = "qemu+tls://nowhere.invalid/system?auth=sasl"
        .parse()
        .map_err(|error| format!("{error}"))?;
    let credentials = CredentialSource::new(|request: CredentialRequest| async move {
        let said = match request.kind {
            CredentialKind::UserName => "fred",
            _ => PASSWORD,
        };
        Some(Secret::new(said))
    });
    let login = Login::new(&uri, &credentials).with_protection(Protection::Encrypted);
    let logging_in = async {
        let ended = log_in(&connection, &login, Instant::now() + PATIENCE / 2).await;
        connection.close();
        ended
    };
    let (ended, heard) = tokio::join!(logging_in, serve(far, impostor));
    if heard
        .everything
        .windows(PASSWORD.len())
        .any(|said| said == PASSWORD.as_bytes())
    {
        return Err(format!("the password was said to {impostor:?}"));
    }
    match ended {
        Ok(()) => Err(format!("{impostor:?} was believed")),
        Err(error) if error.kind() == ErrorKind::Internal => Err(format!("{impostor:?}: {error:?}")),
        Err(error) if format!("{error:?}").contains(PASSWORD) => {
            Err(format!("the password is told in an error about {impostor:?}"))
        }
        Err(_) => Ok(heard.messages),
    }
}

/// What a daemon heard.
#[derive(Default)]
struct Heard {
    everything: Vec<u8>,
    messages: usize,
}

async fn serve(mut stream: DuplexStream, impostor: &Impostor) -> Heard {
    let mut heard = Heard::default();
    let mut says = impostor.says.iter();
    let mut nonce = String::new();
    // Until the client has gone.
    while let Ok(length) = stream.read_u32().await {
        let mut message = vec![0; usize::try_from(length).unwrap_or_default().saturating_sub(4)];
        if stream.read_exact(&mut message).await.is_err() {
            break;
        }
        heard.everything.extend(&message);
        let (head, args) = message.split_at(message.len().min(24));
        let number = |at: usize| {
            head.get(at..at + 4)
                .and_then(|word| word.try_into().ok().map(i32::from_be_bytes))
        };
        let said = match number(8) {
            Some(number) if number == AuthSaslStart::INFO.number => {
                xdr::from_bytes::<AuthSaslStartArgs>(args)
                    .ok()
                    .map(|args| args.data)
            }
            Some(number) if number == AuthSaslStep::INFO.number => xdr::from_bytes::<AuthSaslStepArgs>(args)
                .ok()
                .map(|args| args.data),
            _ => None,
        };
        if let Some(said) = &said {
            heard.messages += 1;
            let said = String::from_utf8_lossy(&said.0).into_owned();
            let told = said.split(',').find_map(|part| part.strip_prefix("r="));
            nonce = told.map_or(nonce, str::to_owned);
        }
        let answer = match number(8) {
            Some(number) if number == AuthList::INFO.number => xdr::to_bytes(&AuthListRet {
                types: vec![AuthType::SASL],
            }),
            Some(number) if number == AuthSaslInit::INFO.number => xdr::to_bytes(&AuthSaslInitRet {
                mechlist: impostor.mechanism.into(),
            }),
            Some(number) => match says.next() {
                Some(next) => next.answer(number == AuthSaslStart::INFO.number, &nonce),
                None => break,
            },
            None => break,
        };
        let Ok(answer) = answer else { break };
        let length = u32::try_from(28 + answer.len()).unwrap_or_default();
        let mut reply = length.to_be_bytes().to_vec();
        reply.extend(head.get(..12).unwrap_or_default());
        reply.extend(1_u32.to_be_bytes());
        reply.extend(head.get(16..20).unwrap_or_default());
        reply.extend(0_u32.to_be_bytes());
        reply.extend(answer);
        if stream.write_all(&reply).await.is_err() {
            break;
        }
    }
    heard
}

impl Says {
    fn answer(&self, starts: bool, nonce: &str) -> Result<Vec<u8>, xdr::XdrError> {
        let (complete, nil) = (i32::from(self.complete), i32::from(self.nil));
        let data = self.tame(nonce).into();
        match starts {
            true => xdr::to_bytes(&AuthSaslStartRet { complete, nil, data }),
            false => xdr::to_bytes(&AuthSaslStepRet { complete, nil, data }),
        }
    }

    /// With the client's nonce, and without rounds that only take time.
    fn tame(&self, nonce: &str) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(&self.data) else {
            return self.data.clone();
        };
        let parts = text
            .split(',')
            .map(|part| match part.strip_prefix("i=").map(str::parse) {
                Some(Ok(rounds)) if (MOST_ROUNDS..=1_000_000).contains(&rounds) => "i=4096",
                _ => part,
            });
        let parts: Vec<&str> = parts.collect();
        parts.join(",").replace(NONCE, nonce).into_bytes()
    }
}
