//! A picture of a guest's screen.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};

use crate::error::{Error, ErrorKind, Result};

type Stream = Box<dyn AsyncRead + Send + Sync + Unpin>;

/// A picture of a guest's screen that is being read. Dropping it ends the reading.
pub struct Screenshot {
    mime_type: String,
    stream: Stream,
}

impl Screenshot {
    /// A picture of this type from this stream.
    #[must_use]
    pub fn new(mime_type: impl Into<String>, stream: impl AsyncRead + Send + Sync + Unpin + 'static) -> Self {
        Self {
            mime_type: mime_type.into(),
            stream: Box::new(stream),
        }
    }

    /// Its type: `image/x-portable-pixmap`, `image/png`.
    #[must_use]
    pub fn mime_type(&self) -> &str {
        &self.mime_type
    }

    /// All of it, of at most `limit` bytes.
    ///
    /// # Errors
    /// `InvalidArgument` for a larger picture; whatever the stream ended with.
    ///
    /// # Cancel safety
    /// No: what was read is lost.
    pub async fn read_all(self, limit: u64) -> Result<Vec<u8>> {
        let mut picture = Vec::new();
        let mut limited = self.stream.take(limit.saturating_add(1));
        limited.read_to_end(&mut picture).await?;
        if u64::try_from(picture.len()).is_ok_and(|length| length > limit) {
            let message = format!("the picture has more than {limit} bytes");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        Ok(picture)
    }
}

impl AsyncRead for Screenshot {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_read(cx, buf)
    }
}

impl fmt::Debug for Screenshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screenshot")
            .field("mime_type", &self.mime_type)
            .finish_non_exhaustive()
    }
}
