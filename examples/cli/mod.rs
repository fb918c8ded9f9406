//! What the examples share: their arguments, a sign of life while they wait, and failures in plain words.

use std::error::Error;
use std::future::Future;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use virt_sdk::credentials::{CredentialKind, CredentialRequest, Secret};
use virt_sdk::domain::DomainFilter;
use virt_sdk::{Connection, Domain, Result};

/// What an example gives.
pub(crate) type Outcome<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The URI, and the arguments after it.
pub(crate) struct Arguments {
    pub(crate) uri: String,
    rest: std::vec::IntoIter<String>,
}

impl Arguments {
    /// Those this program was started with; the URI is this unless said.
    fn of_this_program(uri: &str) -> Self {
        let mut arguments = std::env::args().skip(1);
        Self {
            uri: arguments.next().unwrap_or_else(|| uri.to_owned()),
            rest: arguments.collect::<Vec<_>>().into_iter(),
        }
    }

    /// The next argument.
    #[allow(dead_code, reason = "not every example takes further arguments")]
    pub(crate) fn next(&mut self) -> Option<String> {
        self.rest.next()
    }

    /// The next argument as a number.
    #[allow(dead_code, reason = "not every example takes further arguments")]
    pub(crate) fn next_number(&mut self, what: &str) -> Outcome<Option<u64>> {
        match self.rest.next() {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(format!("{what} is a whole number, not {text:?}").into()),
            },
        }
    }
}

/// Runs an example, on `test:///default` unless said, and tells how it failed.
#[allow(dead_code, reason = "some examples are about one driver")]
pub(crate) async fn run<F: Future<Output = Outcome>>(example: impl FnOnce(Arguments) -> F) -> ExitCode {
    run_at("test:///default", example).await
}

/// Runs an example, on this URI unless said, and tells how it failed.
pub(crate) async fn run_at<F: Future<Output = Outcome>>(
    uri: &str,
    example: impl FnOnce(Arguments) -> F,
) -> ExitCode {
    match example(Arguments::of_this_program(uri)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

/// Tells what failed, and why, a line for each cause.
fn complain(error: &(dyn Error + 'static)) {
    eprintln!("failed: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
}

/// Waits for something, with a sign of life on a terminal.
#[allow(dead_code, reason = "not every example waits")]
pub(crate) async fn while_showing<T>(
    what: impl Into<String>,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let bar = ProgressBar::new_spinner().with_message(what.into());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} … {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    let result = work.await;
    bar.finish_and_clear();
    result
}

/// Opens a connection; who logs in, and the password, are [asked](ask) for where they are needed.
#[allow(dead_code, reason = "some examples connect in a way of their own")]
pub(crate) async fn connect(uri: &str) -> Result<Connection> {
    let builder = Connection::builder().backends(virt_sdk::backends());
    builder.credentials(ask).open(uri).await
}

/// Takes what `VIRT_USER` and `VIRT_PASSWORD` say, once, and asks at the terminal else; where there is none, there is no
/// answer and the next way to log in is tried.
#[allow(dead_code, reason = "not every example logs in")]
pub(crate) async fn ask(request: CredentialRequest) -> Option<Secret> {
    let variable = match &request.kind {
        CredentialKind::UserName => Some("VIRT_USER"),
        CredentialKind::Password => Some("VIRT_PASSWORD"),
        _ => None,
    };
    let said = variable.and_then(|variable| std::env::var(variable).ok());
    if let Some(said) = said.filter(|_| request.attempt == 0) {
        return Some(Secret::new(said));
    }
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let question = match &request.kind {
        CredentialKind::UserName => format!("user on {}: ", request.host),
        CredentialKind::Passphrase(file) => format!("passphrase of {file} (shown as you type): "),
        CredentialKind::Answer { prompt, .. } => prompt.clone(),
        CredentialKind::GuestUserName(guest) => format!("user in guest {guest}: "),
        CredentialKind::GuestPassword(guest) => format!("password in guest {guest} (shown as you type): "),
        _ => format!("password for {} (shown as you type): ", request.host),
    };
    let typed = tokio::task::spawn_blocking(move || {
        eprint!("{question}");
        std::io::stderr().flush().ok()?;
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).ok()?;
        Some(Secret::new(line.trim_end_matches('\n')))
    });
    typed.await.ok().flatten()
}

/// The domain of this name, or the first one that runs.
#[allow(dead_code, reason = "not every example is about one domain")]
pub(crate) async fn running_domain(conn: &Connection, name: Option<String>) -> Outcome<Domain> {
    match name {
        Some(name) => Ok(conn.domain(name).await?),
        None => {
            let running = conn.domains_with(&DomainFilter::all().active()).await?;
            let none = || {
                format!(
                    "no domain runs on {}: give the name of one, or start one",
                    conn.uri()
                )
            };
            Ok(running.into_iter().next().ok_or_else(none)?)
        }
    }
}
