//! What is run on the far machine.
//!
//! The far user's login shell, which may be any, gets lines that hold no data; what they need is read by `/bin/sh` from
//! its input, line by line. Each script says first how it went, by one of [`Word`]; what a shell's own start-up files
//! say before is passed over.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use virt_core::host::ByteStream;
use virt_core::{Error, ErrorKind, Result};

use crate::ssh::link::FarProgram;

/// Lines: `ro` or `rw`, and the daemon's URI.
pub(super) const HELPER: &str = concat!(
    "exec sh -c 'IFS= read -r access; IFS= read -r uri; ",
    "command -v virt-ssh-helper >/dev/null 2>&1 || { echo virt-sdk: absent; exit 0; }; ",
    "echo virt-sdk: ready; ",
    "[ \"$access\" != ro ] || exec virt-ssh-helper -r \"$uri\"; ",
    "exec virt-ssh-helper \"$uri\"'",
);

/// Lines: netcat, and the socket. Where netcat has `-q`, it has to be told to end with its input.
pub(super) const NETCAT: &str = concat!(
    "exec sh -c 'IFS= read -r nc; IFS= read -r socket; ",
    "command -v \"$nc\" >/dev/null 2>&1 || { echo virt-sdk: absent; exit 0; }; ",
    "[ -e \"$socket\" ] || { echo virt-sdk: missing; exit 0; }; ",
    "q=; case $(\"$nc\" -q </dev/null 2>&1) in *\"requires an argument\"*) q=-q0;; esac; ",
    "echo virt-sdk: ready; ",
    "exec \"$nc\" $q -U \"$socket\"'",
);

/// No lines; it says the number of the far user, and where the daemons of his session have their sockets.
pub(super) const CALLER: &str = concat!(
    "exec sh -c '",
    "dir=${XDG_RUNTIME_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}}; ",
    "echo \"virt-sdk: caller $(id -u) $dir/libvirt\"'",
);

/// What each line of ours begins with.
const MARK: &str = "virt-sdk: ";
/// How much may come before it.
const NOISE: usize = 64 * 1024;
/// How long a far shell may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a script says first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// From now on it is the daemon that speaks.
    Ready,
    /// The program is not there.
    Absent,
    /// The socket is not there.
    Missing,
    /// Who we are there.
    Caller {
        /// Whether it is root.
        root: bool,
        /// Where the session's sockets are.
        directory: String,
    },
}

impl Word {
    fn parse(said: &str) -> Option<Self> {
        match said {
            "ready" => Some(Self::Ready),
            "absent" => Some(Self::Absent),
            "missing" => Some(Self::Missing),
            _ => {
                let (number, directory) = said.strip_prefix("caller ")?.split_once(' ')?;
                let number: u32 = number.parse().ok()?;
                Some(Self::Caller {
                    root: number == 0,
                    directory: directory.to_owned(),
                })
            }
        }
    }
}

/// Gives a script its lines, and hears what it says first.
///
/// # Errors
/// `ConnectionLost` where it says nothing of the kind, or not in time.
pub(super) async fn begin(program: &mut FarProgram, lines: &[&str]) -> Result<Word> {
    let talking = async {
        let given: String = lines.iter().map(|line| format!("{line}\n")).collect();
        program.stdio.write_all(given.as_bytes()).await?;
        program.stdio.flush().await?;
        first_word(&mut *program.stdio).await
    };
    let heard = match tokio::time::timeout(PATIENCE, talking).await {
        Ok(Ok(heard)) => heard,
        Ok(Err(error)) => {
            return Err(nothing("the far shell ended before it said anything").with_source(error));
        }
        Err(_) => return Err(nothing("the far shell did not answer within 30 s")),
    };
    heard.ok_or_else(|| nothing("the far shell says something else than it was asked for"))
}

/// Reads up to the end of our line, and not a byte more: what follows is the daemon's.
async fn first_word(stream: &mut dyn ByteStream) -> std::io::Result<Option<Word>> {
    let (mut line, mut noise) = (Vec::new(), 0_usize);
    loop {
        match stream.read_u8().await? {
            b'\n' => {
                let text = String::from_utf8_lossy(&line);
                if let Some((_, said)) = text.trim_end_matches('\r').split_once(MARK) {
                    return Ok(Word::parse(said));
                }
                line.clear();
            }
            byte => line.push(byte),
        }
        noise += 1;
        if noise > NOISE {
            return Ok(None);
        }
    }
}

fn nothing(message: &'static str) -> Error {
    Error::new(ErrorKind::ConnectionLost, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    async fn heard(said: &[u8]) -> (std::io::Result<Option<Word>>, Vec<u8>) {
        let mut stream = stream_of(said).await;
        let word = first_word(&mut stream).await;
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.expect("the rest");
        (word, rest)
    }

    /// A stream in which that is, and then its end.
    async fn stream_of(said: &[u8]) -> tokio::io::DuplexStream {
        let (near, mut far) = tokio::io::duplex(said.len().max(1));
        far.write_all(said).await.expect("said");
        near
    }

    #[tokio::test]
    async fn what_a_shell_says_of_itself_is_passed_over_and_the_daemons_bytes_are_left() {
        let (word, rest) = heard(b"Welcome!\r\n\nvirt-sdk: ready\n\0\0\0\x1c").await;
        assert_eq!(
            (word.expect("a word"), rest.as_slice()),
            (Some(Word::Ready), &b"\0\0\0\x1c"[..])
        );
        let (word, _) = heard(b"\x1b[0mvirt-sdk: caller 7 /run/user/7/lib virt\n").await;
        let caller = Word::Caller {
            root: false,
            directory: "/run/user/7/lib virt".to_owned(),
        };
        assert_eq!(word.expect("a word"), Some(caller));
    }

    #[tokio::test]
    async fn what_says_nothing_of_the_kind_is_found_out() {
        assert!(heard(b"no such command\n").await.0.is_err());
        assert_eq!(heard(b"virt-sdk: caller x\n").await.0.expect("a line"), None);
        assert_eq!(heard(&[b'x'; 2 * NOISE]).await.0.expect("noise"), None);
    }

    proptest! {
        #[test]
        fn no_line_panics(said in "(caller )?[ -~]{0,20}") {
            let _ = Word::parse(&said);
        }
    }
}
