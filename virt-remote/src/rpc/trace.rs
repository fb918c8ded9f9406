//! The protocol trace: every message at `trace` level; of what is, or may hold, something secret only the length.

use std::fmt;

use crate::protocol::net::{MessageHeader, MessageType};
use crate::protocol::procedure;

/// How much of a message is shown, in bytes.
const SHOWN: usize = 512;

/// Traces a message that is sent or received.
pub(super) fn message(label: &str, direction: &'static str, header: &MessageHeader, payload: &[u8]) {
    if tracing::enabled!(tracing::Level::TRACE) {
        tracing::trace!(daemon = label, direction, message = %Shown { header, payload });
    }
}

struct Shown<'a> {
    header: &'a MessageHeader,
    payload: &'a [u8],
}

impl Shown<'_> {
    fn is_hidden(&self) -> bool {
        let Some(info) = procedure::find(self.header.prog, self.header.proc) else {
            return true;
        };
        match self.header.type_ {
            MessageType::REPLY | MessageType::REPLY_WITH_FDS => info.hides_ret,
            // A disk's content is nobody's business.
            MessageType::STREAM => true,
            _ => info.hides_args,
        }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = self.header;
        match procedure::find(header.prog, header.proc) {
            Some(info) => f.write_str(info.name)?,
            None => write!(f, "{:#x}/{}", header.prog, header.proc)?,
        }
        write!(
            f,
            " {:?} {:?} serial {}",
            header.type_, header.status, header.serial
        )?;
        if self.payload.is_empty() {
            return Ok(());
        }
        if self.is_hidden() {
            return write!(f, " <{} bytes, not shown>", self.payload.len());
        }
        let shown = self.payload.get(..SHOWN).unwrap_or(self.payload);
        write!(f, " {}", shown.escape_ascii())?;
        if shown.len() < self.payload.len() {
            write!(f, "… ({} bytes)", self.payload.len())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::net::MessageStatus;
    use crate::protocol::procedure::ProcedureInfo;
    use crate::protocol::remote::connect::ConnectGetHostname;
    use crate::protocol::remote::domain::DomainGetXmlDesc;
    use crate::protocol::remote::secret::{SecretGetValue, SecretSetValue};

    fn shown(info: &ProcedureInfo, type_: MessageType) -> String {
        let header = MessageHeader {
            prog: info.program.number,
            vers: 1,
            proc: info.number,
            type_,
            serial: 3,
            status: MessageStatus::OK,
        };
        let payload = b"hunter2";
        Shown {
            header: &header,
            payload,
        }
        .to_string()
    }

    #[test]
    fn no_secret_is_shown() {
        for (info, type_) in [
            (SecretSetValue::INFO, MessageType::CALL),
            (SecretGetValue::INFO, MessageType::REPLY),
            (DomainGetXmlDesc::INFO, MessageType::REPLY),
            (ConnectGetHostname::INFO, MessageType::STREAM),
        ] {
            let text = shown(info, type_);
            assert!(
                !text.contains("hunter2") && text.contains("7 bytes, not shown"),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_secret_is_shown() {
        assert_eq!(
            shown(ConnectGetHostname::INFO, MessageType::REPLY),
            "REMOTE_PROC_CONNECT_GET_HOSTNAME REPLY OK serial 3 hunter2"
        );
    }
}
