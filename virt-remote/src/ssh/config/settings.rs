//! What a line says, once it is known which keyword it has.

use std::path::Path;

use virt_core::Result;

use super::check::{self, Check};
use super::environment::Environment;
use super::host_config::{HostKeyChecking, JumpHost};
use super::keyword::Keyword;
use super::options::{Files, Options, Quantity, Switch};
use super::place::Place;
use super::value;
use super::words;

/// A line with a keyword and at least something behind it.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) place: Place<'a>,
    /// The keyword, in lower case.
    pub(super) keyword: &'static str,
    /// What stands behind it, as it stands there.
    pub(super) rest: &'a str,
    /// The same, split.
    pub(super) arguments: Vec<String>,
    /// Whether it stands in a file of the user's.
    pub(super) from_user: bool,
    /// Whether it applies. A line that does not has to be right all the same.
    pub(super) active: bool,
}

impl Line<'_> {
    /// The one argument.
    fn word(&self) -> Result<&str> {
        match self.arguments.as_slice() {
            [word] if !word.is_empty() => Ok(word),
            [] => Err(self.refuse("has no value")),
            [word] => Err(self.refuse(format_args!("has no value but {word:?}"))),
            [_, more, ..] => {
                Err(self.refuse(format_args!("takes one value, and there is {more:?} behind it")))
            }
        }
    }

    /// The whole of what stands behind the keyword, for commands.
    fn command(&self) -> &str {
        self.rest
            .trim_start_matches(|c| words::BLANKS.contains(&c) || c == '=')
    }

    fn refuse(&self, why: impl std::fmt::Display) -> virt_core::Error {
        self.place.refuse(format_args!("{} {why}", self.keyword))
    }

    /// The one argument, as `read` reads it.
    fn value<T>(&self, read: impl FnOnce(&str) -> Option<T>, expected: &str) -> Result<T> {
        let word = self.word()?;
        read(word).ok_or_else(|| self.refuse(format_args!("is {word:?} and has to be {expected}")))
    }

    /// Does it where the line applies.
    fn when_active<T>(&self, act: impl FnOnce() -> T) -> Result<()> {
        if self.active {
            act();
        }
        Ok(())
    }
}

/// Has `options` take what the line says, where it applies and is the first to say it.
pub(super) fn apply(
    line: &Line<'_>,
    keyword: Keyword,
    options: &mut Options,
    environment: &Environment,
) -> Result<()> {
    match keyword {
        // The reader's own.
        Keyword::Host | Keyword::Match | Keyword::Include | Keyword::Ignored => Ok(()),
        Keyword::Text(text) => {
            let word = line.word()?;
            line.when_active(|| options.offer_text(text, word))
        }
        Keyword::AgentPath(text) => {
            let expected = "a path, none, SSH_AUTH_SOCK, or have variables that are set";
            let is_agent = |word: &str| check::is_agent_path(word, environment).then(|| word.to_owned());
            let agent = line.value(is_agent, expected)?;
            line.when_active(|| options.offer_text(text, &agent))
        }
        Keyword::Switch(switch) => {
            let value = line.value(value::flag, "yes or no")?;
            line.when_active(|| options.offer_switch(switch, value))
        }
        Keyword::PubkeyAuthentication => {
            let value = line.value(pubkey_authentication, "yes, no, unbound or host-bound")?;
            line.when_active(|| options.offer_switch(Switch::PubkeyAuthentication, value))
        }
        Keyword::HostKeyChecking => {
            let value = line.value(host_key_checking, "yes, no, ask, off or accept-new")?;
            line.when_active(|| options.host_key_checking.get_or_insert(value))
        }
        Keyword::Count(quantity) => {
            let value = line.value(value::number, "a number from 0 to 2147483647")?;
            line.when_active(|| options.offer_quantity(quantity, value))
        }
        Keyword::Port => {
            let port = line.value(value::port, "a port from 1 to 65535")?;
            line.when_active(|| options.port.get_or_insert(port))
        }
        Keyword::ProxyCommand => line.when_active(|| options.offer_proxy_command(line.command())),
        Keyword::Seconds(quantity) => seconds(line, quantity, options),
        Keyword::Canonicalize => canonicalize(line, options),
        Keyword::Files(files) => add_file(line, files, options),
        Keyword::KnownHosts(known_hosts) => {
            check_known_hosts(line)?;
            line.when_active(|| options.offer_known_hosts(known_hosts, &line.arguments))
        }
        Keyword::ProxyJump => proxy_jump(line, options),
        Keyword::PassedOver(check) => pass_over(line, check, None, options, environment),
        Keyword::Noted(check, note) => pass_over(line, check, Some(note), options, environment),
    }
}

