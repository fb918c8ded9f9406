//! A bridge for containers.

use super::super::debian::output_of;
use super::super::error::LiveError;
use std::process::{Command, Stdio};

/// A bridge of this machine that is up; dropping it removes it.
#[derive(Debug)]
pub struct Bridge {
    name: String,
}

impl Bridge {
    /// Makes one with a name of its own.
    ///
    /// # Errors
    /// [`LiveError`] with what `ip` said, when this is not root for example.
    pub fn create() -> Result<Self, LiveError> {
        let mut name = format!("vtbr{}", uuid::Uuid::new_v4().simple());
        name.truncate(12);
        output_of(Command::new("ip").args(["link", "add", &name, "type", "bridge"]))?;
        let bridge = Self { name };
        output_of(Command::new("ip").args(["link", "set", &bridge.name, "up"]))?;
        Ok(bridge)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Gives it an address, such as `10.1.2.1/24`: what is beyond the bridge reaches this machine by it.
    ///
    /// # Errors
    /// [`LiveError`] with what `ip` said.
    pub fn add_address(&self, address: &str) -> Result<(), LiveError> {
        output_of(Command::new("ip").args(["addr", "add", address, "dev", &self.name])).map(drop)
    }

    /// The names of the interfaces at it.
    #[must_use]
    pub fn ports(&self) -> Vec<String> {
        let ports = std::fs::read_dir(format!("/sys/class/net/{}/brif", self.name));
        ports
            .into_iter()
            .flatten()
            .filter_map(|port| port.ok()?.file_name().into_string().ok())
            .collect()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let mut remove = Command::new("ip");
        remove.args(["link", "delete", &self.name]).stderr(Stdio::null());
        // There is nobody to tell if it is gone already.
        drop(remove.status());
    }
}
