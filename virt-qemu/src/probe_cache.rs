//! What QEMU binaries can do, asked once each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use virt_core::{CallContext, Error, ErrorKind, Result, Subject};
use virt_manager::lock;

use crate::manager::Manager;
use crate::plan::Abilities;
use crate::probe::{self, CacheEntry, ProbeKey, ProbeRequest, QemuCapabilities};

/// Capabilities of the binaries that were asked for: in memory, and in the root's cache over restarts.
#[derive(Debug)]
pub(crate) struct ProbeCache {
    directory: String,
    known: Mutex<HashMap<String, Arc<Slot>>>,
}

/// One binary: the lock makes those who ask at the same time wait for one probe.
#[derive(Debug, Default)]
struct Slot {
    probed: tokio::sync::Mutex<Option<(ProbeKey, Arc<Abilities>)>>,
}

impl ProbeCache {
    pub(crate) fn new(directory: String) -> Self {
        Self {
            directory,
            known: Mutex::default(),
        }
    }

    /// What the binary at this path can do; the file is looked at each time, so that an upgrade is seen.
    pub(crate) async fn of(
        &self,
        manager: &Manager,
        binary: &str,
        call: &CallContext,
    ) -> Result<Arc<Abilities>> {
        let slot = Arc::clone(lock(&self.known).entry(binary.to_owned()).or_default());
        let host = manager.host.as_ref();
        let stat = host.files().stat(binary).await?.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "there is no such emulator (install QEMU, or name the right path in <emulator>)",
            )
            .with_subject(Subject::Path(binary.to_owned()))
        })?;
        let request = ProbeRequest::default();
        let key = ProbeKey::new(binary, &stat, &manager.root.reach.facts(), &request);
        let mut probed = slot.probed.lock().await;
        if let Some((known, abilities)) = probed.as_ref()
            && *known == key
        {
            return Ok(Arc::clone(abilities));
        }
        // What was found is large; what plans depend on is not, and only that is kept in memory.
        let found = self.read_or_probe(manager, &key, &request, call).await?;
        let abilities = Arc::new(Abilities::of_probe(binary, &found));
        *probed = Some((key, Arc::clone(&abilities)));
        Ok(abilities)
    }

    async fn read_or_probe(
        &self,
        manager: &Manager,
        key: &ProbeKey,
        request: &ProbeRequest,
        call: &CallContext,
    ) -> Result<QemuCapabilities> {
        let host = manager.host.as_ref();
        let path = format!("{}/{}.json", self.directory, key.path.replace('/', "_"));
        if let Ok(content) = host.files().read(&path).await
            && let Some(capabilities) = CacheEntry::read(&content, key)
        {
            return Ok(capabilities);
        }
        let capabilities = probe::probe(host, &key.path, request, call.deadline).await?;
        let entry = CacheEntry::new(key.clone(), capabilities);
        let content = entry.to_json()?;
        // A cache that can't be written costs time at the next open, nothing else.
        if let Err(error) = host.files().write_atomic(&path, &content, 0o600).await {
            tracing::warn!(%error, "what a QEMU binary can do could not be cached");
        }
        Ok(entry.into_capabilities())
    }
}
