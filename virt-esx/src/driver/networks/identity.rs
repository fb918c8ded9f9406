//! The uuids of networks: ESX has none, so they are made from what it tells networks by.

use md5::{Digest as _, Md5};
use uuid::Uuid;

/// The uuid of what a server tells by this key: its MD5, as libvirt makes it. The same each time.
pub(super) fn uuid_of_key(key: &str) -> Uuid {
    Uuid::from_bytes(Md5::digest(key.as_bytes()).into())
}

/// The key that a host gives a standard switch.
pub(super) fn key_of_switch(name: &str) -> String {
    format!("key-vim.host.VirtualSwitch-{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_uuid() {
        // `echo -n abc | md5sum`.
        assert_eq!(
            uuid_of_key("abc").to_string(),
            "90015098-3cd2-4fb0-d696-3f7d28e17f72"
        );
        assert_eq!(key_of_switch("vSwitch0"), "key-vim.host.VirtualSwitch-vSwitch0");
    }
}
