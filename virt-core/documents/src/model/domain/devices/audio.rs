//! Audio backends.

use crate::model::value::YesNo;
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
    /// Microseconds between rounds.
    #[xml(attr = "timerPeriod")]
    pub timer_period: Option<u32>,
    /// sdl: the driver.
    #[xml(attr)]
    pub driver: Option<String>,
    /// file: the file.
    #[xml(attr)]
    pub path: Option<String>,
    /// pipewire: the directory.
    #[xml(attr = "runtimeDir")]
    pub runtime_dir: Option<String>,
    /// pulseaudio: the server.
    #[xml(attr = "serverName")]
    pub server_name: Option<String>,
    /// oss: whether memory is mapped.
    #[xml(attr = "tryMMap")]
    pub try_mmap: Option<YesNo>,
    /// oss: whether nobody else may use the device.
    #[xml(attr)]
    pub exclusive: Option<YesNo>,
    /// oss: the policy.
    #[xml(attr = "dspPolicy")]
    pub dsp_policy: Option<i32>,
    /// What is recorded.
    #[xml(child)]
    pub input: Option<AudioChannel>,
    /// What is played.
    #[xml(child)]
    pub output: Option<AudioChannel>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<input>` and `<output>` of a back end.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct AudioChannel {
    /// Whether the hypervisor mixes.
    #[xml(attr = "mixingEngine")]
    pub mixing_engine: Option<YesNo>,
    /// Whether the settings hold whatever the guest wants.
    #[xml(attr = "fixedSettings")]
    pub fixed_settings: Option<YesNo>,
    /// How many voices.
    #[xml(attr)]
    pub voices: Option<u32>,
    /// Microseconds of a buffer.
    #[xml(attr = "bufferLength")]
    pub buffer_length: Option<u32>,
    /// pulseaudio, pipewire: the device.
    #[xml(attr)]
    pub name: Option<String>,
    /// alsa, oss: the device.
    #[xml(attr)]
    pub dev: Option<String>,
    /// How many buffers.
    #[xml(attr = "bufferCount")]
    pub buffer_count: Option<u32>,
    /// jack: the server.
    #[xml(attr = "serverName")]
    pub server_name: Option<String>,
    /// jack: our name.
    #[xml(attr = "clientName")]
    pub client_name: Option<String>,
    /// jack: the ports.
    #[xml(attr = "connectPorts")]
    pub connect_ports: Option<String>,
    /// jack: whether our name must be free.
    #[xml(attr = "exactName")]
    pub exact_name: Option<YesNo>,
    /// pulseaudio, pipewire: the stream.
    #[xml(attr = "streamName")]
    pub stream_name: Option<String>,
    /// pulseaudio, pipewire: microseconds.
    #[xml(attr)]
    pub latency: Option<u32>,
    /// alsa, oss: whether polling is tried.
    #[xml(attr = "tryPoll")]
    pub try_poll: Option<YesNo>,
    /// The settings.
    #[xml(child)]
    pub settings: Option<AudioSettings>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<settings>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct AudioSettings {
    /// Samples a second.
    #[xml(attr)]
    pub frequency: Option<u32>,
    /// Channels.
    #[xml(attr)]
    pub channels: Option<u32>,
    /// `s8`, `u8`, `s16`, `u16`, `s32`, `u32`, `f32`.
    #[xml(attr)]
    pub format: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
