//! Files of any size, read and written piece by piece: nothing is held but what is on its way.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderMap, RANGE};
use hyper::{Method, StatusCode};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::client::{SoapClient, lost};
use super::connect::{Body, whole};
use super::error::{SoapError, Stage};
use super::file::DatastoreFile;
use super::incoming::read;

/// How many pieces wait to be sent.
const AHEAD: usize = 2;
/// How long the connection of an upload that is given up has to close: it may be stuck.
const CLOSING: Duration = Duration::from_secs(5);

/// A part of a file, in bytes; to its end where no length is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) offset: u64,
    pub(crate) length: Option<u64>,
}

impl Part {
    /// As HTTP says it; `None` for the whole file. A length is not 0.
    fn header(self) -> Option<String> {
        let last = self
            .length
            .map(|length| self.offset.saturating_add(length.saturating_sub(1)));
        match (self.offset, last) {
            (0, None) => None,
            (offset, None) => Some(format!("bytes={offset}-")),
            (offset, Some(last)) => Some(format!("bytes={offset}-{last}")),
        }
    }
}

impl SoapClient {
    /// Begins to read a file.
    pub(crate) async fn open_file(&self, file: &DatastoreFile, part: Part) -> Result<FileReader, SoapError> {
        let mut request = self.file_request(Method::GET, file);
        let range = part.header();
        if let Some(range) = &range {
            request = request.header(RANGE, range);
        }
        let (sender, answer) = self.send_plain(request, whole(Bytes::new())).await?;
        match answer.status() {
            StatusCode::PARTIAL_CONTENT if range.is_some() && begins_at(answer.headers(), part.offset) => {}
            StatusCode::PARTIAL_CONTENT => {
                let message = "the server gives another part of the file than it was asked for";
                return Err(SoapError::Malformed(message.to_owned(), None));
            }
            StatusCode::OK if range.is_none() || part.offset == 0 => {}
            StatusCode::OK => {
                let message = "the server gives files only from their beginning";
                return Err(SoapError::Malformed(message.to_owned(), None));
            }
            status => return Err(SoapError::Status(status.as_u16())),
        }
        let length = length_in(answer.headers());
        Ok(FileReader {
            body: answer.into_body(),
            _sender: sender,
            // A server that knows no ranges gives more than was asked for.
            left: match (length, part.length) {
                (Some(all), Some(asked)) => Some(all.min(asked)),
                (length, asked) => length.or(asked),
            },
        })
    }

    /// Begins to write a file, instead of what is there; of this length, where it is known.
    pub(crate) async fn begin_file(
        &self,
        file: &DatastoreFile,
        length: Option<u64>,
    ) -> Result<FileWriter, SoapError> {
        let (pieces, receiver) = mpsc::channel(AHEAD);
        let outgoing = Outgoing {
            pieces: receiver,
            length,
            is_over: false,
        };
        let body: Body = outgoing.boxed();
        let request = self
            .file_request(Method::PUT, file)
            .body(body)
            .map_err(|error| lost(Stage::NotSent, error))?;
        let mut sender = self.fresh().await?;
        let exchange = tokio::spawn(async move {
            let answer = sender
                .send_request(request)
                .await
                .map_err(|error| lost(Stage::Sent, error))?;
            let status = answer.status();
            read(answer).await?;
            if status.is_success() {
                Ok(())
            } else {
                Err(SoapError::Status(status.as_u16()))
            }
        });
        Ok(FileWriter {
            pieces: Some(pieces),
            exchange: Some(exchange),
        })
    }
}

