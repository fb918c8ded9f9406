//! Reading a console with patience.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;
use virt_core::console::ConsoleStream;

use super::{Doing, Failure};

/// A console, and what it has printed and nobody has looked at yet.
#[derive(Debug)]
pub struct ConsoleReader {
    stream: ConsoleStream,
    patience: Duration,
    unread: String,
}

impl ConsoleReader {
    /// Reads this stream; what is waited for has this long.
    #[must_use]
    pub fn new(stream: ConsoleStream, patience: Duration) -> Self {
        Self {
            stream,
            patience,
            unread: String::new(),
        }
    }

    /// The stream.
    #[must_use]
    pub fn stream(&self) -> &ConsoleStream {
        &self.stream
    }

    /// Types something.
    ///
    /// # Errors
    /// When the console does not take it.
    pub async fn write(&mut self, text: &str) -> Result<(), Failure> {
        let writing = async {
            self.stream.write_all(text.as_bytes()).await?;
            self.stream.flush().await
        };
        match tokio::time::timeout(self.patience, writing).await {
            Ok(written) => written.doing("writing to the console"),
            Err(_) => Err(Failure::new(format!(
                "the console did not take {text:?} within {} s",
                self.patience.as_secs()
            ))),
        }
    }

    /// Reads until this text was printed, and gives all up to its end.
    ///
    /// # Errors
    /// When it is not printed in time, or the console ends.
    pub async fn until(&mut self, wanted: &str) -> Result<String, Failure> {
        let deadline = Instant::now() + self.patience;
        loop {
            if let Some(at) = self.unread.find(wanted) {
                let rest = self.unread.split_off(at + wanted.len());
                return Ok(std::mem::replace(&mut self.unread, rest));
            }
            let mut buffer = [0_u8; 4096];
            match tokio::time::timeout_at(deadline, self.stream.read(&mut buffer)).await {
                Err(_) => {
                    return Err(Failure::new(format!(
                        "the console did not print {wanted:?} within {} s, only {:?}",
                        self.patience.as_secs(),
                        self.unread
                    )));
                }
                Ok(read) => {
                    let count = read.doing("reading the console")?;
                    if count == 0 {
                        return Err(Failure::new(format!(
                            "the console ended before it printed {wanted:?}; it printed {:?}",
                            self.unread
                        )));
                    }
                    let new = buffer.get(..count).unwrap_or_default();
                    self.unread.push_str(&String::from_utf8_lossy(new));
                }
            }
        }
    }

    /// What it prints within a while.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn within(&mut self, time: Duration) -> Result<String, Failure> {
        let deadline = Instant::now() + time;
        let mut buffer = [0_u8; 4096];
        while let Ok(read) = tokio::time::timeout_at(deadline, self.stream.read(&mut buffer)).await {
            let count = read.doing("reading the console")?;
            if count == 0 {
                break;
            }
            let new = buffer.get(..count).unwrap_or_default();
            self.unread.push_str(&String::from_utf8_lossy(new));
        }
        Ok(std::mem::take(&mut self.unread))
    }

    /// Waits until the console ends.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn ends(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + self.patience;
        let mut buffer = [0_u8; 4096];
        loop {
            match tokio::time::timeout_at(deadline, self.stream.read(&mut buffer)).await {
                Err(_) => {
                    return Err(Failure::new(format!(
                        "the console did not end within {} s",
                        self.patience.as_secs()
                    )));
                }
                // A stream that is cut ends as well as one that is closed.
                Ok(Ok(0) | Err(_)) => return Ok(()),
                Ok(Ok(_)) => {}
            }
        }
    }
}
