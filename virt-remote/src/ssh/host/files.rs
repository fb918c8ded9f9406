//! Files of a far machine: each call is a batch of one.

use async_trait::async_trait;
use virt_core::host::{DirEntry, FileStat, FileWatch, Files, HostOp, HostReply};
use virt_core::{Error, Result};

use super::pool::Abandoned;
use super::{SshHost, batch, error, watch};

#[async_trait]
impl Files for SshHost {
    async fn read(&self, path: &str) -> Result<Vec<u8>> {
        match self
            .one(HostOp::Read {
                path: path.to_owned(),
            })
            .await?
        {
            HostReply::Bytes(content) => Ok(content),
            other => Err(unexpected(&other)),
        }
    }

    async fn read_tail(&self, path: &str, limit: u64) -> Result<Vec<u8>> {
        let path = path.to_owned();
        match self.one(HostOp::ReadTail { path, limit }).await? {
            HostReply::Bytes(content) => Ok(content),
            other => Err(unexpected(&other)),
        }
    }

    async fn write_atomic(&self, path: &str, content: &[u8], mode: u32) -> Result<()> {
        let op = HostOp::WriteAtomic {
            path: path.to_owned(),
            content: content.to_owned(),
            mode,
        };
        self.one(op).await.map(drop)
    }

    async fn create_dir(&self, path: &str, mode: u32) -> Result<()> {
        let path = path.to_owned();
        self.one(HostOp::CreateDir { path, mode }).await.map(drop)
    }

    async fn remove_file(&self, path: &str) -> Result<()> {
        let path = path.to_owned();
        self.one(HostOp::RemoveFile { path }).await.map(drop)
    }

    async fn remove_dir_all(&self, path: &str) -> Result<()> {
        let path = path.to_owned();
        self.one(HostOp::RemoveDirAll { path }).await.map(drop)
    }

    async fn rename(&self, from: &str, to: &str) -> Result<()> {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.one(HostOp::Rename { from, to }).await.map(drop)
    }

    async fn stat(&self, path: &str) -> Result<Option<FileStat>> {
        match self
            .one(HostOp::Stat {
                path: path.to_owned(),
            })
            .await?
        {
            HostReply::Stat(stat) => Ok(stat),
            other => Err(unexpected(&other)),
        }
    }

    async fn list_dir(&self, path: &str) -> Result<Vec<DirEntry>> {
        match self
            .one(HostOp::ListDir {
                path: path.to_owned(),
            })
            .await?
        {
            HostReply::Entries(entries) => Ok(entries),
            other => Err(unexpected(&other)),
        }
    }

    async fn watch(&self, path: &str) -> Result<Box<dyn FileWatch>> {
        watch::begin(&self.connection, path).await
    }
}

impl SshHost {
    pub(super) async fn one(&self, op: HostOp) -> Result<HostReply> {
        batch::one(&self.connection, op, Abandoned::Finishes).await
    }
}

pub(super) fn unexpected(reply: &HostReply) -> Error {
    tracing::debug!(?reply, "a reply of another operation");
    error::not_understood("an operation")
}
