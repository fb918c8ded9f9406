//! What a URI says of the way to its machine.

use std::path::PathBuf;

use virt_core::{ConnectUri, Error, ErrorKind, Result, Subject};

use super::config::{ConfigFiles, Environment, JumpHost, Lookup, MatchExec};

/// By what a machine is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SshTransport {
    /// By our own client.
    #[default]
    Native,
    /// Through the system's `ssh` program, which reads its own configuration in full and asks nobody anything.
    Program,
}

/// As whom the work on the machine is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Become {
    /// As the one who logs in.
    #[default]
    No,
    /// As root, by `sudo`.
    Sudo,
}

/// What a URI says of the way to its machine: host, user and port, and these parameters of its query.
///
/// | parameter | meaning |
/// | --- | --- |
/// | `keyfile` | a private key to try, before those of the configuration (`ssh -i`) |
/// | `known_hosts` | the file of known keys, instead of the user's |
/// | `jump` | the machines to go through, as `ProxyJump` has them: `user@gate:2222,inner`; `none` for none |
/// | `sshconfig` | the configuration to read instead of the user's and the machine's (`ssh -F`); `none` for none |
/// | `transport` | `native` (our own client, the default) or `program` (the system's `ssh`) |
/// | `command` | the `ssh` to run, by its path; it implies `transport=program` |
/// | `become` | `sudo`, where the work needs root and the login is not |
///
/// Paths are absolute, or begin with `~/`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SshOptions {
    /// The machine, by the name that the configuration may know it by.
    pub host: String,
    /// The user to log in as; the configuration's, or ours, when `None`.
    pub user: Option<String>,
    /// The port; the configuration's, or 22, when `None`.
    pub port: Option<u16>,
    /// A private key to try first.
    pub key_file: Option<PathBuf>,
    /// The file of known keys, instead of the user's.
    pub known_hosts: Option<PathBuf>,
    /// The machines to go through; the configuration's when `None`.
    pub jump: Option<Vec<JumpHost>>,
    /// Which configuration is read.
    pub config_files: ConfigFiles,
    /// By what the machine is reached.
    pub transport: SshTransport,
    /// The `ssh` program.
    pub command: String,
    /// As whom the work is done.
    pub r#become: Become,
}

impl SshOptions {
    /// The parameters of a URI's query that are read here. All others are the backend's.
    pub const PARAMETERS: &'static [&'static str] = &[
        "keyfile",
        "known_hosts",
        "jump",
        "command",
        "sshconfig",
        "become",
        "transport",
    ];

    /// Reads a URI.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the part that is missing or wrong.
    pub fn of(uri: &ConnectUri, environment: &Environment) -> Result<Self> {
        let refuse = |message: String| {
            Error::new(ErrorKind::InvalidArgument, message).with_subject(Subject::Connection(uri.to_string()))
        };
        for name in Self::PARAMETERS {
            let count = uri.parameters().iter().filter(|(given, _)| given == name).count();
            if count > 1 {
                return Err(refuse(format!("the parameter {name:?} is given {count} times")));
            }
        }
        let path = |name: &str| match uri.parameter(name) {
            None => Ok(None),
            Some(text) => absolute(text, environment).map(Some).ok_or_else(|| {
                refuse(format!(
                    "{name} is {text:?}: an absolute path, or one that begins with ~/, is wanted"
                ))
            }),
        };
        let one_of = |name: &str, known: &str| {
            let given = uri.parameter(name).unwrap_or_default();
            refuse(format!("{name} is {given:?}: it may be {known}"))
        };
        let command = path("command")?;
        let transport = match (uri.parameter("transport"), &command) {
            (Some("program"), _) | (None, Some(_)) => SshTransport::Program,
            (Some("native"), Some(_)) => {
                return Err(refuse(
                    "command names an ssh program, and transport=native uses none".to_owned(),
                ));
            }
            (None | Some("native"), None) => SshTransport::Native,
            (Some(_), _) => return Err(one_of("transport", "native or program")),
        };
        Ok(Self {
            host: uri
                .host()
                .map(str::to_owned)
                .ok_or_else(|| refuse("the URI names no machine".to_owned()))?,
            user: uri.user().map(str::to_owned),
            port: uri.port(),
            key_file: path("keyfile")?,
            known_hosts: path("known_hosts")?,
            jump: uri
                .parameter("jump")
                .map(JumpHost::parse_chain)
                .transpose()
                .map_err(|error| error.with_subject(Subject::Connection(uri.to_string())))?,
            config_files: match uri.parameter("sshconfig") {
                None => ConfigFiles::Default,
                Some("none") => ConfigFiles::None,
                Some(_) => path("sshconfig")?.map_or(ConfigFiles::Default, ConfigFiles::File),
            },
            transport,
            command: command.map_or_else(|| "ssh".to_owned(), |path| path.display().to_string()),
            r#become: match uri.parameter("become") {
                None | Some("no") => Become::No,
                Some("sudo") => Become::Sudo,
                Some(_) => return Err(one_of("become", "sudo or no")),
            },
        })
    }

    /// What to ask the configuration for the machine itself.
    pub(super) fn lookup(&self, environment: Environment) -> Lookup {
        let mut lookup = self.files_of(Lookup::new(&self.host, environment));
        lookup.user.clone_from(&self.user);
        lookup.port = self.port;
        lookup.identity_files.extend(self.key_file.clone());
        lookup.proxy_jump.clone_from(&self.jump);
        lookup
    }

    /// What to ask it for a machine on the way there. As with `ssh -J`, files are the same, and the key is tried too.
    pub(super) fn lookup_jump(&self, jump: &JumpHost, environment: Environment) -> Lookup {
        let mut lookup = self.files_of(Lookup::new(&jump.host, environment));
        lookup.user.clone_from(&jump.user);
        lookup.port = jump.port;
        lookup.identity_files.extend(self.key_file.clone());
        lookup
    }

    fn files_of(&self, mut lookup: Lookup) -> Lookup {
        lookup.files.clone_from(&self.config_files);
        lookup.known_hosts.clone_from(&self.known_hosts);
        lookup.match_exec = MatchExec::Refuse;
        lookup
    }
}

