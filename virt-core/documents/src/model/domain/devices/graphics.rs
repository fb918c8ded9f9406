//! Displays.

use crate::model::value::{SecretText, YesNo};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// How a display is reached.
    pub enum GraphicsType {
        Vnc = "vnc",
        Spice = "spice",
        /// A window of the hypervisor.
        Sdl = "sdl",
        Rdp = "rdp",
        Dbus = "dbus",
        /// A window of VirtualBox.
        Desktop = "desktop",
        /// Nowhere: only rendered.
        EglHeadless = "egl-headless",
    }
}

/// `<graphics>`: a display.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "graphics")]
#[non_exhaustive]
pub struct Graphics {
    /// How it is reached.
    #[xml(attr = "type")]
    pub kind: Option<GraphicsType>,
    /// The TCP port; -1 to have one chosen.
    #[xml(attr)]
    pub port: Option<i32>,
    /// The port with TLS; -1 to have one chosen.
    #[xml(attr = "tlsPort")]
    pub tls_port: Option<i32>,
    /// Whether ports are chosen.
    #[xml(attr)]
    pub autoport: Option<YesNo>,
    /// The port for web sockets; -1 to have one chosen.
    #[xml(attr)]
    pub websocket: Option<i32>,
    /// The UNIX socket (older place).
    #[xml(attr)]
    pub socket: Option<String>,
    /// The address listened on (older place).
    #[xml(attr)]
    pub listen: Option<String>,
    /// The keyboard.
    #[xml(attr)]
    pub keymap: Option<String>,
    /// The user.
    #[xml(attr)]
    pub username: Option<String>,
    /// The password.
    #[xml(attr, secret)]
    pub passwd: Option<SecretText>,
    /// When the password ends.
    #[xml(attr = "passwdValidTo")]
    pub passwd_valid_to: Option<String>,
    /// What a change of the password does to connections: `keep`, `disconnect`, `fail`.
    #[xml(attr)]
    pub connected: Option<String>,
    /// Who may look: `allow-exclusive`, `force-shared`, `ignore`.
    #[xml(attr = "sharePolicy")]
    pub share_policy: Option<String>,
    /// Whether a viewer may switch off.
    #[xml(attr = "powerControl")]
    pub power_control: Option<YesNo>,
    /// SPICE: `any`, `secure`, `insecure`.
    #[xml(attr = "defaultMode")]
    pub default_mode: Option<String>,
    /// sdl: the X display.
    #[xml(attr)]
    pub display: Option<String>,
    /// sdl: the X authority file.
    #[xml(attr)]
    pub xauth: Option<String>,
    /// sdl: the whole screen.
    #[xml(attr)]
    pub fullscreen: Option<YesNo>,
    /// dbus: the address of the bus.
    #[xml(attr)]
    pub address: Option<String>,
    /// dbus: whether there is no bus.
    #[xml(attr)]
    pub p2p: Option<YesNo>,
    /// rdp: whether a new user replaces the old one.
    #[xml(attr = "replaceUser")]
    pub replace_user: Option<YesNo>,
    /// rdp: whether there may be several users.
    #[xml(attr = "multiUser")]
    pub multi_user: Option<YesNo>,
    /// Where it listens.
    #[xml(child = "listen")]
    pub listens: Vec<GraphicsListen>,
    /// Acceleration.
    #[xml(child)]
    pub gl: Option<GraphicsGl>,
    /// SPICE: channels.
    #[xml(child = "channel")]
    pub channels: Vec<GraphicsChannel>,
    /// SPICE: compression of images.
    #[xml(child)]
    pub image: Option<GraphicsCompression>,
    /// SPICE: compression over slow links.
    #[xml(child)]
    pub jpeg: Option<GraphicsCompression>,
    /// SPICE: compression over slow links.
    #[xml(child)]
    pub zlib: Option<GraphicsCompression>,
    /// SPICE: compression of sound.
    #[xml(child)]
    pub playback: Option<GraphicsCompression>,
    /// SPICE: streaming of video.
    #[xml(child)]
    pub streaming: Option<GraphicsMode>,
    /// SPICE: the mouse.
    #[xml(child)]
    pub mouse: Option<GraphicsMode>,
    /// SPICE: the clipboard.
    #[xml(child)]
    pub clipboard: Option<GraphicsCopyPaste>,
    /// SPICE: files dropped.
    #[xml(child)]
    pub filetransfer: Option<GraphicsFileTransfer>,
    /// The sound of the display.
    #[xml(child)]
    pub audio: Option<AudioReference>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<listen>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct GraphicsListen {
    /// `address`, `network`, `socket`, `none`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The address.
    #[xml(attr)]
    pub address: Option<String>,
    /// The virtual network.
    #[xml(attr)]
    pub network: Option<String>,
    /// The path of the socket.
    #[xml(attr)]
    pub socket: Option<String>,
    /// Whether it stems from the older place, in saved state.
    #[xml(attr = "fromConfig")]
    pub from_config: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<gl>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct GraphicsGl {
    /// Whether it is used.
    #[xml(attr)]
    pub enable: Option<YesNo>,
    /// The device of the host.
    #[xml(attr)]
    pub rendernode: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<channel>` of a SPICE display.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct GraphicsChannel {
    /// `main`, `display`, `inputs`, `cursor`, `playback`, `record`, `smartcard`, `usbredir`.
    #[xml(attr)]
    pub name: Option<String>,
    /// `any`, `secure`, `insecure`.
    #[xml(attr)]
    pub mode: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// A compression of SPICE.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct GraphicsCompression {
    /// The method.
    #[xml(attr)]
    pub compression: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// A mode of SPICE.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct GraphicsMode {
    /// The mode.
    #[xml(attr)]
    pub mode: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<clipboard>` of a display.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct GraphicsCopyPaste {
    /// Whether it is shared.
    #[xml(attr)]
    pub copypaste: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<filetransfer>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct GraphicsFileTransfer {
    /// Whether files may be dropped.
    #[xml(attr)]
    pub enable: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<audio>` of a device: which sound back end it uses.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct AudioReference {
    /// The back end, from 1.
    #[xml(attr)]
    pub id: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
