//! Attaches this terminal to a guest's console: `attach_console [URI [NAME [DEVICE]]]`. Ctrl-] lets go.
//!
//! What the console printed before comes first. Without a terminal, what is piped in is typed, and what comes back
//! until the console has been silent for a second is printed.
#![expect(clippy::print_stderr, reason = "it is a program for a terminal")]

mod cli;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use virt_sdk::console::{ConsoleOptions, ConsoleStream};

/// Ctrl-], as in telnet and virsh.
const LET_GO: u8 = 0x1d;

/// So long a console is silent before a program without a terminal stops listening.
const SILENCE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("failed: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(cli::run(attach_console));
    // A thread of it may still wait for a key: that does not keep the program.
    runtime.shutdown_background();
    ended
}

async fn attach_console(mut arguments: cli::Arguments) -> cli::Outcome {
    let conn = virt_sdk::connect(&arguments.uri).await?;
    let domain = cli::running_domain(&conn, arguments.next().filter(|name| !name.is_empty())).await?;
    let mut options = ConsoleOptions::default();
    if let Some(device) = arguments.next() {
        options = options.device(device);
    }
    let console = domain.console_with(&options).await?;
    let attached = if std::io::stdin().is_terminal() {
        eprintln!(
            "attached to {} of {}; Ctrl-] lets go",
            console.device(),
            domain.name()
        );
        let raw = RawTerminal::enter()?;
        let attached = converse(console, None).await;
        drop(raw);
        eprintln!();
        attached
    } else {
        converse(console, Some(SILENCE)).await
    };
    attached?;
    conn.shutdown().await?;
    Ok(())
}

/// Carries bytes both ways until one side ends, Ctrl-] is typed, or there was silence once all was typed.
async fn converse(console: ConsoleStream, silence: Option<Duration>) -> std::io::Result<()> {
    let (mut from_guest, to_guest) = tokio::io::split(console);
    let typing = type_keys(to_guest);
    tokio::pin!(typing);
    let mut all_typed = false;
    let mut buffer = [0; 4096];
    loop {
        let patience = if all_typed { silence } else { None };
        tokio::select! {
            count = from_guest.read(&mut buffer) => match count? {
                0 => return Ok(()),
                count => print(buffer.get(..count).unwrap_or_default()).await?,
            },
            typed = &mut typing, if !all_typed => {
                typed?;
                if silence.is_none() {
                    return Ok(());
                }
                all_typed = true;
            }
            () = tokio::time::sleep(patience.unwrap_or_default()), if patience.is_some() => return Ok(()),
        }
    }
}

async fn print(bytes: &[u8]) -> std::io::Result<()> {
    let mut stdout = tokio::io::stdout();
    stdout.write_all(bytes).await?;
    stdout.flush().await
}

async fn type_keys(mut to_guest: impl AsyncWrite + Unpin) -> std::io::Result<()> {
    let mut stdin = tokio::io::stdin();
    let mut buffer = [0; 1024];
    loop {
        let count = stdin.read(&mut buffer).await?;
        let typed = buffer.get(..count).unwrap_or_default();
        let before = typed.split(|byte| *byte == LET_GO).next().unwrap_or_default();
        to_guest.write_all(before).await?;
        to_guest.flush().await?;
        if count == 0 || before.len() < count {
            return Ok(());
        }
    }
}

/// A terminal that gives each key as it is typed; put back as it was when dropped.
struct RawTerminal {
    before: Termios,
}

impl RawTerminal {
    fn enter() -> std::io::Result<Self> {
        let before = tcgetattr(std::io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &raw)?;
        Ok(Self { before })
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that is gone.
        let _restored = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.before);
    }
}
