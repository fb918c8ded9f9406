//! Answers as they come: unpacked, and no longer than one may be.

use std::io::Write as _;

use flate2::write::GzDecoder;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::Response;
use hyper::body::Incoming;
use hyper::header::CONTENT_ENCODING;

use super::envelope::LARGEST;
use super::error::{SoapError, Stage};
use super::parts::{Parts, Take};

/// How much is unpacked at a time, in bytes: what is packed well becomes a thousand times as long.
const PIECE: usize = 4 << 10;

/// The whole of an answer.
pub(super) async fn read(answer: Response<Incoming>) -> Result<Vec<u8>, SoapError> {
    let mut text = Vec::new();
    each(answer, &mut |piece| {
        text.extend_from_slice(piece);
        if text.len() > LARGEST {
            return Err(SoapError::TooLarge(LARGEST));
        }
        Ok(())
    })
    .await?;
    Ok(text)
}

/// An answer whose items are taken as they come, see [`Parts`]; what is no item.
pub(super) async fn read_parts(
    answer: Response<Incoming>,
    path: &[&str],
    take: &mut Take<'_>,
) -> Result<Vec<u8>, SoapError> {
    let mut parts = Parts::new(path, take);
    each(answer, &mut |piece| parts.feed(piece)).await?;
    Ok(parts.finish())
}

/// The pieces of an answer, unpacked.
async fn each(
    answer: Response<Incoming>,
    give: &mut (dyn FnMut(&[u8]) -> Result<(), SoapError> + Send),
) -> Result<(), SoapError> {
    let encoding = answer.headers().get(CONTENT_ENCODING);
    let is_packed = encoding.is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"));
    let mut unpacking = is_packed.then(|| GzDecoder::new(Vec::new()));
    let mut body = Limited::new(answer.into_body(), LARGEST);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            if error.is::<LengthLimitError>() {
                SoapError::TooLarge(LARGEST)
            } else {
                SoapError::Lost(Stage::Sent, error)
            }
        })?;
        let Ok(bytes) = frame.into_data() else { continue };
        let Some(unpacking) = &mut unpacking else {
            give(&bytes)?;
            continue;
        };
        for piece in bytes.chunks(PIECE) {
            unpacking.write_all(piece).map_err(|error| unpackable(&error))?;
            give(unpacking.get_ref())?;
            unpacking.get_mut().clear();
        }
    }
    let Some(unpacking) = unpacking else { return Ok(()) };
    give(&unpacking.finish().map_err(|error| unpackable(&error))?)
}

fn unpackable(error: &std::io::Error) -> SoapError {
    SoapError::Malformed(format!("the server's answer cannot be unpacked: {error}"), None)
}
