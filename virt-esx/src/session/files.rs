//! Files of datastores in a session, read and written as a whole or piece by piece.

use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::{Session, said};
use crate::soap::{DatastoreFile, FileReader, FileWriter, Part, SoapError};

impl Session {
    /// The whole content of a small file.
    pub(crate) async fn get_file(&self, call: &CallContext, file: &DatastoreFile) -> Result<Vec<u8>> {
        let content = call.bound(Outcome::NotApplied, async {
            let content = self.ask_plainly(|| self.client.get_file(file)).await?;
            content.map_err(|error| of_file(error, file, self.host()))
        });
        content.await
    }

    /// Writes a small file, instead of what is there.
    pub(crate) async fn put_file(
        &self,
        call: &CallContext,
        file: &DatastoreFile,
        content: Vec<u8>,
    ) -> Result<()> {
        let written = call.bound(Outcome::Unknown, async {
            let before = self.logins().await;
            match self.client.put_file(file, content).await {
                Ok(()) => Ok(()),
                Err(error) => Err(self.failed_at(error, file, before).await),
            }
        });
        written.await
    }

    /// Begins to read a file.
    pub(crate) async fn open_file(
        &self,
        call: &CallContext,
        file: &DatastoreFile,
        part: Part,
    ) -> Result<FileReader> {
        let opened = call.bound(Outcome::NotApplied, async {
            let opened = self.ask_plainly(|| self.client.open_file(file, part)).await?;
            opened.map_err(|error| of_file(error, file, self.host()))
        });
        opened.await
    }

    /// Begins to write a file, instead of what is there.
    pub(crate) async fn begin_file(
        &self,
        call: &CallContext,
        file: &DatastoreFile,
        length: Option<u64>,
    ) -> Result<FileWriter> {
        let begun = call.bound(Outcome::NotApplied, async {
            let begun = self.client.begin_file(file, length).await;
            begun.map_err(|error| of_file(error, file, self.host()))
        });
        begun.await
    }

    /// What went wrong with a file that is read or written. A session that has ended is opened again: nothing was written
    /// then, and it can be begun anew.
    pub(crate) async fn failed_at(&self, error: SoapError, file: &DatastoreFile, before: u64) -> Error {
        if !matches!(error, SoapError::Status(401)) {
            return of_file(error, file, self.host());
        }
        match self.log_in_again(before).await {
            Ok(()) => self.had_ended(),
            Err(error) => error,
        }
    }
}

fn of_file(error: SoapError, file: &DatastoreFile, host: &str) -> Error {
    let subject = Subject::Path(format!("[{}] {}", file.datastore, file.path));
    match error {
        SoapError::Status(404) => {
            Error::new(ErrorKind::NotFound, "the datastore has no such file").with_subject(subject)
        }
        SoapError::Status(401 | 403) => {
            Error::new(ErrorKind::Denied, "the server does not give, or take, the file").with_subject(subject)
        }
        SoapError::Status(413 | 507) => Error::new(
            ErrorKind::ResourceExhausted,
            "the datastore has no room for the file",
        )
        .with_outcome(Outcome::Unknown)
        .with_subject(subject),
        SoapError::Status(416) => {
            Error::new(ErrorKind::InvalidArgument, "the file does not reach that far").with_subject(subject)
        }
        SoapError::Status(status @ (409 | 423)) => Error::new(
            ErrorKind::Busy,
            format!("somebody else uses the file (HTTP status {status})"),
        )
        .with_subject(subject),
        SoapError::Status(status @ 400..=501) => Error::new(
            ErrorKind::Failed,
            format!("the server does not give, or take, the file (HTTP status {status})"),
        )
        .with_outcome(Outcome::Unknown)
        .with_subject(subject),
        other => said(other, host).with_subject(subject),
    }
}
