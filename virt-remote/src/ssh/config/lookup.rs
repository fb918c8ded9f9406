//! The way in: which machine, which files, and what is known already.

use std::path::{Path, PathBuf};

use virt_core::{Error, ErrorKind, Result};

use super::address;
use super::criteria::{MatchExec, Subject};
use super::environment::Environment;
use super::finish;
use super::host_config::{HostConfig, JumpHost};
use super::options::{Options, Switch, Text};
use super::place::{Place, unusable};
use super::reader::{Reader, Source};
use super::settings;
use super::tokens::{Allowed, Tokens};

/// Which files are read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ConfigFiles {
    /// `~/.ssh/config`, then the machine's `ssh_config`; one that is not there says nothing.
    #[default]
    Default,
    /// This one alone (`ssh -F`). It has to be there.
    File(PathBuf),
    /// None: every value is the default.
    None,
}

/// Looks one machine up in the client configuration.
///
/// ```no_run
/// use virt_remote::ssh::config::{Environment, Lookup};
///
/// let config = Lookup::new("web", Environment::current()?).with_user("root").resolve()?;
/// println!("{}@{}:{}", config.user, config.host_name, config.port);
/// for note in &config.notes {
///     println!("{}:{}: {}", note.file.display(), note.line, note.text);
/// }
/// # Ok::<(), virt_core::Error>(())
/// ```
///
/// What is given here wins over the files, as what is given to `ssh` on its command line does.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Lookup {
    /// The machine, as the user named it; IPv6 addresses without brackets.
    pub host: String,
    /// The user to log in as.
    pub user: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// The files to read.
    pub files: ConfigFiles,
    /// Keys to try before those of the files. Their paths are taken as they are.
    pub identity_files: Vec<PathBuf>,
    /// The one file of known keys, in the place of the user's. Its path is taken as it is.
    pub known_hosts: Option<PathBuf>,
    /// The machines to go through; the empty chain is the direct way.
    pub proxy_jump: Option<Vec<JumpHost>>,
    /// The program to go through, with tokens as `ProxyCommand` has them.
    pub proxy_command: Option<String>,
    /// Whether programs are run for `Match exec`.
    pub match_exec: MatchExec,
    /// This machine and its user.
    pub environment: Environment,
}

impl Lookup {
    /// Looks up `host` in the usual files.
    pub fn new(host: impl Into<String>, environment: Environment) -> Self {
        Self {
            host: host.into(),
            user: None,
            port: None,
            files: ConfigFiles::Default,
            identity_files: Vec::new(),
            known_hosts: None,
            proxy_jump: None,
            proxy_command: None,
            match_exec: MatchExec::Refuse,
            environment,
        }
    }

    /// The user to log in as, whatever the files say.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The port, whatever the files say.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The files to read.
    #[must_use]
    pub fn with_files(mut self, files: ConfigFiles) -> Self {
        self.files = files;
        self
    }

