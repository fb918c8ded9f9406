//! What the lines that apply have said so far: the first value of each keyword, as it is written.

use std::collections::{BTreeMap, BTreeSet};

use super::host_config::{HostKeyChecking, JumpHost, Note};
use super::place::Place;

/// A keyword with a word for its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Text {
    User,
    HostName,
    Tag,
    HostKeyAlias,
    IdentityAgent,
    IgnoreUnknown,
    PreferredAuthentications,
    RefuseConnection,
    RevokedHostKeys,
    HostKeyAlgorithms,
    Ciphers,
    KexAlgorithms,
    Macs,
    PubkeyAcceptedAlgorithms,
    CaSignatureAlgorithms,
}

/// A keyword that is `yes` or `no`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Switch {
    BatchMode,
    Canonicalize,
    HashKnownHosts,
    IdentitiesOnly,
    KbdInteractiveAuthentication,
    PasswordAuthentication,
    PubkeyAuthentication,
    TcpKeepAlive,
}

/// A keyword with a number or a time for its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quantity {
    ConnectTimeout,
    ConnectionAttempts,
    NumberOfPasswordPrompts,
    RequiredRsaSize,
    ServerAliveCountMax,
    ServerAliveInterval,
}

/// A keyword whose values add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Files {
    Identity,
    Certificate,
}

/// A keyword with a list of files for its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KnownHosts {
    User,
    Global,
}

/// How many files of one kind OpenSSH takes.
const MOST_FILES: usize = 100;

/// The values so far.
#[derive(Debug, Default)]
pub(super) struct Options {
    texts: BTreeMap<Text, String>,
    switches: BTreeMap<Switch, bool>,
    quantities: BTreeMap<Quantity, u32>,
    files: BTreeMap<Files, Vec<(String, bool)>>,
    known_hosts: BTreeMap<KnownHosts, Vec<String>>,
    /// Keywords that are not followed and have had their value.
    passed_over: BTreeSet<&'static str>,
    pub(super) port: Option<u16>,
    pub(super) host_key_checking: Option<HostKeyChecking>,
    /// The machines to go through; empty where the files say `none`.
    pub(super) jump: Option<Vec<JumpHost>>,
    pub(super) proxy_command: Option<String>,
    pub(super) notes: Vec<Note>,
}

impl Options {
    pub(super) fn text(&self, text: Text) -> Option<&str> {
        self.texts.get(&text).map(String::as_str)
    }

    pub(super) fn offer_text(&mut self, text: Text, value: &str) {
        self.texts.entry(text).or_insert_with(|| value.to_owned());
    }

    /// Puts the name that was found in the place of the one that was written: the second reading goes by it.
    pub(super) fn replace_host_name(&mut self, name: &str) {
        self.texts.insert(Text::HostName, name.to_owned());
    }

    pub(super) fn switch(&self, switch: Switch) -> Option<bool> {
        self.switches.get(&switch).copied()
    }

    /// Whether this is the first value, the one that counts.
    pub(super) fn offer_switch(&mut self, switch: Switch, value: bool) -> bool {
        let first = !self.switches.contains_key(&switch);
        self.switches.entry(switch).or_insert(value);
        first
    }

    pub(super) fn quantity(&self, quantity: Quantity) -> Option<u32> {
        self.quantities.get(&quantity).copied()
    }

    pub(super) fn offer_quantity(&mut self, quantity: Quantity, value: u32) {
        self.quantities.entry(quantity).or_insert(value);
    }

    pub(super) fn files(&self, files: Files) -> impl Iterator<Item = &str> {
        let named = self.files.get(&files).map(Vec::as_slice).unwrap_or_default();
        named.iter().map(|(path, _)| path.as_str())
    }

    /// Adds a file; one that the same side (the user or the machine) has named already is not added again. `false`
    /// where there are too many.
    pub(super) fn add_file(&mut self, files: Files, path: &str, from_user: bool) -> bool {
        let named = self.files.entry(files).or_default();
        if named.len() >= MOST_FILES {
            return false;
        }
        if !named
            .iter()
            .any(|(known, from)| known == path && *from == from_user)
        {
            named.push((path.to_owned(), from_user));
        }
        true
    }

    pub(super) fn known_hosts(&self, known_hosts: KnownHosts) -> Option<&[String]> {
        self.known_hosts.get(&known_hosts).map(Vec::as_slice)
    }

    pub(super) fn offer_known_hosts(&mut self, known_hosts: KnownHosts, paths: &[String]) {
        // An empty list, of a line that is all comment, leaves the place free.
        if !paths.is_empty() {
            self.known_hosts
                .entry(known_hosts)
                .or_insert_with(|| paths.to_vec());
        }
    }

    pub(super) fn offer_jump(&mut self, chain: Vec<JumpHost>) {
        if self.jump.is_none() && self.proxy_command.is_none() {
            self.jump = Some(chain);
        }
    }

    pub(super) fn offer_proxy_command(&mut self, command: &str) {
        let jumps = self.jump.as_ref().is_some_and(|chain| !chain.is_empty());
        if self.proxy_command.is_none() && !jumps {
            self.proxy_command = Some(command.to_owned());
        }
    }

    /// Whether it is the first time that a keyword which is not followed has a value.
    pub(super) fn pass_over(&mut self, keyword: &'static str) -> bool {
        self.passed_over.insert(keyword)
    }

    /// Adds a note, once per place.
    pub(super) fn note(&mut self, place: Place<'_>, text: impl Into<String>) {
        let here = |note: &Note| note.file == place.file && note.line == place.line;
        if !self.notes.iter().any(here) {
            self.notes.push(Note {
                file: place.file.to_owned(),
                line: place.line,
                text: text.into(),
            });
        }
    }
}