fn pubkey_authentication(word: &str) -> Option<bool> {
    let bound = value::is_one_of(word, &["unbound", "host-bound"]);
    value::flag(word).or(bound.then_some(true))
}

fn host_key_checking(word: &str) -> Option<HostKeyChecking> {
    match value::flag(word) {
        Some(true) => Some(HostKeyChecking::Strict),
        Some(false) => Some(HostKeyChecking::Off),
        None if value::is_one_of(word, &["off"]) => Some(HostKeyChecking::Off),
        None if value::is_one_of(word, &["ask"]) => Some(HostKeyChecking::Strict),
        None if value::is_one_of(word, &["accept-new"]) => Some(HostKeyChecking::AcceptNew),
        None => None,
    }
}

fn canonicalize(line: &Line<'_>, options: &mut Options) -> Result<()> {
    let always = |word: &str| value::is_one_of(word, &["always"]).then_some(true);
    let value = line.value(|word| value::flag(word).or(always(word)), "yes, no or always")?;
    if line.active && options.offer_switch(Switch::Canonicalize, value) && value {
        let text = "the host's name is not looked up in other domains: it is taken as it is";
        options.note(line.place, text);
    }
    Ok(())
}

fn add_file(line: &Line<'_>, files: Files, options: &mut Options) -> Result<()> {
    let word = line.word()?;
    if line.active && !options.add_file(files, word, line.from_user) {
        return Err(line.refuse("stands here once more than the 100 times that OpenSSH allows"));
    }
    Ok(())
}

fn seconds(line: &Line<'_>, quantity: Quantity, options: &mut Options) -> Result<()> {
    let word = line.word()?;
    if word == "none" {
        // As if it were not there: a later line may still say something.
        return Ok(());
    }
    let value = line.value(value::seconds, "a time (90, 5m, 1h30m) or none")?;
    line.when_active(|| options.offer_quantity(quantity, value))
}

fn check_known_hosts(line: &Line<'_>) -> Result<()> {
    if line.arguments.iter().any(String::is_empty) {
        return Err(line.refuse("has an empty name among its files"));
    }
    let is_none = |path: &String| path.eq_ignore_ascii_case("none");
    if line.arguments.len() > 1 && line.arguments.iter().any(is_none) {
        return Err(line.refuse("is none and names files"));
    }
    Ok(())
}

fn proxy_jump(line: &Line<'_>, options: &mut Options) -> Result<()> {
    let ends = |c| words::BLANKS.contains(&c) || c == '#';
    let text = line.command().split(ends).next().unwrap_or_default();
    let chain =
        JumpHost::parse_chain(text).map_err(|error| line.refuse(format_args!("is wrong: {error}")))?;
    if line.active {
        options.offer_jump(chain);
    }
    Ok(())
}

fn pass_over(
    line: &Line<'_>,
    check: Check,
    note: Option<&'static str>,
    options: &mut Options,
    environment: &Environment,
) -> Result<()> {
    if !check.accepts(&line.arguments, environment) {
        let value = line.arguments.join(" ");
        return Err(line.refuse(format_args!("can't be {value:?}")));
    }
    if line.active
        && options.pass_over(line.keyword)
        && !check::is_off(&line.arguments)
        && let Some(note) = note
    {
        options.note(line.place, format!("{} is not followed: {note}", line.keyword));
    }
    Ok(())
}

/// What is said of a file that is there and can't be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("{} can't be read: {error}", path.display())
}
