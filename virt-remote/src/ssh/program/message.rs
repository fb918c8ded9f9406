//! Messages of OpenSSH's multiplexing protocol, as bytes and back.

/// The version of the protocol that all OpenSSH since 5.1 speak.
const VERSION: u32 = 4;
/// The port that says that a forwarding's host is a socket's path.
const PORT_STREAMLOCAL: u32 = 0xffff_fffe;
/// Ports we forward from: our side.
const FORWARD_LOCAL: u32 = 1;
/// No escape character.
const NO_ESCAPE: u32 = 0xffff_ffff;

const HELLO: u32 = 1;
const NEW_SESSION: u32 = 0x1000_0002;
const OPEN_FORWARD: u32 = 0x1000_0006;
const CLOSE_FORWARD: u32 = 0x1000_0007;
const OK: u32 = 0x8000_0001;
const PERMISSION_DENIED: u32 = 0x8000_0002;
const FAILURE: u32 = 0x8000_0003;
const EXIT: u32 = 0x8000_0004;
const SESSION_OPENED: u32 = 0x8000_0006;

/// A message to the master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request<'a> {
    Hello,
    /// A program in the login shell; its three file descriptors follow.
    Session {
        line: &'a str,
    },
    /// Have the socket `near` lead to the far socket `far`.
    OpenForward {
        near: &'a str,
        far: &'a str,
    },
    CloseForward {
        near: &'a str,
        far: &'a str,
    },
}

impl Request<'_> {
    /// Its bytes, the length first. `None` where a part is longer than the protocol can say.
    pub(super) fn encode(&self, id: u32) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        match self {
            Self::Hello => {
                number(&mut body, HELLO);
                number(&mut body, VERSION);
            }
            Self::Session { line } => {
                number(&mut body, NEW_SESSION);
                number(&mut body, id);
                text(&mut body, "")?;
                // No terminal, no X11, no agent, no subsystem.
                for flag in [0, 0, 0, 0, NO_ESCAPE] {
                    number(&mut body, flag);
                }
                text(&mut body, "")?;
                text(&mut body, line)?;
            }
            Self::OpenForward { near, far } => forward(&mut body, OPEN_FORWARD, id, [near, far])?,
            Self::CloseForward { near, far } => forward(&mut body, CLOSE_FORWARD, id, [near, far])?,
        }
        let mut message = Vec::with_capacity(body.len() + 4);
        number(&mut message, u32::try_from(body.len()).ok()?);
        message.extend_from_slice(&body);
        Some(message)
    }
}

fn forward(body: &mut Vec<u8>, kind: u32, id: u32, [near, far]: [&str; 2]) -> Option<()> {
    number(body, kind);
    number(body, id);
    number(body, FORWARD_LOCAL);
    for path in [near, far] {
        text(body, path)?;
        number(body, PORT_STREAMLOCAL);
    }
    Some(())
}

fn number(body: &mut Vec<u8>, value: u32) {
    body.extend_from_slice(&value.to_be_bytes());
}

fn text(body: &mut Vec<u8>, value: &str) -> Option<()> {
    number(body, u32::try_from(value.len()).ok()?);
    body.extend_from_slice(value.as_bytes());
    Some(())
}

/// A message of the master.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    Hello(u32),
    Ok,
    /// Refused, or failed; in ssh's words.
    Refused(String),
    Opened {
        session: u32,
    },
    Exit {
        session: u32,
        code: u32,
    },
    /// One that is of no use to us.
    Other,
}

impl Reply {
    /// Reads a message's body. `None` where it is cut short.
    pub(super) fn decode(body: &[u8]) -> Option<Self> {
        let mut rest = body;
        let kind = take_number(&mut rest)?;
        Some(match kind {
            HELLO => Self::Hello(take_number(&mut rest)?),
            OK => Self::Ok,
            PERMISSION_DENIED | FAILURE => {
                take_number(&mut rest)?;
                Self::Refused(take_text(&mut rest)?)
            }
            SESSION_OPENED => {
                take_number(&mut rest)?;
                Self::Opened {
                    session: take_number(&mut rest)?,
                }
            }
            EXIT => Self::Exit {
                session: take_number(&mut rest)?,
                code: take_number(&mut rest)?,
            },
            _ => Self::Other,
        })
    }
}

/// Whether the master speaks what we speak.
pub(super) fn is_our_version(version: u32) -> bool {
    version == VERSION
}

fn take_number(rest: &mut &[u8]) -> Option<u32> {
    let (head, tail) = rest.split_first_chunk::<4>()?;
    *rest = tail;
    Some(u32::from_be_bytes(*head))
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(take_number(rest)?).ok()?;
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(String::from_utf8_lossy(head).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_are_as_the_protocol_has_them() {
        assert_eq!(
            Request::Hello.encode(0).unwrap(),
            [0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 4]
        );
        let forward = Request::OpenForward {
            near: "/n",
            far: "/f",
        }
        .encode(9)
        .unwrap();
        let expected = [
            0, 0, 0, 32, 0x10, 0, 0, 6, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2, b'/', b'n', 255, 255, 255, 254,
            0, 0, 0, 2, b'/', b'f', 255, 255, 255, 254,
        ];
        assert_eq!(forward, expected);
        let session = Request::Session { line: "true" }.encode(1).unwrap();
        assert_eq!(session.len(), 4 + 4 + 4 + 4 + 20 + 4 + 8);
        let refused = [0x80, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, b'n', b'o'];
        assert_eq!(Reply::decode(&refused), Some(Reply::Refused("no".to_owned())));
        assert_eq!(Reply::decode(&refused[..13]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Reply::decode(&bytes);
        }
    }
}
