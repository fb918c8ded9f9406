//! Sound cards.

use super::address::{Address, Alias, DeviceAcpi};
use super::graphics::AudioReference;
use super::virtio::VirtioDriver;
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement};

/// `<sound>`: a sound card.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "sound")]
#[non_exhaustive]
pub struct Sound {
    /// `ich9`, `ich6`, `ac97`, `usb`, `virtio`, …
    #[xml(attr)]
    pub model: Option<String>,
    /// usb: more than two channels.
    #[xml(attr)]
    pub multichannel: Option<YesNo>,
    /// virtio: how many streams.
    #[xml(attr)]
    pub streams: Option<u32>,
    /// ich6, ich9: codecs.
    #[xml(child = "codec")]
    pub codecs: Vec<SoundCodec>,
    /// The back end.
    #[xml(child)]
    pub audio: Option<AudioReference>,
    /// The name of the device, as the hypervisor knows it.
    #[xml(child)]
    pub alias: Option<Alias>,
    /// The index the guest sees through ACPI.
    #[xml(child)]
    pub acpi: Option<DeviceAcpi>,
    /// Where the device sits.
    #[xml(child)]
    pub address: Option<Address>,
    /// Options of virtio.
    #[xml(child)]
    pub driver: Option<VirtioDriver>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<codec>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SoundCodec {
    /// `duplex`, `micro`, `output`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
