//! Files of datastores in a session, read and written piece by piece.

use virt_core::{CallContext, Error, Outcome, Result};

use super::{Session, of_file};
use crate::soap::{DatastoreFile, FileReader, FileWriter, Part, SoapError};

impl Session {
    /// Begins to read a file.
    pub(crate) async fn open_file(
        &self,
        call: &CallContext,
        file: &DatastoreFile,
        part: Part,
    ) -> Result<FileReader> {
        let opened = call.bound(Outcome::NotApplied, async {
            let before = self.logins().await;
            match self.client.open_file(file, part).await {
                Err(SoapError::Status(401)) => {
                    self.log_in_again(before).await?;
                    self.client.open_file(file, part).await
                }
                opened => opened,
            }
            .map_err(|error| of_file(error, file, self.host()))
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
