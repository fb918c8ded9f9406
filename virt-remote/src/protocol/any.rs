//! The content of a message of any procedure: what shows, records or tests all of them needs.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::xdr::{self, Xdr, XdrError};

/// What a message says, whatever its type is.
///
/// ```
/// use virt_remote::protocol::procedure;
///
/// let info = procedure::find(0x2000_8086, 59).expect("REMOTE_PROC_CONNECT_GET_HOSTNAME");
/// let said = info.decode_ret(b"\0\0\0\x03far\0")?;
/// assert_eq!(format!("{said:?}"), r#"ConnectGetHostnameRet { hostname: "far" }"#);
/// assert_eq!(said.to_bytes()?, b"\0\0\0\x03far\0");
/// # Ok::<(), virt_remote::protocol::xdr::XdrError>(())
/// ```
pub struct AnyMessage(Box<dyn Content>);

impl AnyMessage {
    /// The message of this type that these bytes are, all of them.
    ///
    /// # Errors
    /// [`XdrError`] where they are none.
    pub fn decode<T: Xdr + fmt::Debug + Send + 'static>(bytes: &[u8]) -> Result<Self, XdrError> {
        xdr::from_bytes::<T>(bytes).map(|value| Self(Box::new(value)))
    }

    /// Its bytes.
    ///
    /// # Errors
    /// None for what was decoded.
    pub fn to_bytes(&self) -> Result<Vec<u8>, XdrError> {
        self.0.to_bytes()
    }
}

/// As its type shows itself: what may be secret is hidden.
impl fmt::Debug for AnyMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

trait Content: fmt::Debug + Send {
    fn to_bytes(&self) -> Result<Vec<u8>, XdrError>;
}

impl<T: Xdr + fmt::Debug + Send> Content for T {
    fn to_bytes(&self) -> Result<Vec<u8>, XdrError> {
        xdr::to_bytes(self)
    }
}

/// How the two messages of a procedure are decoded. It is no part of what procedures are compared by.
#[derive(Clone, Copy)]
pub(super) struct Codec {
    pub(super) args: fn(&[u8]) -> Result<AnyMessage, XdrError>,
    pub(super) ret: fn(&[u8]) -> Result<AnyMessage, XdrError>,
}

impl Codec {
    pub(super) const fn of<A, R>() -> Self
    where
        A: Xdr + fmt::Debug + Send + 'static,
        R: Xdr + fmt::Debug + Send + 'static,
    {
        Self {
            args: AnyMessage::decode::<A>,
            ret: AnyMessage::decode::<R>,
        }
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codec")
    }
}

impl PartialEq for Codec {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Codec {}

impl Hash for Codec {
    fn hash<H: Hasher>(&self, _state: &mut H) {}
}