fn length_in(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether a part is the one from there on: `bytes 5-14/100`.
fn begins_at(headers: &HeaderMap, offset: u64) -> bool {
    let range = headers.get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    let range = range.and_then(|range| range.trim_start().strip_prefix("bytes "));
    let first = range.and_then(|range| range.trim_start().split_once('-'));
    first.is_some_and(|(first, _)| first.parse() == Ok(offset))
}

/// A file being read. Dropped before its end, the connection is closed.
pub(crate) struct FileReader {
    body: Incoming,
    _sender: SendRequest<Body>,
    /// How much is still to come, where that is known.
    left: Option<u64>,
}

impl FileReader {
    /// What comes next; `None` at the end, which is told only where all has come. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, SoapError> {
        if self.left == Some(0) {
            return Ok(None);
        }
        loop {
            let Some(frame) = self.body.frame().await else {
                return match self.left {
                    None => Ok(None),
                    Some(left) => {
                        let cause = format!("the file ended {left} bytes too early");
                        Err(SoapError::Lost(Stage::Sent, cause.into()))
                    }
                };
            };
            let frame = frame.map_err(|error| lost(Stage::Sent, error))?;
            let Ok(mut data) = frame.into_data() else { continue };
            if let Some(left) = &mut self.left {
                data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left = left.saturating_sub(u64::try_from(data.len()).unwrap_or(u64::MAX));
            }
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
    }
}

/// A file being written. Dropped before it is finished, the connection is closed in the middle: the server cannot take
/// what it has for the whole.
pub(crate) struct FileWriter {
    pieces: Option<mpsc::Sender<Outcoming>>,
    exchange: Option<JoinHandle<Result<(), SoapError>>>,
}

impl FileWriter {
    /// Passes a piece on, once there is room for it.
    pub(crate) async fn send(&mut self, data: Bytes) -> Result<(), SoapError> {
        let Some(pieces) = self.pieces.clone() else {
            return Err(over());
        };
        let Some(exchange) = &mut self.exchange else {
            return Err(over());
        };
        let ended = tokio::select! {
            biased;
            sent = pieces.send(Outcoming::Data(data)) => match sent {
                Ok(()) => return Ok(()),
                // What the server has said is more than that it takes no more.
                Err(_) => exchange.await,
            },
            ended = &mut *exchange => ended,
        };
        self.pieces = None;
        self.exchange = None;
        match answered(ended) {
            Ok(()) => {
                let message = "the server took the file for complete before it was";
                Err(SoapError::Malformed(message.to_owned(), None))
            }
            Err(error) => Err(error),
        }
    }

    /// Says that this was all, and waits for the server to have it.
    pub(crate) async fn finish(&mut self) -> Result<(), SoapError> {
        if let Some(pieces) = self.pieces.take() {
            // Where nobody takes it any more, the answer says why.
            drop(pieces.send(Outcoming::End).await);
        }
        self.answer().await
    }

    /// Gives it up, and waits until the connection is closed, or is found to be stuck. Whether there was something to give up:
    /// the server may only then begin with what has come, and has it later than this.
    pub(crate) async fn abort(&mut self) -> bool {
        self.pieces = None;
        let Some(exchange) = &mut self.exchange else {
            return false;
        };
        match tokio::time::timeout(CLOSING, &mut *exchange).await {
            Ok(ended) => {
                if let Err(error) = answered(ended) {
                    tracing::debug!(%error, "an upload was given up");
                }
            }
            // A server that takes nothing any more does not see the end of what it was sent.
            Err(_) => exchange.abort(),
        }
        self.exchange = None;
        true
    }

    async fn answer(&mut self) -> Result<(), SoapError> {
        let Some(exchange) = &mut self.exchange else {
            return Err(over());
        };
        let ended = exchange.await;
        self.exchange = None;
        answered(ended)
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        // Nobody waits for the answer any more.
        if let Some(exchange) = self.exchange.take() {
            exchange.abort();
        }
    }
}

fn answered(ended: Result<Result<(), SoapError>, tokio::task::JoinError>) -> Result<(), SoapError> {
    ended.unwrap_or_else(|error| Err(lost(Stage::Sent, error)))
}

fn over() -> SoapError {
    SoapError::Lost(Stage::Sent, "the upload has ended".into())
}

/// What goes to the body of a request.
enum Outcoming {
    Data(Bytes),
    End,
}

/// The body of a request, as it comes.
struct Outgoing {
    pieces: mpsc::Receiver<Outcoming>,
    length: Option<u64>,
    is_over: bool,
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let piece = ready!(self.pieces.poll_recv(cx));
        Poll::Ready(match piece {
            Some(Outcoming::Data(data)) => Some(Ok(Frame::data(data))),
            Some(Outcoming::End) => {
                self.is_over = true;
                None
            }
            // An end of the body here would be taken for the end of the file.
            None => {
                self.is_over = true;
                Some(Err(io::Error::new(
                    io::ErrorKind::ConnectionAborted,
                    "the upload is given up",
                )))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_said_as_http_has_them() {
        let part = |offset, length| Part { offset, length }.header();
        assert_eq!(part(0, None), None);
        assert_eq!(part(5, None).as_deref(), Some("bytes=5-"));
        assert_eq!(part(0, Some(1)).as_deref(), Some("bytes=0-0"));
        assert_eq!(part(5, Some(10)).as_deref(), Some("bytes=5-14"));
        assert_eq!(
            part(5, Some(u64::MAX)).as_deref(),
            Some("bytes=5-18446744073709551615")
        );
    }

    #[test]
    fn a_part_is_the_one_that_was_asked_for() {
        let begins = |range: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_RANGE, range.parse().unwrap());
            begins_at(&headers, 5)
        };
        assert!(begins("bytes 5-14/100") && begins("bytes 5-14/*"));
        for wrong in ["bytes 0-14/100", "bytes */100", "lines 5-6/7", "bytes 55-60/100"] {
            assert!(!begins(wrong), "{wrong}");
        }
        assert!(!begins_at(&HeaderMap::new(), 5));
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_is_stuck_is_given_up_all_the_same() {
        let (pieces, _receiver) = mpsc::channel(AHEAD);
        let mut writer = FileWriter {
            pieces: Some(pieces),
            exchange: Some(tokio::spawn(std::future::pending())),
        };
        writer.abort().await;
        assert!(writer.finish().await.is_err());
    }

    #[tokio::test]
    async fn a_body_that_nobody_ends_is_no_whole_one() {
        let (sender, pieces) = mpsc::channel(AHEAD);
        let body = |pieces| Outgoing {
            pieces,
            length: None,
            is_over: false,
        };
        let mut given_up = body(pieces);
        sender
            .send(Outcoming::Data(Bytes::from_static(b"x")))
            .await
            .unwrap();
        drop(sender);
        assert!(given_up.frame().await.unwrap().is_ok());
        assert!(given_up.frame().await.unwrap().is_err());
        let (sender, pieces) = mpsc::channel(AHEAD);
        let mut ended = body(pieces);
        sender.send(Outcoming::End).await.unwrap();
        assert!(ended.frame().await.is_none());
        assert!(ended.is_end_stream());
    }
}
