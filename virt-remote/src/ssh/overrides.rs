//! What overrides the configuration of ssh, where libvirt has parameters of its own for it.

use super::config::{HostConfig, HostKeyChecking};
use super::program::ProgramTarget;

/// The ways to log in, where they are chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LoginWays {
    /// By SSH's own names, in order.
    pub(crate) methods: Vec<String>,
    /// Whether keys of the agent are used.
    pub(crate) agent: bool,
    /// Whether keys in files are used.
    pub(crate) key_files: bool,
}

/// What overrides the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Overrides {
    /// What is done about a key nobody knows.
    pub(crate) host_key_checking: Option<HostKeyChecking>,
    /// The ways to log in.
    pub(crate) login: Option<LoginWays>,
    /// The system's `ssh` is not meant.
    pub(crate) own_client: bool,
}

impl Overrides {
    /// Overrides what our own client follows.
    pub(super) fn apply(&self, config: &mut HostConfig) {
        if let Some(checking) = self.host_key_checking {
            config.host_key_checking = checking;
        }
        let Some(login) = &self.login else { return };
        let allows = |method: &str| login.methods.iter().any(|known| known == method);
        config.pubkey_authentication = allows("publickey");
        config.password_authentication = allows("password");
        config.kbd_interactive_authentication = allows("keyboard-interactive");
        config.preferred_authentications = Some(login.methods.clone());
        if !login.agent {
            config.identity_agent = None;
        }
        if !login.key_files {
            // Which key of the agent's is meant is not known any more, so all are.
            config.identity_files.clear();
            config.identities_only = false;
        }
    }

    /// Overrides what the system's `ssh` follows. It asks nobody anyway.
    pub(super) fn apply_to_program(&self, target: &mut ProgramTarget) {
        let checking = match self.host_key_checking {
            None => None,
            Some(HostKeyChecking::Strict) => Some("yes"),
            Some(HostKeyChecking::AcceptNew) => Some("accept-new"),
            Some(HostKeyChecking::Off) => Some("no"),
        };
        target
            .settings
            .extend(checking.map(|value| format!("StrictHostKeyChecking={value}")));
        if let Some(login) = &self.login {
            target
                .settings
                .push(format!("PreferredAuthentications={}", login.methods.join(",")));
            if !login.agent {
                target.settings.push("IdentityAgent=none".to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::config::{ConfigFiles, Environment, Lookup};

    #[test]
    fn keys_are_those_that_are_chosen() {
        let lookup = Lookup::new("far", Environment::new("me", "/home/me")).with_files(ConfigFiles::None);
        let mut config = lookup.resolve().expect("a configuration");
        let overrides = Overrides {
            host_key_checking: Some(HostKeyChecking::AcceptNew),
            login: Some(LoginWays {
                methods: vec!["publickey".to_owned()],
                agent: true,
                key_files: false,
            }),
            own_client: false,
        };
        overrides.apply(&mut config);
        assert_eq!(config.host_key_checking, HostKeyChecking::AcceptNew);
        assert!(config.pubkey_authentication && !config.password_authentication);
        assert!(config.identity_files.is_empty());
        let mut target = ProgramTarget::default();
        overrides.apply_to_program(&mut target);
        assert_eq!(
            target.settings,
            [
                "StrictHostKeyChecking=accept-new",
                "PreferredAuthentications=publickey"
            ]
        );
    }
}
