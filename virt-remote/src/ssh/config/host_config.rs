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
    /// Whether the kernel asks for signs of life as well (`TCPKeepAlive`).
    pub tcp_keep_alive: bool,
    /// The machines to go through, nearest first (`ProxyJump`). The first is looked up as any host is; each other one
    /// is reached through those before it, whatever the configuration says of a way to it.
    pub proxy_jump: Vec<JumpHost>,
    /// A program whose input and output are the connection (`ProxyCommand`), tokens expanded; run by the user's shell.
    /// `None` where there are machines to go through.
    pub proxy_command: Option<String>,
    /// Whether a password may be used (`PasswordAuthentication`).
    pub password_authentication: bool,
    /// Whether questions of the server may be answered (`KbdInteractiveAuthentication`).
    pub kbd_interactive_authentication: bool,
    /// Whether keys may be used (`PubkeyAuthentication`).
    pub pubkey_authentication: bool,
    /// The ways to log in, in the order they are tried (`PreferredAuthentications`); `None` for the usual order.
    pub preferred_authentications: Option<Vec<String>>,
    /// How often a password is asked for (`NumberOfPasswordPrompts`, 3).
    pub password_prompts: u32,
    /// Whether nobody is to be asked for anything (`BatchMode`).
    pub batch_mode: bool,
    /// Keys that no machine may have any more (`RevokedHostKeys`).
    pub revoked_host_keys: Option<PathBuf>,
    /// Whether names are hashed in new lines of known keys (`HashKnownHosts`).
    pub hash_known_hosts: bool,
    /// The algorithms to agree on, as they are written in the files.
    pub algorithms: Algorithms,
    /// The fewest bits an RSA key may have (`RequiredRSASize`).
    pub required_rsa_size: Option<u32>,
    /// What stands in the files and is not followed here, each with its place.
    pub notes: Vec<Note>,
}

/// Lists of algorithms as the files have them: names parted by commas. One that begins with `+` adds to the usual
/// list, with `-` takes away from it (and may have patterns), with `^` puts its names in front. The names are not
/// checked. `None` is the usual list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Algorithms {
    /// Kinds of host keys (`HostKeyAlgorithms`).
    pub host_key: Option<String>,
    /// Ciphers (`Ciphers`).
    pub ciphers: Option<String>,
    /// Key exchanges (`KexAlgorithms`).
    pub key_exchange: Option<String>,
    /// Message authentication codes (`MACs`).
    pub macs: Option<String>,
    /// Kinds of the user's keys (`PubkeyAcceptedAlgorithms`).
    pub pubkey: Option<String>,
    /// Kinds of signatures by certificate authorities (`CASignatureAlgorithms`).
    pub ca_signature: Option<String>,
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
