//! Secrets that fitted, for the further connections of one dialer.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use russh::keys::PrivateKey;
use virt_core::credentials::Secret;

use crate::ssh::config::HostConfig;
use crate::ssh::native::lock;

/// Private keys that were opened, and passwords that were taken.
#[derive(Default)]
pub(in crate::ssh::native) struct Keyring(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    keys: HashMap<PathBuf, Arc<PrivateKey>>,
    passwords: HashMap<Account, Secret>,
}

type Account = (String, u16, String);

fn account(config: &HostConfig) -> Account {
    (config.host_name.clone(), config.port, config.user.clone())
}

impl Keyring {
    pub(super) fn key(&self, file: &Path) -> Option<Arc<PrivateKey>> {
        lock(&self.0).keys.get(file).map(Arc::clone)
    }

    pub(super) fn keep_key(&self, file: &Path, key: Arc<PrivateKey>) {
        lock(&self.0).keys.insert(file.to_owned(), key);
    }

    pub(super) fn password(&self, config: &HostConfig) -> Option<Secret> {
        lock(&self.0).passwords.get(&account(config)).cloned()
    }

    pub(super) fn keep_password(&self, config: &HostConfig, password: Secret) {
        lock(&self.0).passwords.insert(account(config), password);
    }

    pub(super) fn forget_password(&self, config: &HostConfig) {
        lock(&self.0).passwords.remove(&account(config));
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(not shown)")
    }
}
