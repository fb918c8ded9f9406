//! What stands behind `Match`.

use std::fmt;
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

/// One line of criteria.
#[derive(Debug)]
pub(super) struct Criteria<'a> {
    pub(super) place: Place<'a>,
    pub(super) subject: Subject<'a>,
    pub(super) options: &'a mut Options,
    /// Whether the line is in a file of which nothing applies.
    pub(super) inert: bool,
}

impl Criteria<'_> {
    /// Looks at each of them.
    pub(super) fn look(mut self, text: &str) -> Result<Verdict> {
        let host = self.current_host()?;
        let mut verdict = Verdict {
            matches: !self.inert,
            wants_final: false,
        };
        let mut rest = Some(text);
        let mut seen = 0;
        while let Some(word) = next(&mut rest) {
            let (criterion, negated) = match word.strip_prefix('!') {
                Some(criterion) => (criterion.to_ascii_lowercase(), true),
                None => (word.to_ascii_lowercase(), false),
            };
            if criterion == "all" {
                if seen > 1 || next(&mut rest).is_some() {
                    return Err(self.refuse("all stands with other criteria"));
                }
                verdict.matches &= !negated;
                return Ok(verdict);
            }
            seen += 1;
            if criterion == "final" || criterion == "canonical" {
                verdict.wants_final |= criterion == "final" && !self.subject.is_final;
                verdict.matches &= self.subject.is_final != negated;
                continue;
            }
            let Some(argument) = next(&mut rest) else {
                return Err(self.refuse(format_args!("{criterion} has nothing behind it")));
            };
            let fits = self.fits(&criterion, &argument, &host, verdict.matches)?;
            verdict.matches &= fits.is_some_and(|fits| fits != negated);
        }
        if seen == 0 {
            return Err(self.refuse("has no criteria"));
        }
        Ok(verdict)
    }

    /// Whether one criterion fits; `None` where that is not looked at, which is no match, negated or not.
    fn fits(
        &mut self,
        criterion: &str,
        argument: &str,
        host: &str,
        others_match: bool,
    ) -> Result<Option<bool>> {
        let fits = match criterion {
            "host" => pattern::host_fits_list(host, argument),
            "originalhost" => pattern::host_fits_list(self.subject.alias, argument),
            "user" => pattern::fits_list(self.user(), argument),
            "localuser" => pattern::fits_list(&self.subject.environment.user, argument),
            "tagged" => pattern::fits_list(self.options.text(Text::Tag).unwrap_or_default(), argument),
            "exec" => {
                // A command that makes no sense is refused, whether it would be run or not.
                let command = self.command(argument, host)?;
                return if others_match {
                    self.exec(&command)
                } else {
                    Ok(None)
                };
            }
            "localnetwork" | "sessiontype" | "command" | "version" => {
                if others_match {
                    self.note(format!("match {criterion} is not followed"));
                }
                return Ok(None);
            }
            _ => return Err(self.refuse(format_args!("{criterion} means nothing"))),
        };
        Ok(Some(fits))
    }

    /// The name to connect to, as far as it is known.
    fn current_host(&self) -> Result<String> {
        let subject = self.subject;
        match self.options.text(Text::HostName) {
            None => Ok(subject.host.to_owned()),
            Some(name) if subject.is_final => Ok(name.to_owned()),
            Some(name) => {
                let expanded = self.tokens(subject.host).expand(name, Allowed::Host);
                expanded.map_err(|error| {
                    self.refuse(format_args!(
                        "needs the hostname {name:?}, which can't be used: {error}"
                    ))
                })
            }
        }
    }

    fn user(&self) -> &str {
        let given = self.options.text(Text::User);
        given.unwrap_or(&self.subject.environment.user)
    }

    fn tokens<'t>(&'t self, host: &'t str) -> Tokens<'t> {
        let nearest = self.options.jump.as_ref().and_then(|chain| chain.last());
        Tokens {
            environment: self.subject.environment,
            alias: self.subject.alias,
            host,
            key_alias: self.options.text(Text::HostKeyAlias).unwrap_or(host),
            port: self.options.port.unwrap_or(22),
            user: self.user(),
            jump_host: nearest.map(|jump| jump.host.as_str()).unwrap_or_default(),
        }
    }

    /// The command of `exec`, tokens expanded.
    fn command(&self, command: &str, host: &str) -> Result<String> {
        let expanded = self.tokens(host).expand(command, Allowed::Connection);
        expanded.map_err(|error| self.refuse(format_args!("exec {command:?} can't be used: {error}")))
    }

    /// Whether the program ends well; `None` where programs are not run.
    fn exec(&mut self, command: &str) -> Result<Option<bool>> {
        if self.subject.match_exec == MatchExec::Refuse {
            self.note(format!("match exec {command:?} is not run"));
            return Ok(None);
        }
        run(command, self.subject.environment).map(Some).map_err(|error| {
            let refused = self.refuse(format_args!("exec {command:?} can't be run"));
            refused.with_source(error)
        })
    }

    fn note(&mut self, what: String) {
        let text = format!("{what}: the lines below it do not apply");
        self.options.note(self.place, text);
    }

    fn refuse(&self, why: impl fmt::Display) -> Error {
        self.place.refuse(format_args!("match {why}"))
    }
}

/// The next word, up to a comment.
fn next(rest: &mut Option<&str>) -> Option<String> {
    words::cut(rest).filter(|word| !word.is_empty() && !word.starts_with('#'))
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
