//! What holds for the content of every message.

use std::sync::LazyLock;

use virt_remote::protocol::AnyMessage;
use virt_remote::protocol::net::{MessageError, MessageHeader, StreamHole};
use virt_remote::protocol::procedure::{self, ProcedureInfo};
use virt_remote::protocol::xdr::XdrError;

/// One that is decoded.
enum Decoder {
    Args(&'static ProcedureInfo),
    Ret(&'static ProcedureInfo),
    /// What all programs have in common.
    Common(&'static str, fn(&[u8]) -> Result<AnyMessage, XdrError>),
}

impl Decoder {
    fn decode(&self, bytes: &[u8]) -> Result<AnyMessage, XdrError> {
        match self {
            Self::Args(info) => info.decode_args(bytes),
            Self::Ret(info) => info.decode_ret(bytes),
            Self::Common(_, decode) => decode(bytes),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Args(info) => format!("the arguments of {}", info.name),
            Self::Ret(info) => format!("the result of {}", info.name),
            Self::Common(name, _) => (*name).to_owned(),
        }
    }
}

static ALL: LazyLock<Vec<Decoder>> = LazyLock::new(|| {
    let mut all: Vec<Decoder> = procedure::all()
        .flat_map(|info| [Decoder::Args(info), Decoder::Ret(info)])
        .collect();
    all.push(Decoder::Common("a header", AnyMessage::decode::<MessageHeader>));
    all.push(Decoder::Common("an error", AnyMessage::decode::<MessageError>));
    all.push(Decoder::Common("a hole", AnyMessage::decode::<StreamHole>));
    all
});

/// How many kinds of content there are.
pub fn count() -> usize {
    ALL.len()
}

/// Whether the bytes are content of this kind; what must not be is an error.
pub fn hold(at: usize, bytes: &[u8]) -> Result<bool, String> {
    let Some(decoder) = ALL.get(at) else {
        return Ok(false);
    };
    let Ok(message) = decoder.decode(bytes) else {
        return Ok(false);
    };
    let broken = |what: String| format!("{} of {bytes:02x?}: {what}", decoder.name());
    let again = message
        .to_bytes()
        .map_err(|error| broken(format!("cannot be encoded: {error}")))?;
    if again.len() != bytes.len() {
        return Err(broken(format!("becomes {} bytes", again.len())));
    }
    let shown = format!("{message:?}");
    match decoder.decode(&again) {
        Ok(same) if format!("{same:?}") == shown && same.to_bytes().as_ref() == Ok(&again) => Ok(true),
        other => Err(broken(format!("{shown} becomes {other:?}"))),
    }
}
