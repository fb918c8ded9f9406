//! The host, or the first one that a vCenter's connection is about.

use std::sync::Arc;

use virt_core::connection::{HypervisorVersion, NodeInfo};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::EsxDriver;
use crate::property::{self, Wanted, in_view};
use crate::session::Session;
use crate::vim::{AnyValue, CreateContainerView, DestroyView, ManagedObjectReference, ObjectContent};

/// What is read of a host.
const HOST: &[&str] = &[
    "name",
    "hardware.cpuInfo.hz",
    "hardware.cpuInfo.numCpuCores",
    "hardware.cpuInfo.numCpuPackages",
    "hardware.cpuInfo.numCpuThreads",
    "hardware.memorySize",
    "hardware.numaInfo.numNodes",
    "summary.hardware.cpuModel",
];

impl EsxDriver {
    /// The objects of a kind that the connection is about, with these properties.
    pub(super) async fn objects_of_kind(
        &self,
        call: &CallContext,
        kind: &'static str,
        paths: &'static [&'static str],
    ) -> Result<Vec<ObjectContent>> {
        let wanted = Wanted { kind, paths };
        let session = &self.server.session;
        let scope = &self.server.scope;
        if scope.kind == kind {
            let spec = property::of_reference(scope, wanted.paths);
            return property::of_objects(session, call, spec).await;
        }
        loop {
            let before = session.logins().await;
            match self.read_in_view(call, wanted).await {
                // The view went with its session in the middle.
                Err(error) if error.kind() == ErrorKind::NotFound && session.logins().await != before => {}
                read => return read,
            }
        }
    }

    async fn read_in_view(&self, call: &CallContext, wanted: Wanted<'_>) -> Result<Vec<ObjectContent>> {
        let session = &self.server.session;
        let manager = session.content().view_manager.clone();
        let manager = manager.ok_or_else(|| Error::unsupported("the server knows no views"))?;
        let view = CreateContainerView {
            this: manager,
            container: self.server.scope.clone(),
            type_: vec![wanted.kind.to_owned()],
            recursive: true,
        };
        let mut view = OwnView {
            session: Arc::clone(session),
            reference: session.read(call, &view).await?,
            is_forgotten: false,
        };
        let found = property::of_objects(session, call, in_view(&view.reference, &[wanted])).await;
        view.forget().await;
        found
    }

    pub(super) async fn host_info(&self, call: &CallContext) -> Result<NodeInfo> {
        let hosts = self.objects_of_kind(call, "HostSystem", HOST).await?;
        let first = hosts.into_iter().next().ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "the connection is about a part of the inventory without hosts",
            )
        })?;
        let mut info = NodeInfo::default();
        info.arch = "x86_64".to_owned();
        info.cells = 1;
        let (mut cores, mut threads) = (0, 0);
        for property in first.prop_set {
            let value = property.val;
            match property.name.as_str() {
                "name" => info.hostname = value.text(),
                "hardware.cpuInfo.hz" => info.mhz = clamped(number(&value) / 1_000_000),
                "hardware.cpuInfo.numCpuCores" => cores = number(&value),
                "hardware.cpuInfo.numCpuPackages" => info.sockets = clamped(number(&value).max(1)),
                "hardware.cpuInfo.numCpuThreads" => threads = number(&value),
                "hardware.memorySize" => info.memory_kib = number(&value) / 1024,
                "hardware.numaInfo.numNodes" => info.cells = clamped(number(&value).max(1)),
                "summary.hardware.cpuModel" => {
                    // Its maker pads it.
                    info.cpu_model = value.text().split_whitespace().collect::<Vec<_>>().join(" ");
                }
                _ => {}
            }
        }
        let sockets = u64::from(info.sockets.max(1));
        info.cores = clamped((cores / sockets).max(1));
        info.threads = clamped((threads / cores.max(1)).max(1));
        info.cpus = clamped(threads.max(cores));
        Ok(info)
    }

    /// The product's version: `6.5.0`.
    pub(super) fn product_version(&self) -> HypervisorVersion {
        let mut parts = self.server.session.content().about.version.split('.');
        let mut part = || {
            parts
                .next()
                .and_then(|part| part.parse().ok())
                .unwrap_or_default()
        };
        HypervisorVersion {
            major: part(),
            minor: part(),
            micro: part(),
        }
    }

    /// The host that a machine is on.
    pub(super) async fn manager_of_host(
        &self,
        call: &CallContext,
        host: &ManagedObjectReference,
        manager: &str,
    ) -> Result<ManagedObjectReference> {
        let path = format!("configManager.{manager}");
        let mut found = property::of_object(&self.server.session, call, host, &[&path]).await?;
        let reference = found.remove(&path).and_then(|value: AnyValue| value.read().ok());
        reference.ok_or_else(|| Error::unsupported(format!("the host has no {manager}")))
    }
}

/// A view for one call. Whoever stops waiting has the server forget it, too.
struct OwnView {
    session: Arc<Session>,
    reference: ManagedObjectReference,
    is_forgotten: bool,
}

impl OwnView {
    fn over(&self) -> DestroyView {
        DestroyView {
            this: self.reference.clone(),
        }
    }

    async fn forget(&mut self) {
        self.session.clear_up(&self.over()).await;
        self.is_forgotten = true;
    }
}

impl Drop for OwnView {
    fn drop(&mut self) {
        // Without a runtime it goes with the session.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        if self.is_forgotten {
            return;
        }
        let (session, over) = (Arc::clone(&self.session), self.over());
        drop(runtime.spawn(async move { session.clear_up(&over).await }));
    }
}

fn number(value: &AnyValue) -> u64 {
    value.text().parse().unwrap_or_default()
}

fn clamped(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
