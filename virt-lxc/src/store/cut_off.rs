//! What writes that were cut off have left in containers' directories.

use virt_core::host::{BatchMode, HostOp, HostReply, TEMPORARY_PREFIX};

use super::Store;

impl Store {
    /// Removes files that were being written when a manager ended, and directories in which there is nothing else: of
    /// those nothing was ever defined.
    pub(super) async fn remove_cut_off(&self, names: &[String]) {
        let list = |name: &String| HostOp::ListDir {
            path: self.layout.container(name),
        };
        let listed = self
            .host
            .batch(BatchMode::All, names.iter().map(list).collect())
            .await;
        let mut ops = Vec::new();
        for (name, reply) in names.iter().zip(listed) {
            let Ok(HostReply::Entries(entries)) = reply else {
                continue;
            };
            let directory = self.layout.container(name);
            let is_cut_off = |name: &str| name.starts_with(TEMPORARY_PREFIX);
            let cut_off: Vec<&str> = entries
                .iter()
                .map(|entry| entry.name.as_str())
                .filter(|name| is_cut_off(name))
                .collect();
            if !cut_off.is_empty() && cut_off.len() == entries.len() {
                ops.push(HostOp::RemoveDirAll { path: directory });
                continue;
            }
            ops.extend(cut_off.into_iter().map(|file| HostOp::RemoveFile {
                path: format!("{directory}/{file}"),
            }));
        }
        if ops.is_empty() {
            return;
        }
        for reply in self.host.batch(BatchMode::All, ops).await {
            if let Err(error) = reply {
                tracing::warn!(%error, "what a crash left could not be removed");
            }
        }
    }
}