/// The path that is meant; `None` where it depends on where we stand.
fn absolute(text: &str, environment: &Environment) -> Option<PathBuf> {
    match text.strip_prefix("~/") {
        Some(rest) => Some(PathBuf::from(&environment.home).join(rest)),
        None => Some(PathBuf::from(text)).filter(|path| path.is_absolute()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<SshOptions> {
        let uri = format!("qemu+ssh://root@far:2222/embed?{query}").parse().unwrap();
        SshOptions::of(&uri, &Environment::new("me", "/home/me"))
    }

    #[test]
    fn each_parameter_is_read_and_others_are_left_to_the_backend() {
        let options = read(
            "root=/srv&keyfile=~/.ssh/far&known_hosts=/etc/known&jump=me@gate:22,inner&sshconfig=none&become=sudo",
        )
        .unwrap();
        assert_eq!(
            (options.host.as_str(), options.user.as_deref(), options.port),
            ("far", Some("root"), Some(2222))
        );
        assert_eq!(options.key_file, Some("/home/me/.ssh/far".into()));
        assert_eq!(options.known_hosts, Some("/etc/known".into()));
        let jump = options.jump.unwrap();
        assert_eq!(
            (jump.len(), jump[0].host.as_str(), jump[0].port),
            (2, "gate", Some(22))
        );
        assert_eq!(options.config_files, ConfigFiles::None);
        assert_eq!(
            (options.r#become, options.transport),
            (Become::Sudo, SshTransport::Native)
        );
    }

    #[test]
    fn a_program_is_a_transport() {
        let options = read("command=/opt/ssh").unwrap();
        assert_eq!(
            (options.transport, options.command.as_str()),
            (SshTransport::Program, "/opt/ssh")
        );
        let options = read("transport=program&sshconfig=/c").unwrap();
        assert_eq!(
            (options.transport, options.command.as_str()),
            (SshTransport::Program, "ssh")
        );
        assert_eq!(options.config_files, ConfigFiles::File("/c".into()));
    }

    #[test]
    fn what_means_nothing_is_refused_and_named() {
        for (query, part) in [
            ("keyfile=id", "keyfile"),
            ("sshconfig=x", "sshconfig"),
            ("transport=carrier-pigeon", "native or program"),
            ("transport=native&command=/usr/bin/ssh", "transport=native"),
            ("become=root", "sudo"),
            ("keyfile=/a&keyfile=/b", "2 times"),
        ] {
            let error = read(query).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{query}");
            assert!(error.message().contains(part), "{query}: {error}");
        }
        let uri = "qemu+ssh:///embed".parse().unwrap();
        let error = SshOptions::of(&uri, &Environment::new("me", "/home/me")).unwrap_err();
        assert!(error.message().contains("no machine"), "{error}");
    }
}
