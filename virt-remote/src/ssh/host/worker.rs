//! A far shell that serves requests, one after the other, each in one round trip.

use tokio::io::{AsyncWriteExt, BufReader, ReadHalf, WriteHalf};
use tokio::sync::watch;
use virt_core::Result;
use virt_core::host::{ByteStream, ProcessIdentity};

use super::answer::{self, Answer, Assembly, Completed};
use super::far::Role;
use super::quote::Call;
use super::session::{Launch, Session};
use crate::ssh::link::Link;

/// Longer ones are sent behind their length: a shell reads a line byte by byte.
const LINE_LIMIT: usize = 2048;

/// What a worker is asked: calls of its functions, and what they read.
#[derive(Debug, Default)]
pub(super) struct Request {
    script: String,
    inputs: Vec<Vec<u8>>,
    operations: usize,
    /// What its writes may leave when they are cut.
    temporaries: Vec<String>,
}

impl Request {
    /// A request whose operations are all carried out, or end with the first that fails.
    pub(super) fn new(stop_at_error: bool) -> Self {
        Self {
            script: if stop_at_error { "stop_at_error=1" } else { ":" }.to_owned(),
            ..Self::default()
        }
    }

    /// Adds an operation, and what it reads.
    pub(super) fn push(&mut self, call: &Call, input: Option<Vec<u8>>) {
        let length = input.as_ref().map_or(0, Vec::len);
        self.script.push_str(&format!("; go {length} {}", call.as_str()));
        self.inputs.extend(input.filter(|input| !input.is_empty()));
        self.operations += 1;
    }

    /// Notes the temporary file of an operation.
    pub(super) fn note_temporary(&mut self, file: Option<String>) {
        self.temporaries.extend(file);
    }

    /// The temporary files of its operations.
    pub(super) fn temporaries(&self) -> &[String] {
        &self.temporaries
    }

    fn head(&self) -> Vec<u8> {
        if self.script.len() > LINE_LIMIT || self.script.contains('\n') {
            format!("eval \"$(take {})\"\n{}", self.script.len(), self.script).into_bytes()
        } else {
            format!("{}\n", self.script).into_bytes()
        }
    }
}

/// A far shell that serves requests.
#[derive(Debug)]
pub(super) struct Worker {
    session: Session,
}

impl Worker {
    /// Starts one; what it says first tells what the machine is.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub(super) async fn open(link: &dyn Link, launch: &Launch) -> Result<(Self, Answer)> {
        let mut session = Session::open(link, launch, Role::Worker, Call::new("greet MARKER")).await?;
        let greeting = answer::one(&mut session.reader).await?;
        Ok((Self { session }, greeting))
    }

    /// Whether it has written anything, or ended, since it answered: then it is not to be asked again.
    pub(super) fn ended(&mut self) -> bool {
        !matches!(
            self.session.end.try_recv(),
            Err(tokio::sync::oneshot::error::TryRecvError::Empty)
        )
    }

    /// Asks. A program that the request starts is told by `program` while it runs.
    ///
    /// # Errors
    /// When the far shell ended, or said what could not be understood: then it is of no use any more. The answers that
    /// came before are in the vector.
    pub(super) async fn ask(
        &mut self,
        request: &Request,
        program: &watch::Sender<Option<ProcessIdentity>>,
        answers: &mut Vec<Answer>,
    ) -> std::io::Result<()> {
        let Session { reader, writer, .. } = &mut self.session;
        // At the same time: what is answered first may fill the way back while there is still something to be sent.
        let (sent, read) = tokio::join!(send(writer, request), receive(reader, program, answers));
        read?;
        sent?;
        if answers.len() == request.operations {
            Ok(())
        } else {
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
    }
}

async fn send(writer: &mut WriteHalf<Box<dyn ByteStream>>, request: &Request) -> std::io::Result<()> {
    if request.inputs.is_empty() {
        writer.write_all(&request.head()).await?;
        return writer.flush().await;
    }
    let mut small = request.head();
    for input in &request.inputs {
        if input.len() > 16 * 1024 {
            writer.write_all(&small).await?;
            small.clear();
            writer.write_all(input).await?;
        } else {
            small.extend_from_slice(input);
        }
        small.extend_from_slice(b"ok\n");
    }
    writer.write_all(&small).await?;
    writer.flush().await
}

async fn receive(
    reader: &mut BufReader<ReadHalf<Box<dyn ByteStream>>>,
    program: &watch::Sender<Option<ProcessIdentity>>,
    answers: &mut Vec<Answer>,
) -> std::io::Result<()> {
    let mut assembly = Assembly::new();
    let mut buffer = Vec::new();
    while answer::line(reader, &mut buffer).await?.is_some() {
        match assembly.take(&buffer) {
            Completed::Nothing => {}
            Completed::Field(field) => {
                if let Some(identity) = field.strip_prefix("pid ").and_then(answer::identity) {
                    program.send_replace(Some(identity));
                }
            }
            Completed::Operation(answer) => {
                program.send_replace(None);
                answers.push(answer);
            }
            Completed::Request => return Ok(()),
        }
    }
    Err(std::io::ErrorKind::UnexpectedEof.into())
}
