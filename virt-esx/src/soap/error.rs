//! Why a call brought no result.

use std::fmt;

use virt_core::xml::XmlError;
use virt_core::{Error, ErrorKind, Outcome, Retry, Subject};

use crate::vim::Fault;

/// How far a call had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing of it had left this process.
    NotSent,
    /// The server may have it.
    Sent,
}

/// Why a call brought no result.
#[derive(Debug)]
pub(crate) enum SoapError {
    /// No connection came about.
    Connect(Error),
    /// The connection broke.
    Lost(Stage, Box<dyn std::error::Error + Send + Sync>),
    /// The server answered with something else than SOAP: by this status of HTTP.
    Status(u16),
    /// The answer is larger than anything that is read.
    TooLarge(usize),
    /// The answer is no SOAP.
    Malformed(String, Option<XmlError>),
    /// The server says no.
    Fault(Box<Fault>),
}

impl SoapError {
    /// Whether the server cannot have begun to do what it was asked.
    pub(crate) fn is_not_sent(&self) -> bool {
        match self {
            Self::Connect(_) => true,
            Self::Lost(stage, _) => *stage == Stage::NotSent,
            _ => false,
        }
    }

    /// The fault, where it is one.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Fault(fault) => Some(fault),
            _ => None,
        }
    }

    /// As the error of a call to this server; what a fault means is known elsewhere.
    pub(crate) fn of_transport(self, host: &str) -> Error {
        let outcome = if self.is_not_sent() {
            Outcome::NotApplied
        } else {
            Outcome::Unknown
        };
        let error = match self {
            Self::Connect(error) => return error.with_outcome(Outcome::NotApplied),
            Self::Lost(_, source) => {
                let lost = Error::new(ErrorKind::ConnectionLost, "the connection to the server broke");
                lost.with_source(source)
            }
            Self::Status(status @ (502 | 503)) => Error::new(
                ErrorKind::Busy,
                format!("the server's management service does not answer just now (HTTP status {status})"),
            )
            .with_retry(Retry::Later),
            Self::Status(401 | 403) => Error::new(ErrorKind::Denied, "the server refuses the request"),
            Self::Status(status) => Error::new(
                ErrorKind::Corrupt,
                format!("what answers there is no vSphere server (HTTP status {status})"),
            ),
            Self::TooLarge(limit) => Error::new(
                ErrorKind::ResourceExhausted,
                format!("the server's answer has more than {} MiB", limit >> 20),
            ),
            Self::Malformed(what, source) => {
                let malformed = Error::new(ErrorKind::Corrupt, what);
                match source {
                    Some(source) => malformed.with_source(source),
                    None => malformed,
                }
            }
            Self::Fault(fault) => Error::new(ErrorKind::Failed, fault.to_string()).with_source(*fault),
        };
        error
            .with_subject(Subject::Host(host.to_owned()))
            .with_outcome(outcome)
    }
}

impl fmt::Display for SoapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "{error}"),
            Self::Lost(_, error) => write!(f, "the connection broke: {error}"),
            Self::Status(status) => write!(f, "HTTP status {status}"),
            Self::TooLarge(limit) => write!(f, "an answer of more than {limit} bytes"),
            Self::Malformed(what, _) => f.write_str(what),
            Self::Fault(fault) => write!(f, "{fault}"),
        }
    }
}
