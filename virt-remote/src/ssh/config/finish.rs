//! From what the files say to what is needed to log in: defaults filled in, tokens expanded.

use std::path::PathBuf;
use std::time::Duration;

use virt_core::{Error, ErrorKind, Result};

use super::criteria::unusable;
use super::host_config::{Algorithms, HostConfig, Identity, JumpHost};
use super::lookup::Lookup;
use super::options::{Files, KnownHosts, Options, Quantity, Switch, Text};
use super::tokens::{Allowed, Tokens};

/// The keys that are tried where none are named, in OpenSSH's order.
const DEFAULT_IDENTITIES: [&str; 5] = ["id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"];

/// Answers for the machine called `host`.
pub(super) fn finish(lookup: &Lookup, host: &str, mut options: Options) -> Result<HostConfig> {
    let environment = &lookup.environment;
    if let Some(message) = options.text(Text::RefuseConnection) {
        let message = format!("the ssh configuration refuses connections to {host}: {message}");
        return Err(Error::new(ErrorKind::Denied, message));
    }
    if options.quantity(Quantity::ConnectionAttempts) == Some(0) {
        let message = "connectionattempts of the ssh configuration is 0 and has to be more";
        return Err(Error::new(ErrorKind::InvalidConfig, message));
    }
    let user = options.text(Text::User).unwrap_or(&environment.user).to_owned();
    let port = options.port.unwrap_or(22);
    let host_key_alias = options.text(Text::HostKeyAlias).map(str::to_ascii_lowercase);
    let proxy_jump = options.jump.take().unwrap_or_default();
    refuse_loop(host, port, &user, &proxy_jump)?;
    let tokens = Tokens {
        environment,
        alias: &lookup.host,
        host,
        key_alias: host_key_alias.as_deref().unwrap_or(&lookup.host),
        port,
        user: &user,
        jump_host: proxy_jump
            .last()
            .map(|jump| jump.host.as_str())
            .unwrap_or_default(),
    };
    let paths = Paths {
        lookup,
        options: &options,
        tokens: &tokens,
    };
    let switch = |switch, default| options.switch(switch).unwrap_or(default);
    let time = |quantity| {
        let seconds = options.quantity(quantity).filter(|seconds| *seconds > 0)?;
        Some(Duration::from_secs(seconds.into()))
    };
    let preferred = options.text(Text::PreferredAuthentications);
    Ok(HostConfig {
        alias: lookup.host.clone(),
        host_name: host.to_owned(),
        port,
        identity_files: paths.identities()?,
        identities_only: switch(Switch::IdentitiesOnly, false),
        identity_agent: paths.agent()?,
        certificate_files: paths.certificates()?,
        user_known_hosts: paths.user_known_hosts()?,
        global_known_hosts: paths.global_known_hosts(),
        host_key_checking: options.host_key_checking.unwrap_or_default(),
        connect_timeout: time(Quantity::ConnectTimeout),
        server_alive_interval: time(Quantity::ServerAliveInterval),
        server_alive_count_max: options.quantity(Quantity::ServerAliveCountMax).unwrap_or(3),
        tcp_keep_alive: switch(Switch::TcpKeepAlive, true),
        proxy_command: paths.proxy_command(!proxy_jump.is_empty())?,
        password_authentication: switch(Switch::PasswordAuthentication, true),
        kbd_interactive_authentication: switch(Switch::KbdInteractiveAuthentication, true),
        pubkey_authentication: switch(Switch::PubkeyAuthentication, true),
        preferred_authentications: preferred.map(|list| list.split(',').map(str::to_owned).collect()),
        password_prompts: options.quantity(Quantity::NumberOfPasswordPrompts).unwrap_or(3),
        batch_mode: switch(Switch::BatchMode, false),
        revoked_host_keys: paths.revoked_host_keys()?,
        hash_known_hosts: switch(Switch::HashKnownHosts, false),
        algorithms: algorithms(&options),
        required_rsa_size: options.quantity(Quantity::RequiredRsaSize),
        host_key_alias: host_key_alias.clone(),
        user: user.clone(),
        proxy_jump: proxy_jump.clone(),
        notes: std::mem::take(&mut options.notes),
    })
}

/// A machine that is its own last step is never reached.
fn refuse_loop(host: &str, port: u16, user: &str, chain: &[JumpHost]) -> Result<()> {
    let Some(last) = chain.last() else { return Ok(()) };
    let same_user = last.user.as_deref().is_none_or(|jump_user| jump_user == user);
    if last.host == host && last.port.unwrap_or(22) == port && same_user {
        let message = format!("the way to {host} goes through {last}, which is itself (proxyjump)");
        return Err(Error::new(ErrorKind::InvalidConfig, message));
    }
    Ok(())
}

