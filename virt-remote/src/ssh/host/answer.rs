//! What a far shell answers, taken apart.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufRead, AsyncBufReadExt};
use virt_core::host::ProcessIdentity;
use virt_core::{Error, Result};

use super::error::not_understood;

/// The longest line that a far shell sends; what is longer is not one of ours.
const LINE_LIMIT: usize = 4 * 1024 * 1024;

/// What one operation gave.
#[derive(Debug)]
pub(super) struct Answer {
    /// What came before the first field, then the fields, each with the data that followed it.
    pub(super) sections: Vec<Section>,
    /// How it ended.
    pub(super) end: End,
}

/// How an operation ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is done.
    Done,
    /// It failed, in a far tool's words.
    Failed(String),
    /// One before it failed.
    NotBegun,
}

/// A field, and the data behind it.
#[derive(Debug, Default)]
pub(super) struct Section {
    head: Vec<u8>,
    encoded: Vec<u8>,
}

impl Section {
    /// The field's text, bytes that are no UTF-8 replaced.
    pub(super) fn head(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.head)
    }

    /// The data.
    ///
    /// # Errors
    /// `Corrupt` when it is not what was sent.
    pub(super) fn data(&self) -> Result<Vec<u8>> {
        let decoded = STANDARD.decode(&self.encoded);
        decoded.map_err(|error| not_understood("a request for data").with_source(error))
    }
}

impl Answer {
    /// The first field that begins with `name` and a space, without these.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        self.sections.iter().find_map(|section| {
            let head = section.head();
            head.strip_prefix(name)?
                .strip_prefix(' ')
                .map(|value| value.trim().to_owned())
        })
    }

    /// The data behind the field of that name.
    pub(super) fn data(&self, name: &str) -> Result<Vec<u8>> {
        let section = self.sections.iter().find(|section| section.head() == name);
        section.map_or(Ok(Vec::new()), Section::data)
    }

    /// The text of the first field.
    pub(super) fn first(&self) -> Option<String> {
        self.sections.get(1).map(|section| section.head().into_owned())
    }
}

/// Two numbers that tell which process: its own and its start time.
pub(super) fn identity(text: &str) -> Option<ProcessIdentity> {
    let mut numbers = text.split_ascii_whitespace();
    Some(ProcessIdentity {
        pid: numbers.next()?.parse().ok()?,
        start_time: numbers.next()?.parse().ok()?,
    })
}

/// A line without its end; `None` at the end of all.
pub(super) async fn line<R: AsyncBufRead + Unpin>(
    from: &mut R,
    into: &mut Vec<u8>,
) -> std::io::Result<Option<()>> {
    into.clear();
    loop {
        let available = from.fill_buf().await?;
        if available.is_empty() {
            return Ok(None);
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(available.len(), |end| end + 1);
        into.extend(available.iter().take(end.unwrap_or(taken)));
        from.consume(taken);
        if end.is_some() {
            return Ok(Some(()));
        }
        if into.len() > LINE_LIMIT {
            return Err(std::io::Error::from(std::io::ErrorKind::InvalidData));
        }
    }
}

/// Puts the lines of answers together.
#[derive(Debug)]
pub(super) struct Assembly {
    sections: Vec<Section>,
}

/// What a line completed.
#[derive(Debug)]
pub(super) enum Completed {
    /// Nothing yet.
    Nothing,
    /// A field that may matter before its operation has ended.
    Field(String),
    /// An operation.
    Operation(Answer),
    /// The whole request.
    Request,
}

impl Assembly {
    pub(super) fn new() -> Self {
        Self {
            sections: vec![Section::default()],
        }
    }

    /// Takes a line.
    pub(super) fn take(&mut self, line: &[u8]) -> Completed {
        let end = match line.split_first() {
            Some((b':', head)) => {
                self.sections.push(Section {
                    head: head.to_vec(),
                    encoded: Vec::new(),
                });
                return Completed::Field(String::from_utf8_lossy(head).into_owned());
            }
            Some((b'.', [])) => End::Done,
            Some((b'~', [])) => End::NotBegun,
            Some((b'!', said)) => End::Failed(String::from_utf8_lossy(said).into_owned()),
            Some((b'$', _)) => return Completed::Request,
            Some(_) => {
                if let Some(section) = self.sections.last_mut() {
                    section.encoded.extend_from_slice(line);
                }
                return Completed::Nothing;
            }
            None => return Completed::Nothing,
        };
        let sections = std::mem::replace(&mut self.sections, vec![Section::default()]);
        Completed::Operation(Answer { sections, end })
    }
}

/// Reads the answer of one operation.
///
/// # Errors
/// `ConnectionLost` when the far side ends first.
pub(super) async fn one<R: AsyncBufRead + Unpin>(from: &mut R) -> Result<Answer> {
    let mut assembly = Assembly::new();
    let mut buffer = Vec::new();
    while line(from, &mut buffer).await.map_err(Error::from)?.is_some() {
        if let Completed::Operation(answer) = assembly.take(&buffer) {
            return Ok(answer);
        }
    }
    Err(Error::new(
        virt_core::ErrorKind::ConnectionLost,
        "the far shell ended before it answered",
    ))
}
