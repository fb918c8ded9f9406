//! What stands behind `Match`.

use std::process::{Command, Stdio};

use virt_core::{Error, Result};

use super::environment::Environment;
use super::options::{Options, Text};
use super::pattern;
use super::place::Place;
use super::tokens::{Allowed, Tokens};
use super::words;

/// Whether the programs that `Match exec` names are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum MatchExec {
    /// They are not: the line does not match, negated or not, and there is a note about it. The default.
    #[default]
    Refuse,
    /// They are run by the user's shell, as OpenSSH runs them. The caller waits for them.
    Run,
}

/// What the criteria are about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) environment: &'a Environment,
    /// The name the user gave.
    pub(super) alias: &'a str,
    /// The name this reading goes by: the user's in the first, the one to connect to in the second.
    pub(super) host: &'a str,
    /// Whether this is the second reading.
    pub(super) is_final: bool,
    pub(super) match_exec: MatchExec,
}

/// What came of a line's criteria.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) matches: bool,
    /// Whether they ask for a second reading.
    pub(super) wants_final: bool,
}

/// Looks at the criteria of one line.
pub(super) fn look(
    text: &str,
    place: Place<'_>,
    subject: Subject<'_>,
    options: &mut Options,
) -> Result<Verdict> {
    let refuse = |why: String| place.refuse(format_args!("match {why}"));
    let host = current_host(subject, options, place)?;
    let mut verdict = Verdict {
        matches: true,
        wants_final: false,
    };
    let mut rest = Some(text);
    let mut seen = 0;
    while let Some(word) = words::cut(&mut rest).filter(|word| !word.is_empty() && !word.starts_with('#')) {
        let (criterion, negated) = match word.strip_prefix('!') {
            Some(criterion) => (criterion.to_ascii_lowercase(), true),
            None => (word.to_ascii_lowercase(), false),
        };
        if criterion == "all" {
            let more = words::cut(&mut rest).is_some_and(|more| !more.is_empty() && !more.starts_with('#'));
            if seen > 1 || more {
                return Err(refuse("all stands with other criteria".to_owned()));
            }
            verdict.matches &= !negated;
            return Ok(verdict);
        }
        seen += 1;
        if criterion == "final" || criterion == "canonical" {
            verdict.wants_final |= criterion == "final" && !subject.is_final;
            verdict.matches &= subject.is_final != negated;
            continue;
        }
        let argument =
            words::cut(&mut rest).filter(|argument| !argument.is_empty() && !argument.starts_with('#'));
        let argument = argument.ok_or_else(|| refuse(format!("{criterion} has nothing behind it")))?;
        let fits = match criterion.as_str() {
            "host" => Some(pattern::host_fits_list(&host, &argument)),
            "originalhost" => Some(pattern::host_fits_list(subject.alias, &argument)),
            "user" => Some(pattern::fits_list(user(subject, options), &argument)),
            "localuser" => Some(pattern::fits_list(&subject.environment.user, &argument)),
            "tagged" => Some(pattern::fits_list(
                options.text(Text::Tag).unwrap_or_default(),
                &argument,
            )),
            "exec" => exec(&argument, &host, place, subject, (options, verdict.matches))?,
            "localnetwork" | "sessiontype" | "command" | "version" => {
                if verdict.matches {
                    options.note(
                        place,
                        format!("match {criterion} is not followed: the lines below it do not apply"),
                    );
                }
                None
            }
            _ => return Err(refuse(format!("{criterion} means nothing"))),
        };
        verdict.matches &= fits.is_some_and(|fits| fits != negated);
    }
    if seen == 0 {
        return Err(refuse("has no criteria".to_owned()));
    }
    Ok(verdict)
}

/// The name to connect to, as far as it is known.
fn current_host(subject: Subject<'_>, options: &Options, place: Place<'_>) -> Result<String> {
    match options.text(Text::HostName) {
        None => Ok(subject.host.to_owned()),
        Some(name) if subject.is_final => Ok(name.to_owned()),
        Some(name) => {
            let tokens = tokens(subject, subject.host, options);
            let expanded = tokens.expand(name, Allowed::Host);
            expanded
                .map_err(|error| place.refuse(format_args!("the hostname {name:?} can't be used: {error}")))
        }
    }
}

fn user<'a>(subject: Subject<'a>, options: &'a Options) -> &'a str {
    options.text(Text::User).unwrap_or(&subject.environment.user)
}

fn tokens<'a>(subject: Subject<'a>, host: &'a str, options: &'a Options) -> Tokens<'a> {
    let nearest = options.jump.as_ref().and_then(|chain| chain.last());
    Tokens {
        environment: subject.environment,
        alias: subject.alias,
        host,
        key_alias: options.text(Text::HostKeyAlias).unwrap_or(host),
        port: options.port.unwrap_or(22),
        user: user(subject, options),
        jump_host: nearest.map(|jump| jump.host.as_str()).unwrap_or_default(),
    }
}

/// Whether the program ends well; `None` where it is not run, because nothing before it matched or because programs
/// are not run.
fn exec(
    command: &str,
    host: &str,
    place: Place<'_>,
    subject: Subject<'_>,
    (options, still_matches): (&mut Options, bool),
) -> Result<Option<bool>> {
    let expanded = tokens(subject, host, options).expand(command, Allowed::Connection);
    let command = expanded
        .map_err(|error| place.refuse(format_args!("match exec {command:?} can't be used: {error}")))?;
    if !still_matches {
        return Ok(None);
    }
    if subject.match_exec == MatchExec::Refuse {
        let text = format!("match exec {command:?} is not run: the lines below it do not apply");
        options.note(place, text);
        return Ok(None);
    }
    run(&command, subject.environment).map(Some).map_err(|error| {
        place
            .refuse(format_args!("match exec {command:?} can't be run"))
            .with_source(error)
    })
}

fn run(command: &str, environment: &Environment) -> std::io::Result<bool> {
    let shell = environment
        .variable("SHELL")
        .unwrap_or_else(|| "/bin/sh".to_owned());
    let status = Command::new(shell)
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    match status.code() {
        Some(code) => Ok(code == 0),
        None => Err(std::io::Error::other("it was killed")),
    }
}

/// The error of a name that can't be expanded when the files have been read.
pub(super) fn unusable(what: &str, value: &str, error: impl std::fmt::Display) -> Error {
    let message = format!("the {what} {value:?} of the ssh configuration can't be used: {error}");
    Error::new(virt_core::ErrorKind::InvalidConfig, message)
}
