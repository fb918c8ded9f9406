//! Audio backends.

use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Where sound goes.
    pub enum AudioType {
        /// Nowhere.
        None = "none",
        /// ALSA.
        Alsa = "alsa",
        /// CoreAudio.
        CoreAudio = "coreaudio",
        /// JACK.
        Jack = "jack",
        /// OSS.
        Oss = "oss",
        /// PulseAudio.
        PulseAudio = "pulseaudio",
        /// SDL.
        Sdl = "sdl",
        /// The SPICE display.
        Spice = "spice",
        /// A file.
        File = "file",
        /// The D-Bus display.
        Dbus = "dbus",
        /// PipeWire.
        PipeWire = "pipewire",
    }
}

/// `<audio>`: where the sound of guest devices goes.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "audio")]
#[non_exhaustive]
pub struct Audio {
    /// Its number, from 1, to which devices refer.
    #[xml(attr)]
    pub id: Option<u32>,
    /// Where sound goes.
    #[xml(attr = "type")]
    pub kind: Option<AudioType>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
