//! A socket of ours that a master has lead to a far one, for as long as it takes to connect.

use std::path::PathBuf;

use tokio::net::UnixStream;

use super::message::{Reply, Request};
use super::mux::{Mux, unexpected};
use super::tasks::Tasks;

/// A forwarding. Dropping it takes it back; who is connected stays so.
#[derive(Debug)]
pub(super) struct Forward {
    control: PathBuf,
    near: String,
    far: String,
    tasks: Tasks,
    /// There is nothing to take back.
    refused: bool,
}

impl Forward {
    /// Has `near` lead to `far`. `Err` within is a refusal, in ssh's words. Cancel-safe.
    pub(super) async fn open(
        control: PathBuf,
        near: String,
        far: &str,
        tasks: Tasks,
    ) -> std::io::Result<Result<Self, String>> {
        let mut mux = Mux::connect(&control).await?;
        // There from the moment it is asked for: whoever gives up waiting leaves nothing behind.
        let mut forward = Self {
            control,
            near,
            far: far.to_owned(),
            tasks,
            refused: false,
        };
        let request = Request::OpenForward {
            near: &forward.near,
            far: &forward.far,
        };
        match mux.ask(request).await? {
            Reply::Ok => Ok(Ok(forward)),
            Reply::Refused(why) => {
                forward.refused = true;
                Ok(Err(why))
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Connects to it.
    pub(super) async fn connect(&self) -> std::io::Result<UnixStream> {
        UnixStream::connect(&self.near).await
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        if self.refused {
            return;
        }
        let control = std::mem::take(&mut self.control);
        let near = std::mem::take(&mut self.near);
        let far = std::mem::take(&mut self.far);
        self.tasks.spawn(async move {
            let taken_back = async {
                let mut mux = Mux::connect(&control).await?;
                let request = Request::CloseForward {
                    near: &near,
                    far: &far,
                };
                mux.ask(request).await
            };
            if let Err(error) = taken_back.await {
                // With the master goes the forwarding.
                tracing::debug!(%error, "a forwarding is not taken back");
            }
            // The master may have removed it.
            drop(tokio::fs::remove_file(&near).await);
        });
    }
}
