//! What a line says, once it is known which keyword it has.

use std::path::Path;

use virt_core::Result;

use super::check::{self, Check};
use super::environment::Environment;
use super::host_config::{HostKeyChecking, JumpHost};
use super::keyword::Keyword;
use super::options::{Options, Quantity, Switch, Text};
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

    fn wrong(&self, word: &str, expected: &str) -> virt_core::Error {
        self.refuse(format_args!("is {word:?} and has to be {expected}"))
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
            if line.active {
                options.offer_text(text, word);
            }
            Ok(())
        }
        Keyword::AgentPath(text) => agent_path(line, text, options, environment),
        Keyword::Switch(switch) => {
            let word = line.word()?;
            let value = value::flag(word).ok_or_else(|| line.wrong(word, "yes or no"))?;
            if line.active {
                options.offer_switch(switch, value);
            }
            Ok(())
        }
        Keyword::PubkeyAuthentication => pubkey_authentication(line, options),
        Keyword::Canonicalize => canonicalize(line, options),
        Keyword::HostKeyChecking => host_key_checking(line, options),
        Keyword::Seconds(quantity) => seconds(line, quantity, options),
        Keyword::Count(quantity) => {
            let word = line.word()?;
            let value =
                value::number(word).ok_or_else(|| line.wrong(word, "a number from 0 to 2147483647"))?;
            if line.active {
                options.offer_quantity(quantity, value);
            }
            Ok(())
        }
        Keyword::Port => {
            let word = line.word()?;
            let port = value::port(word).ok_or_else(|| line.wrong(word, "a port from 1 to 65535"))?;
            if line.active {
                options.port.get_or_insert(port);
            }
            Ok(())
        }
        Keyword::Files(files) => {
            let word = line.word()?;
            if line.active && !options.add_file(files, word, line.from_user) {
                return Err(line.refuse("stands here once more than the 100 times that OpenSSH allows"));
            }
            Ok(())
        }
        Keyword::KnownHosts(known_hosts) => {
            check_known_hosts(line)?;
            if line.active {
                options.offer_known_hosts(known_hosts, &line.arguments);
            }
            Ok(())
        }
        Keyword::ProxyJump => proxy_jump(line, options),
        Keyword::ProxyCommand => {
            if line.active {
                options.offer_proxy_command(line.command());
            }
            Ok(())
        }
        Keyword::PassedOver(check) => pass_over(line, check, None, options, environment),
        Keyword::Noted(check, note) => pass_over(line, check, Some(note), options, environment),
    }
}

fn agent_path(line: &Line<'_>, text: Text, options: &mut Options, environment: &Environment) -> Result<()> {
    let word = line.word()?;
    if !check::is_agent_path(word, environment) {
        return Err(line.wrong(
            word,
            "a path, none, SSH_AUTH_SOCK, or have variables that are set",
        ));
    }
    if line.active {
        options.offer_text(text, word);
    }
    Ok(())
}

fn pubkey_authentication(line: &Line<'_>, options: &mut Options) -> Result<()> {
    let word = line.word()?;
    let bound = value::is_one_of(word, &["unbound", "host-bound"]);
    let value = value::flag(word).or(bound.then_some(true));
    let value = value.ok_or_else(|| line.wrong(word, "yes, no, unbound or host-bound"))?;
    if line.active {
        options.offer_switch(Switch::PubkeyAuthentication, value);
    }
    Ok(())
}

fn canonicalize(line: &Line<'_>, options: &mut Options) -> Result<()> {
    let word = line.word()?;
    let always = value::is_one_of(word, &["always"]).then_some(true);
    let value = value::flag(word).or(always);
    let value = value.ok_or_else(|| line.wrong(word, "yes, no or always"))?;
    if line.active && options.offer_switch(Switch::Canonicalize, value) && value {
        let text = "the host's name is not looked up in other domains: it is taken as it is";
        options.note(line.place, text);
    }
    Ok(())
}

fn host_key_checking(line: &Line<'_>, options: &mut Options) -> Result<()> {
    let word = line.word()?;
    let value = match value::flag(word) {
        Some(true) => HostKeyChecking::Strict,
        Some(false) => HostKeyChecking::Off,
        None if value::is_one_of(word, &["off"]) => HostKeyChecking::Off,
        None if value::is_one_of(word, &["ask"]) => HostKeyChecking::Strict,
        None if value::is_one_of(word, &["accept-new"]) => HostKeyChecking::AcceptNew,
        None => return Err(line.wrong(word, "yes, no, ask, off or accept-new")),
    };
    if line.active {
        options.host_key_checking.get_or_insert(value);
    }
    Ok(())
}

fn seconds(line: &Line<'_>, quantity: Quantity, options: &mut Options) -> Result<()> {
    let word = line.word()?;
    if word == "none" {
        // As if it were not there: a later line may still say something.
        return Ok(());
    }
    let value = value::seconds(word).ok_or_else(|| line.wrong(word, "a time (90, 5m, 1h30m) or none"))?;
    if line.active {
        options.offer_quantity(quantity, value);
    }
    Ok(())
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
    if line.active && options.pass_over(line.keyword) && !check::is_off(&line.arguments) {
        if let Some(note) = note {
            options.note(line.place, format!("{} is not followed: {note}", line.keyword));
        }
    }
    Ok(())
}

/// What is said of a file that is there and can't be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("{} can't be read: {error}", path.display())
}
