//! Users of the guest: who is logged in, passwords, SSH keys.

use std::fmt;

use serde::{Deserialize, Serialize};
use virt_core::agent::GuestUser;

use crate::agent::base64;
use crate::agent::command::agent_commands;
use crate::qmp::Nothing;

/// `guest-get-users`: who is logged in.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestGetUsers;

/// A user who is logged in.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct LoggedInUser {
    /// The user's name.
    pub user: String,
    /// The user's domain (Windows).
    pub domain: Option<String>,
    /// When the user logged in: seconds since 1970.
    #[serde(default)]
    pub login_time: f64,
}

impl From<LoggedInUser> for GuestUser {
    fn from(user: LoggedInUser) -> Self {
        Self::new(user.user, user.domain, user.login_time)
    }
}

/// `guest-set-user-password`: sets a user's password.
#[derive(Clone, Serialize)]
pub struct GuestSetUserPassword {
    /// The user.
    pub username: String,
    /// The password, or its hash.
    #[serde(with = "base64::bytes")]
    pub password: Vec<u8>,
    /// Whether it is the hash.
    pub crypted: bool,
}

impl fmt::Debug for GuestSetUserPassword {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestSetUserPassword")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// `guest-ssh-get-authorized-keys`: the SSH keys a user accepts.
#[derive(Debug, Clone, Serialize)]
pub struct GuestSshGetAuthorizedKeys {
    /// The user.
    pub username: String,
}

/// The reply of [`GuestSshGetAuthorizedKeys`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AuthorizedKeys {
    /// The keys, each a line of OpenSSH's file.
    pub keys: Vec<String>,
}

/// `guest-ssh-add-authorized-keys`: adds SSH keys.
#[derive(Debug, Clone, Serialize)]
pub struct GuestSshAddAuthorizedKeys {
    /// The user.
    pub username: String,
    /// The keys.
    pub keys: Vec<String>,
    /// Whether all others are removed.
    pub reset: bool,
}

/// `guest-ssh-remove-authorized-keys`: removes SSH keys; those that are not there are no error.
#[derive(Debug, Clone, Serialize)]
pub struct GuestSshRemoveAuthorizedKeys {
    /// The user.
    pub username: String,
    /// The keys.
    pub keys: Vec<String>,
}

agent_commands! {
    GuestGetUsers: "guest-get-users" => Vec<LoggedInUser>;
    GuestSetUserPassword: "guest-set-user-password" => Nothing;
    GuestSshGetAuthorizedKeys: "guest-ssh-get-authorized-keys" => AuthorizedKeys;
    GuestSshAddAuthorizedKeys: "guest-ssh-add-authorized-keys" => Nothing;
    GuestSshRemoveAuthorizedKeys: "guest-ssh-remove-authorized-keys" => Nothing;
}
