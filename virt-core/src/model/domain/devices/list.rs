//! The devices of a domain.

use super::audio::Audio;
use super::channel::Channel;
use super::console::Console;
use super::controller::Controller;
use super::disk::Disk;
use super::graphics::Graphics;
use super::input::Input;
use super::interface::Interface;
use super::memballoon::MemBalloon;
use super::panic::Panic;
use super::parallel::Parallel;
use super::rng::Rng;
use super::serial::Serial;
use super::sound::Sound;
use super::video::Video;
use super::vsock::Vsock;
use super::watchdog::Watchdog;
use crate::xml::{Element, Rest, XmlElement};

/// `<devices>`: the devices, a list for each kind, in libvirt's order of kinds.
///
/// A parsed document keeps the order in which devices of different kinds stood.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Devices {
    /// The program that emulates the machine.
    #[xml(leaf)]
    pub emulator: Option<String>,
    /// Disks, CD-ROMs, floppies.
    #[xml(child = "disk")]
    pub disks: Vec<Disk>,
    /// Controllers.
    #[xml(child = "controller")]
    pub controllers: Vec<Controller>,
    /// Network interfaces.
    #[xml(child = "interface")]
    pub interfaces: Vec<Interface>,
    /// Serial ports.
    #[xml(child = "serial")]
    pub serials: Vec<Serial>,
    /// Parallel ports.
    #[xml(child = "parallel")]
    pub parallels: Vec<Parallel>,
    /// Consoles.
    #[xml(child = "console")]
    pub consoles: Vec<Console>,
    /// Channels.
    #[xml(child = "channel")]
    pub channels: Vec<Channel>,
    /// Keyboards, mice, tablets.
    #[xml(child = "input")]
    pub inputs: Vec<Input>,
    /// Displays.
    #[xml(child)]
    pub graphics: Vec<Graphics>,
    /// Sound cards.
    #[xml(child = "sound")]
    pub sounds: Vec<Sound>,
    /// Audio backends.
    #[xml(child = "audio")]
    pub audios: Vec<Audio>,
    /// Graphics adapters.
    #[xml(child = "video")]
    pub videos: Vec<Video>,
    /// Watchdogs.
    #[xml(child = "watchdog")]
    pub watchdogs: Vec<Watchdog>,
    /// The memory balloon.
    #[xml(child)]
    pub memballoon: Option<MemBalloon>,
    /// Random number generators.
    #[xml(child = "rng")]
    pub rngs: Vec<Rng>,
    /// Panic devices.
    #[xml(child = "panic")]
    pub panics: Vec<Panic>,
    /// The socket device.
    #[xml(child)]
    pub vsock: Option<Vsock>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl Devices {
    /// The devices this version has no type for, such as `<tpm>`: by element name, in order.
    pub fn others(&self) -> impl Iterator<Item = &Element> {
        self.rest.elements()
    }
}
