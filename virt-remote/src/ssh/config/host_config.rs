//! What the configuration says of one machine.

use std::path::PathBuf;
use std::time::Duration;

/// Everything that is needed to log in to one machine: the configuration's answer for it, tokens expanded, defaults
/// filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostConfig {
    /// The name the user gave.
    pub alias: String,
    /// The name or address to connect to (`HostName`).
    pub host_name: String,
    /// The port (`Port`, 22).
    pub port: u16,
    /// The user to log in as (`User`).
    pub user: String,
    /// The private keys to try, in order (`IdentityFile`).
    pub identity_files: Vec<Identity>,
    /// Whether keys that only the agent has are left alone (`IdentitiesOnly`).
    pub identities_only: bool,
    /// The agent's socket (`IdentityAgent`, `SSH_AUTH_SOCK`); `None` where there is none, or none is wanted.
    pub identity_agent: Option<PathBuf>,
    /// Certificates for those keys (`CertificateFile`).
    pub certificate_files: Vec<PathBuf>,
    /// The user's files of known keys (`UserKnownHostsFile`).
    pub user_known_hosts: Vec<PathBuf>,
    /// The machine's files of known keys (`GlobalKnownHostsFile`).
    pub global_known_hosts: Vec<PathBuf>,
    /// The name the key is looked up by, instead of the host's (`HostKeyAlias`).
    pub host_key_alias: Option<String>,
    /// What is done about a key nobody knows (`StrictHostKeyChecking`).
    pub host_key_checking: HostKeyChecking,
    /// How long connecting may take (`ConnectTimeout`); `None` is the system's own limit.
    pub connect_timeout: Option<Duration>,
    /// How long silence may last before a sign of life is asked for (`ServerAliveInterval`); `None` for never.
    pub server_alive_interval: Option<Duration>,
    /// How many unanswered questions are the end (`ServerAliveCountMax`, 3).
    pub server_alive_count_max: u32,
    /// The machines to go through, nearest first (`ProxyJump`).
    pub proxy_jump: Vec<JumpHost>,
    /// A program whose input and output are the connection (`ProxyCommand`), tokens expanded; run by the user's shell.
    pub proxy_command: Option<String>,
    /// Whether a password may be used (`PasswordAuthentication`).
    pub password_authentication: bool,
    /// Whether questions of the server may be answered (`KbdInteractiveAuthentication`).
    pub kbd_interactive_authentication: bool,
    /// Whether keys may be used (`PubkeyAuthentication`).
    pub pubkey_authentication: bool,
    /// What stands in the files and is not followed here, each with its place.
    pub notes: Vec<Note>,
}

/// A private key to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its file.
    pub path: PathBuf,
    /// Whether the user asked for it: one of OpenSSH's default names may be missing without a word.
    pub explicit: bool,
}

/// A machine to go through.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JumpHost {
    /// Its name, itself looked up in the configuration.
    pub host: String,
    /// The user to log in as there, where one is given.
    pub user: Option<String>,
    /// The port there, where one is given.
    pub port: Option<u16>,
}

/// What is done about the key of a machine nobody knows. A changed key is refused whatever is said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum HostKeyChecking {
    /// It is refused (`yes`, and `ask`: there is nobody to ask). The default.
    #[default]
    Strict,
    /// It is taken and written down (`accept-new`).
    AcceptNew,
    /// It is taken (`no`, `off`).
    Off,
}

/// Something in a configuration file that is not followed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What, and what it means for the connection, in words.
    pub text: String,
}
