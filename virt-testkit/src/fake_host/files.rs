//! Files, through the faults.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use virt_core::Result;
use virt_core::host::{DirEntry, FileStat, FileWatch, Files, HostOp};

use super::{FakeHost, Op};

#[async_trait]
impl Files for FakeHost {
    async fn read(&self, path: &str) -> Result<Vec<u8>> {
        let op = Op::Host(HostOp::Read { path: path.into() });
        let work = async {
            match self.shared.file_of(path) {
                Some(content) => Ok(content),
                None => self.inner.files().read(path).await,
            }
        };
        self.shared.single(op, work).await
    }

    async fn read_tail(&self, path: &str, limit: u64) -> Result<Vec<u8>> {
        let op = Op::Host(HostOp::ReadTail {
            path: path.into(),
            limit,
        });
        self.shared
            .single(op, self.inner.files().read_tail(path, limit))
            .await
    }

    async fn write_atomic(&self, path: &str, content: &[u8], mode: u32) -> Result<()> {
        let op = Op::Host(HostOp::WriteAtomic {
            path: path.into(),
            content: content.into(),
            mode,
        });
        let work = self.inner.files().write_atomic(path, content, mode);
        self.shared.single(op, work).await
    }

    async fn create_dir(&self, path: &str, mode: u32) -> Result<()> {
        let op = Op::Host(HostOp::CreateDir {
            path: path.into(),
            mode,
        });
        self.shared
            .single(op, self.inner.files().create_dir(path, mode))
            .await
    }

    async fn remove_file(&self, path: &str) -> Result<()> {
        let op = Op::Host(HostOp::RemoveFile { path: path.into() });
        self.shared.single(op, self.inner.files().remove_file(path)).await
    }

    async fn remove_dir_all(&self, path: &str) -> Result<()> {
        let op = Op::Host(HostOp::RemoveDirAll { path: path.into() });
        self.shared
            .single(op, self.inner.files().remove_dir_all(path))
            .await
    }

    async fn rename(&self, from: &str, to: &str) -> Result<()> {
        let op = Op::Host(HostOp::Rename {
            from: from.into(),
            to: to.into(),
        });
        self.shared.single(op, self.inner.files().rename(from, to)).await
    }

    async fn stat(&self, path: &str) -> Result<Option<FileStat>> {
        let op = Op::Host(HostOp::Stat { path: path.into() });
        self.shared.single(op, self.inner.files().stat(path)).await
    }

    async fn list_dir(&self, path: &str) -> Result<Vec<DirEntry>> {
        let op = Op::Host(HostOp::ListDir { path: path.into() });
        self.shared.single(op, self.inner.files().list_dir(path)).await
    }

    async fn watch(&self, path: &str) -> Result<Box<dyn FileWatch>> {
        let op = Op::Watch { path: path.into() };
        let inner = self.shared.single(op, self.inner.files().watch(path)).await?;
        Ok(Box::new(FakeWatch {
            inner,
            host: self.clone(),
            broken: Broken(Box::pin(self.shared.broken())),
            is_broken: false,
        }))
    }
}

/// A watch that ends with the crash, and when the way to the machine is cut.
#[derive(Debug)]
struct FakeWatch {
    inner: Box<dyn FileWatch>,
    host: FakeHost,
    broken: Broken,
    is_broken: bool,
}

#[async_trait]
impl FileWatch for FakeWatch {
    async fn changed(&mut self) -> Result<()> {
        if self.is_broken {
            return Err(self.host.shared.broken_error());
        }
        let late = async {
            let changed = self.inner.changed().await;
            tokio::time::sleep(self.host.shared.one_way()).await;
            changed
        };
        tokio::select! {
            biased;
            () = &mut self.broken.0 => {}
            changed = late => return changed,
        }
        self.is_broken = true;
        Err(self.host.shared.broken_error())
    }
}

/// The end of the way to the machine, for a value that others may look at.
struct Broken(Pin<Box<dyn Future<Output = ()> + Send + Sync>>);

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Broken")
    }
}
