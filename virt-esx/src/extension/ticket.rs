//! Tickets for consoles: what a program shows to a machine's host to see its screen.

use std::fmt;

use virt_core::credentials::Secret;
use virt_core::{Domain, Error, Result, Subject};

use super::{context, esx};
use crate::vim::VirtualMachineTicketType;

/// What a ticket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TicketKind {
    /// Screen, keyboard and mouse over a web socket, as browsers do it (`webmks`; vSphere 6.0).
    #[default]
    WebMks,
    /// The same for VMware's own programs (`mks`).
    Mks,
    /// Devices of the program's machine (`device`).
    Device,
    /// Devices of the program's machine, over a web socket (`webRemoteDevice`; vSphere 7.0).
    WebDevice,
    /// Control of the guest by VMware's own programs (`guestControl`).
    GuestControl,
}

impl TicketKind {
    fn in_the_api(self) -> VirtualMachineTicketType {
        match self {
            Self::WebMks => VirtualMachineTicketType::Webmks,
            Self::Mks => VirtualMachineTicketType::Mks,
            Self::Device => VirtualMachineTicketType::Device,
            Self::WebDevice => VirtualMachineTicketType::WebRemoteDevice,
            Self::GuestControl => VirtualMachineTicketType::GuestControl,
        }
    }

    /// Whether it is for a web socket.
    fn is_for_the_web(self) -> bool {
        matches!(self, Self::WebMks | Self::WebDevice)
    }
}

/// A ticket for a machine's console: good once, and for a short time (two minutes or less, says VMware).
///
/// The ticket is a secret, and so is the URL, which has it in it: `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsoleTicket {
    /// What it is for.
    pub kind: TicketKind,
    /// The host to connect to: the machine's, which may be another one than the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What is shown there.
    pub ticket: Secret,
    /// The URL to connect to, for a web socket.
    pub url: Option<Secret>,
    /// The SHA-1 thumbprint of the host's certificate, hexadecimal with colons, where the server tells it.
    pub ssl_thumbprint: Option<String>,
    /// The host's certificate, in PEM, where the server tells it (vSphere 9.0).
    pub ssl_certificate: Option<String>,
    /// The machine's configuration file on the host, which programs of VMware ask for.
    pub config_file: String,
}

impl fmt::Debug for ConsoleTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleTicket")
            .field("kind", &self.kind)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("ssl_thumbprint", &self.ssl_thumbprint)
            .finish_non_exhaustive()
    }
}

/// Gets a ticket for a running machine's console (`AcquireTicket`).
///
/// ESX has no consoles that are streams of bytes: a program connects to the host itself, and shows this.
///
/// # Errors
/// `Unsupported` for domains of other drivers, and for kinds of tickets that the server does not have; `InvalidState` when
/// it does not run; `Denied` on a connection that only reads.
///
/// # Cancel safety
/// Yes; a ticket that nobody receives ends by itself.
pub async fn console_ticket(domain: &Domain, kind: TicketKind) -> Result<ConsoleTicket> {
    let about = |error: Error| {
        error
            .with_operation("console_ticket")
            .with_subject(Subject::Domain(domain.name().to_owned()))
    };
    let driver = esx(domain.connection()).map_err(about)?;
    let call = context(driver, "console_ticket");
    let wanted = kind.in_the_api();
    let ticket = driver.acquire_ticket(&call, domain.uuid(), &wanted);
    let ticket = ticket.await.map_err(about)?;
    let host = ticket.host.filter(|host| !host.is_empty());
    let host = host.unwrap_or_else(|| driver.server_host().to_owned());
    let port = ticket.port.and_then(|port| u16::try_from(port).ok());
    let default = if kind.is_for_the_web() { 443 } else { 902 };
    let port = port.filter(|port| *port > 0).unwrap_or(default);
    let url = ticket.url.filter(|url| !url.is_empty());
    let url = url.or_else(|| kind.is_for_the_web().then(|| url_of(&host, port, &ticket.ticket)));
    Ok(ConsoleTicket {
        kind,
        port,
        url: url.map(Secret::new),
        ticket: Secret::new(ticket.ticket),
        ssl_thumbprint: ticket.ssl_thumbprint,
        ssl_certificate: ticket.ssl_certificate,
        config_file: ticket.cfg_file,
        host,
    })
}

/// The URL that older servers do not tell.
fn url_of(host: &str, port: u16, ticket: &str) -> String {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    format!("wss://{host}:{port}/ticket/{ticket}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_not_shown() {
        let ticket = ConsoleTicket {
            kind: TicketKind::WebMks,
            host: "esx.example".to_owned(),
            port: 443,
            ticket: Secret::new("cst-sesame"),
            url: Some(Secret::new(url_of("fe80::1", 443, "cst-sesame"))),
            ssl_thumbprint: None,
            ssl_certificate: None,
            config_file: String::new(),
        };
        assert!(!format!("{ticket:?}").contains("sesame"));
        let url = ticket.url.as_ref().map(Secret::expose);
        assert_eq!(url, Some("wss://[fe80::1]:443/ticket/cst-sesame"));
    }
}