fn algorithms(options: &Options) -> Algorithms {
    let list = |text| options.text(text).map(str::to_owned);
    Algorithms {
        host_key: list(Text::HostKeyAlgorithms),
        ciphers: list(Text::Ciphers),
        key_exchange: list(Text::KexAlgorithms),
        macs: list(Text::Macs),
        pubkey: list(Text::PubkeyAcceptedAlgorithms),
        ca_signature: list(Text::CaSignatureAlgorithms),
    }
}

/// The values that are paths.
struct Paths<'a> {
    lookup: &'a Lookup,
    options: &'a Options,
    tokens: &'a Tokens<'a>,
}

impl Paths<'_> {
    fn expand(&self, what: &str, value: &str) -> Result<PathBuf> {
        let expanded = self.tokens.expand(value, Allowed::Path);
        expanded
            .map(PathBuf::from)
            .map_err(|error| unusable(what, value, error))
    }

    fn identities(&self) -> Result<Vec<Identity>> {
        let explicit = |path| Identity { path, explicit: true };
        let mut identities: Vec<Identity> =
            self.lookup.identity_files.iter().cloned().map(explicit).collect();
        let mut named = self.options.files(Files::Identity).peekable();
        if identities.is_empty() && named.peek().is_none() {
            let directory = self.lookup.environment.user_directory();
            return Ok(DEFAULT_IDENTITIES
                .iter()
                .map(|name| Identity {
                    path: directory.join(name),
                    explicit: false,
                })
                .collect());
        }
        for path in named.filter(|path| !path.eq_ignore_ascii_case("none")) {
            identities.push(explicit(self.expand("identityfile", path)?));
        }
        Ok(identities)
    }

    fn certificates(&self) -> Result<Vec<PathBuf>> {
        let named = self.options.files(Files::Certificate);
        named.map(|path| self.expand("certificatefile", path)).collect()
    }

    fn agent(&self) -> Result<Option<PathBuf>> {
        const USUAL: &str = "SSH_AUTH_SOCK";
        let environment = &self.lookup.environment;
        let variable = |name: &str| {
            let socket = environment.variable(name).filter(|socket| !socket.is_empty());
            Ok(socket.map(PathBuf::from))
        };
        let Some(agent) = self.options.text(Text::IdentityAgent) else {
            return variable(USUAL);
        };
        if agent == USUAL {
            return variable(USUAL);
        }
        if agent == "none" {
            return Ok(None);
        }
        match agent.strip_prefix('$').filter(|name| !name.starts_with('{')) {
            Some(name) => variable(name),
            None => self.expand("identityagent", agent).map(Some),
        }
    }

    fn user_known_hosts(&self) -> Result<Vec<PathBuf>> {
        if let Some(path) = &self.lookup.known_hosts {
            return Ok(vec![path.clone()]);
        }
        let Some(named) = self.options.known_hosts(KnownHosts::User) else {
            let directory = self.lookup.environment.user_directory();
            return Ok(vec![
                directory.join("known_hosts"),
                directory.join("known_hosts2"),
            ]);
        };
        let named = named.iter().filter(|path| !path.eq_ignore_ascii_case("none"));
        named
            .map(|path| self.expand("userknownhostsfile", path))
            .collect()
    }

    /// These are taken as they are written.
    fn global_known_hosts(&self) -> Vec<PathBuf> {
        match self.options.known_hosts(KnownHosts::Global) {
            None => {
                let directory = &self.lookup.environment.system_directory;
                vec![
                    directory.join("ssh_known_hosts"),
                    directory.join("ssh_known_hosts2"),
                ]
            }
            Some(named) => {
                let named = named.iter().filter(|path| !path.eq_ignore_ascii_case("none"));
                named.map(PathBuf::from).collect()
            }
        }
    }

    fn revoked_host_keys(&self) -> Result<Option<PathBuf>> {
        let path = self.options.text(Text::RevokedHostKeys);
        let path = path.filter(|path| !path.eq_ignore_ascii_case("none"));
        path.map(|path| self.expand("revokedhostkeys", path)).transpose()
    }

    fn proxy_command(&self, jumps: bool) -> Result<Option<String>> {
        let command = self.options.proxy_command.as_deref();
        let command = command.filter(|command| !jumps && !command.eq_ignore_ascii_case("none"));
        let expand = |command| {
            let expanded = self.tokens.expand(command, Allowed::Proxy);
            expanded.map_err(|error| unusable("proxycommand", command, error))
        };
        command.map(expand).transpose()
    }
}
