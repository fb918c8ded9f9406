//! Unix sockets of this machine.

use std::io;

use async_trait::async_trait;
use tokio::net::UnixStream;

use super::{LocalHost, absolute, io_error};
use crate::error::Result;
use crate::host::{ByteStream, Sockets, StreamUse};

#[async_trait]
impl Sockets for LocalHost {
    async fn connect_unix(&self, path: &str, _stream_use: StreamUse) -> Result<Box<dyn ByteStream>> {
        absolute(path)?;
        match UnixStream::connect(path).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => {
                let tried = reason(&error);
                Err(io_error(error, tried, path))
            }
        }
    }
}

fn reason(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "cannot connect: nobody listens there",
        io::ErrorKind::InvalidInput => {
            "cannot connect: the path is too long for a socket (107 bytes at most)"
        }
        io::ErrorKind::WouldBlock => "cannot connect: too many wait to be accepted already",
        _ => "cannot connect",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn bytes_go_both_ways() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let mut ours = LocalHost::new()
            .connect_unix(path.to_str().unwrap(), StreamUse::Control)
            .await
            .unwrap();
        let (mut theirs, _) = listener.accept().await.unwrap();
        ours.write_all(b"ping").await.unwrap();
        let mut read = [0; 4];
        theirs.read_exact(&mut read).await.unwrap();
        theirs.write_all(&read).await.unwrap();
        ours.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"ping");
    }

    #[tokio::test]
    async fn nothing_there_and_nobody_listening_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let path = path.to_str().unwrap();
        let host = LocalHost::new();
        let error = host.connect_unix(path, StreamUse::Control).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        drop(tokio::net::UnixListener::bind(path).unwrap());
        let error = host.connect_unix(path, StreamUse::Control).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost);
        let long = format!("/{}", "x".repeat(200));
        let error = host.connect_unix(&long, StreamUse::Control).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    }
}
