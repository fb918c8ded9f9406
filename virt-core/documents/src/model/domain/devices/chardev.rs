//! The host end of serial ports, consoles, channels and their kin.

use super::source::Reconnect;
use crate::model::domain::security::SecurityLabel;
use crate::model::value::{OnOff, YesNo};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Where the other end of a character device is.
    pub enum ChardevType {
        /// A pseudo terminal of the host.
        Pty = "pty",
        /// A file.
        File = "file",
        /// A UNIX socket.
        Unix = "unix",
        /// A TCP socket.
        Tcp = "tcp",
        /// UDP sockets.
        Udp = "udp",
        /// A device of the host.
        Dev = "dev",
        /// A named pipe.
        Pipe = "pipe",
        /// Nowhere.
        Null = "null",
        /// Standard input and output of the hypervisor.
        Stdio = "stdio",
        /// A virtual console of the hypervisor.
        Vc = "vc",
        /// A SPICE channel.
        SpiceVmc = "spicevmc",
        /// A SPICE port.
        SpicePort = "spiceport",
        /// A null modem of FreeBSD.
        Nmdm = "nmdm",
        /// QEMU's own clipboard agent.
        QemuVdagent = "qemu-vdagent",
        /// D-Bus.
        Dbus = "dbus",
    }
}

/// `<source>` of a character device. Which fields count depends on the type.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ChardevSource {
    /// unix, tcp: `bind`, `connect`. udp: which end this is.
    #[xml(attr)]
    pub mode: Option<String>,
    /// The path of file, socket, device, pipe or terminal.
    #[xml(attr)]
    pub path: Option<String>,
    /// tcp, udp: the address.
    #[xml(attr)]
    pub host: Option<String>,
    /// tcp, udp: the port.
    #[xml(attr)]
    pub service: Option<String>,
    /// file: whether it is kept at start.
    #[xml(attr)]
    pub append: Option<OnOff>,
    /// tcp: whether TLS is used.
    #[xml(attr)]
    pub tls: Option<YesNo>,
    /// spiceport, dbus: the name.
    #[xml(attr)]
    pub channel: Option<String>,
    /// nmdm: our end.
    #[xml(attr)]
    pub master: Option<String>,
    /// nmdm: the other end.
    #[xml(attr)]
    pub slave: Option<String>,
    /// What happens when the connection breaks.
    #[xml(child)]
    pub reconnect: Option<Reconnect>,
    /// Labels of security drivers.
    #[xml(child = "seclabel")]
    pub seclabels: Vec<SecurityLabel>,
    /// qemu-vdagent: the clipboard.
    #[xml(child)]
    pub clipboard: Option<ChardevClipboard>,
    /// qemu-vdagent: the mouse.
    #[xml(child)]
    pub mouse: Option<ChardevMouse>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<protocol>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ChardevProtocol {
    /// `raw`, `telnet`, `telnets`, `tls`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<log>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ChardevLog {
    /// The path.
    #[xml(attr)]
    pub file: Option<String>,
    /// Whether it is kept at start.
    #[xml(attr)]
    pub append: Option<OnOff>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<target>` of a character device.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ChardevTarget {
    /// Serial: `isa-serial`, `pci-serial`, … Console: `serial`, `virtio`, … Channel: `virtio`, `guestfwd`, `xen`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// guestfwd: the IP address.
    #[xml(attr)]
    pub address: Option<String>,
    /// The number of the port; guestfwd: the TCP port.
    #[xml(attr)]
    pub port: Option<String>,
    /// Channel: the name the guest sees.
    #[xml(attr)]
    pub name: Option<String>,
    /// Channel: whether the guest has opened it, `connected` or `disconnected`.
    #[xml(attr)]
    pub state: Option<String>,
    /// The device that does it.
    #[xml(child)]
    pub model: Option<ChardevTargetModel>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<model>` of a target.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ChardevTargetModel {
    /// `isa-serial`, `pl011`, …
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<clipboard>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ChardevClipboard {
    /// Whether it is shared.
    #[xml(attr)]
    pub copypaste: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<mouse>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ChardevMouse {
    /// `client`, `server`.
    #[xml(attr)]
    pub mode: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
