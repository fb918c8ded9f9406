//! The argument list as it grows.

use std::fmt;

use crate::plan::Abilities;

use super::option_text::OptionText;
use super::properties::Properties;

/// QEMU's command line: data for a launcher, not a shell string.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandLine {
    /// The path of the emulator.
    pub program: String,
    /// Its arguments, without the program.
    pub args: Vec<String>,
    /// Environment variables; nothing else is passed on.
    pub env: Vec<(String, String)>,
}

/// Arguments in the making.
#[derive(Debug)]
pub(crate) struct Arguments {
    list: Vec<String>,
    json_devices: bool,
    json_netdevs: bool,
    fd_sets: u32,
}

impl Arguments {
    pub(crate) fn new(abilities: &Abilities) -> Self {
        let (json_devices, json_netdevs) = (abilities.gates.json_devices, abilities.gates.json_netdevs);
        Self {
            list: Vec::new(),
            json_devices,
            json_netdevs,
            fd_sets: 0,
        }
    }

    /// A word without an argument, such as `-S`.
    pub(crate) fn flag(&mut self, flag: &str) {
        self.list.push(flag.to_owned());
    }

    /// An option and its argument.
    pub(crate) fn option(&mut self, option: &str, argument: impl fmt::Display) {
        self.flag(option);
        self.list.push(argument.to_string());
    }

    pub(crate) fn device(&mut self, device: &Properties) {
        if self.json_devices {
            self.option("-device", device);
        } else {
            self.option("-device", device.to_option_text("driver"));
        }
    }

    pub(crate) fn netdev(&mut self, netdev: &Properties) {
        if self.json_netdevs {
            self.option("-netdev", netdev);
        } else {
            self.option("-netdev", netdev.to_option_text("type"));
        }
    }

    pub(crate) fn object(&mut self, object: &Properties) {
        self.option("-object", object);
    }

    pub(crate) fn blockdev(&mut self, node: &Properties) {
        self.option("-blockdev", node);
    }

    pub(crate) fn chardev(&mut self, chardev: &OptionText) {
        self.option("-chardev", chardev);
    }

    /// Hands a descriptor to QEMU and returns the path it is opened by.
    pub(crate) fn add_fd(&mut self, number: u32, opaque: &str) -> String {
        let set = self.fd_sets;
        self.fd_sets += 1;
        self.option(
            "-add-fd",
            OptionText::pair("set", set)
                .with("fd", number)
                .with("opaque", opaque),
        );
        format!("/dev/fdset/{set}")
    }

    pub(crate) fn into_vec(self) -> Vec<String> {
        self.list
    }
}