    /// One more key to try before those of the files.
    #[must_use]
    pub fn with_identity_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.identity_files.push(path.into());
        self
    }

    /// The one file of known keys, in the place of the user's.
    #[must_use]
    pub fn with_known_hosts(mut self, path: impl Into<PathBuf>) -> Self {
        self.known_hosts = Some(path.into());
        self
    }

    /// The machines to go through, nearest first, whatever the files say; see [`JumpHost::parse_chain`].
    #[must_use]
    pub fn with_proxy_jump(mut self, chain: Vec<JumpHost>) -> Self {
        self.proxy_jump = Some(chain);
        self
    }

    /// The program to go through, whatever the files say.
    #[must_use]
    pub fn with_proxy_command(mut self, command: impl Into<String>) -> Self {
        self.proxy_command = Some(command.into());
        self
    }

    /// Whether programs are run for `Match exec`.
    #[must_use]
    pub fn with_match_exec(mut self, match_exec: MatchExec) -> Self {
        self.match_exec = match_exec;
        self
    }

    /// Reads the files and answers.
    ///
    /// This reads files, and runs programs where [`MatchExec::Run`] is asked for: in async code it belongs on a thread
    /// that may block.
    ///
    /// # Errors
    /// * [`ErrorKind::InvalidConfig`] for a file that OpenSSH would not take either: an unknown keyword, a wrong value,
    ///   a token that means nothing. The message has file and line.
    /// * [`ErrorKind::Denied`] for a user's file that others may write, and where `RefuseConnection` applies.
    /// * [`ErrorKind::NotFound`] where the one file to read is not there.
    /// * [`ErrorKind::InvalidArgument`] for a host or user that no machine can have, and for a way both through
    ///   machines and through a program.
    pub fn resolve(&self) -> Result<HostConfig> {
        self.check()?;
        let mut options = self.given();
        let wants_final = self.read(&self.host, false, &mut options)?;
        let host = self.host_name(&options)?;
        if wants_final || options.switch(Switch::Canonicalize) == Some(true) {
            options.replace_host_name(&host);
            self.read(&host, true, &mut options)?;
        }
        finish::finish(self, &host, options)
    }

    /// How to look up each machine on the way to this one, in the order they are reached.
    ///
    /// They are looked up in the same files, with the keys and the file of known keys given here. The first one's own
    /// way is what the files say, which may lead through others again (the caller has to mind circles); each other
    /// one is reached through those before it and has none.
    #[must_use]
    pub fn steps(&self, config: &HostConfig) -> Vec<Self> {
        let steps = config.proxy_jump.iter().enumerate();
        steps
            .map(|(at, jump)| Self {
                host: jump.host.clone(),
                user: jump.user.clone(),
                port: jump.port,
                proxy_jump: (at > 0).then(Vec::new),
                proxy_command: None,
                ..self.clone()
            })
            .collect()
    }

    /// Nothing that a shell or an option parser could take for something else goes into a command line.
    fn check(&self) -> Result<()> {
        let refuse = |what: &str, value: &str| {
            let message = format!("{value:?} can't be the {what} of an SSH connection");
            Err(Error::new(ErrorKind::InvalidArgument, message))
        };
        let odd = |c: char| c.is_whitespace() || c.is_control() || "'`\"$\\;&<>|(){},".contains(c);
        if self.host.is_empty() || self.host.starts_with('-') || self.host.contains(odd) {
            return refuse("host", &self.host);
        }
        if let Some(user) = &self.user {
            let odd = |c: char| c.is_control() || "'`\";&<>|(){}".contains(c);
            if user.is_empty()
                || user.starts_with('-')
                || user.contains(" -")
                || user.ends_with('\\')
                || user.contains(odd)
            {
                return refuse("user", user);
            }
        }
        if self.port == Some(0) {
            return refuse("port", "0");
        }
        if self.proxy_command.is_some() && self.proxy_jump.is_some() {
            let message = "the way to a host is through machines or through a command: not both";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        Ok(())
    }

    /// What is known before any file is read.
    fn given(&self) -> Options {
        let mut options = Options::default();
        if let Some(user) = &self.user {
            options.offer_text(Text::User, user);
        }
        options.port = self.port;
        options.jump.clone_from(&self.proxy_jump);
        options.proxy_command.clone_from(&self.proxy_command);
        if self.proxy_jump.is_some() {
            options.proxy_command = Some("none".to_owned());
        }
        options
    }

    /// Reads every file once. Tells whether the files ask to be read again.
    fn read(&self, host: &str, is_final: bool, options: &mut Options) -> Result<bool> {
        let subject = Subject {
            environment: &self.environment,
            alias: &self.host,
            host,
            is_final,
            match_exec: self.match_exec,
        };
        let mut reader = Reader {
            subject,
            options,
            wants_final: false,
        };
        let user_file = Source {
            from_user: true,
            checked: true,
            inert: false,
            depth: 0,
        };
        match &self.files {
            ConfigFiles::None => {}
            ConfigFiles::File(path) => {
                let source = Source {
                    checked: false,
                    ..user_file
                };
                reader
                    .file(path, source, true)?
                    .map_err(|error| not_open(path, error))?;
            }
            ConfigFiles::Default => {
                let system_file = Source {
                    from_user: false,
                    checked: false,
                    ..user_file
                };
                let user = self.environment.user_directory().join("config");
                let system = self.environment.system_directory.join("ssh_config");
                for (path, source) in [(user, user_file), (system, system_file)] {
                    if let Err(error) = reader.file(&path, source, true)?
                        && error.kind() != std::io::ErrorKind::NotFound
                    {
                        let place = Place { file: &path, line: 0 };
                        reader.options.note(place, settings::unreadable(&path, &error));
                    }
                }
            }
        }
        Ok(reader.wants_final)
    }

    /// The name to connect to: that of the files, in lower case, addresses in their usual form.
    fn host_name(&self, options: &Options) -> Result<String> {
        let name = match options.text(Text::HostName) {
            None => self.host.clone(),
            Some(name) => {
                let tokens = Tokens {
                    environment: &self.environment,
                    alias: &self.host,
                    host: &self.host,
                    key_alias: &self.host,
                    port: 0,
                    user: "",
                    jump_host: "",
                };
                let expanded = tokens.expand(name, Allowed::Host);
                expanded.map_err(|error| unusable("hostname", name, error))?
            }
        };
        Ok(address::canonical(&name).unwrap_or_else(|| name.to_ascii_lowercase()))
    }
}

fn not_open(path: &Path, error: std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => ErrorKind::NotFound,
        std::io::ErrorKind::PermissionDenied => ErrorKind::Denied,
        _ => ErrorKind::Failed,
    };
    Error::new(kind, settings::unreadable(path, &error)).with_source(error)
}
