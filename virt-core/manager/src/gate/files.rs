//! Files, through the gate.

use async_trait::async_trait;
use virt_core::Result;
use virt_core::host::{DirEntry, FileStat, FileWatch, Files};

use super::Gate;

#[async_trait]
impl Files for Gate {
    async fn read(&self, path: &str) -> Result<Vec<u8>> {
        self.fence.pass(self.inner.files().read(path)).await
    }

    async fn read_tail(&self, path: &str, limit: u64) -> Result<Vec<u8>> {
        self.fence.pass(self.inner.files().read_tail(path, limit)).await
    }

    async fn write_atomic(&self, path: &str, content: &[u8], mode: u32) -> Result<()> {
        self.may_change()?;
        let write = self.inner.files().write_atomic(path, content, mode);
        self.fence.pass(write).await
    }

    async fn create_dir(&self, path: &str, mode: u32) -> Result<()> {
        self.may_change()?;
        self.fence.pass(self.inner.files().create_dir(path, mode)).await
    }

    async fn remove_file(&self, path: &str) -> Result<()> {
        self.may_change()?;
        self.fence.pass(self.inner.files().remove_file(path)).await
    }

    async fn remove_dir_all(&self, path: &str) -> Result<()> {
        self.may_change()?;
        self.fence.pass(self.inner.files().remove_dir_all(path)).await
    }

    async fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.may_change()?;
        self.fence.pass(self.inner.files().rename(from, to)).await
    }

    async fn stat(&self, path: &str) -> Result<Option<FileStat>> {
        self.fence.pass(self.inner.files().stat(path)).await
    }

    async fn list_dir(&self, path: &str) -> Result<Vec<DirEntry>> {
        self.fence.pass(self.inner.files().list_dir(path)).await
    }

    async fn watch(&self, path: &str) -> Result<Box<dyn FileWatch>> {
        self.fence.pass(self.inner.files().watch(path)).await
    }
}
