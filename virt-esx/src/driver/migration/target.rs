//! Where a machine moves to, and how that is written.

use virt_core::{CallContext, ConnectUri, Error, ErrorKind, Result, Subject};

use crate::driver::EsxDriver;
use crate::property;
use crate::server;
use crate::vim::ManagedObjectReference;

/// The scheme by which libvirt's driver names a target.
const SCHEME: &str = "vpxmigr://";

/// A host and its resource pool, or one of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) pool: Option<ManagedObjectReference>,
    pub(super) host: Option<ManagedObjectReference>,
}

impl Target {
    /// `vpxmigr://VCENTER/POOL/HOST`, by the server's own names, as libvirt's driver has it; without a host where the
    /// server is to choose one.
    pub(super) fn to_uri(&self, vcenter: &str) -> String {
        let name = |reference: &Option<ManagedObjectReference>| {
            reference
                .as_ref()
                .map(|reference| reference.value.clone())
                .unwrap_or_default()
        };
        format!("{SCHEME}{vcenter}/{}/{}", name(&self.pool), name(&self.host))
    }

    pub(super) fn of_uri(uri: &str) -> Option<Self> {
        let (_, path) = uri.strip_prefix(SCHEME)?.split_once('/')?;
        let (pool, host) = path.split_once('/')?;
        let named =
            |kind: &str, value: &str| (!value.is_empty()).then(|| ManagedObjectReference::new(kind, value));
        let target = Self {
            pool: named("ResourcePool", pool),
            host: named("HostSystem", host.trim_end_matches('/')),
        };
        (target.pool.is_some() || target.host.is_some()).then_some(target)
    }
}

/// What is no target.
pub(super) fn no_target(uri: &str) -> Error {
    let message =
        "machines move to a host or a cluster of their vCenter: vpx://VCENTER/DATACENTER/CLUSTER[/HOST]";
    Error::new(ErrorKind::InvalidArgument, message).with_subject(Subject::Connection(uri.to_owned()))
}

impl EsxDriver {
    /// The target that a URI names: `vpx://VCENTER/DATACENTER/CLUSTER/HOST`, or libvirt's own `vpxmigr://`.
    pub(super) async fn target(&self, call: &CallContext, uri: &str) -> Result<Target> {
        if uri.starts_with(SCHEME) {
            let host = uri.strip_prefix(SCHEME).and_then(|rest| rest.split('/').next());
            self.must_be_here(host, uri)?;
            return Target::of_uri(uri).ok_or_else(|| no_target(uri));
        }
        let parsed: ConnectUri = uri.parse()?;
        if parsed.driver() != "vpx" {
            return Err(no_target(uri));
        }
        self.must_be_here(parsed.host(), uri)?;
        let path: Vec<String> = parsed
            .path()
            .split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        let found = server::scope(&self.server.session, call, &path).await?;
        self.target_of_scope(call, &found).await
    }

    /// That of a connection about a host or a cluster.
    pub(super) async fn target_of_scope(
        &self,
        call: &CallContext,
        scope: &ManagedObjectReference,
    ) -> Result<Target> {
        let session = &self.server.session;
        match scope.kind.as_str() {
            "HostSystem" => Ok(Target {
                pool: self.pool_of_host(call, scope).await?,
                host: Some(scope.clone()),
            }),
            "ClusterComputeResource" => Ok(Target {
                pool: self.root_pool(call, scope).await?,
                host: None,
            }),
            "ComputeResource" => {
                // Of a host by itself.
                let mut read = property::of_object(session, call, scope, &["host"]).await?;
                let hosts = read.remove("host").and_then(|hosts| hosts.list().ok());
                let mut hosts: Vec<ManagedObjectReference> = hosts.unwrap_or_default();
                Ok(Target {
                    pool: self.root_pool(call, scope).await?,
                    host: hosts.pop(),
                })
            }
            _ => Err(no_target(&format!("vpx://{}/…", session.host()))),
        }
    }

    /// By name: another name of the same vCenter can't be told from another vCenter.
    fn must_be_here(&self, host: Option<&str>, uri: &str) -> Result<()> {
        let ours = self.server.session.host();
        if host.is_some_and(|host| host.eq_ignore_ascii_case(ours)) {
            return Ok(());
        }
        let message = format!(
            "machines move between hosts of one vCenter, and the connection is to {ours:?}: name the target by that"
        );
        Err(Error::unsupported(message).with_subject(Subject::Connection(uri.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_written_as_libvirt_writes_it() {
        let target = Target {
            pool: Some(ManagedObjectReference::new("ResourcePool", "resgroup-8")),
            host: Some(ManagedObjectReference::new("HostSystem", "host-21")),
        };
        let uri = target.to_uri("vc.example");
        assert_eq!(uri, "vpxmigr://vc.example/resgroup-8/host-21");
        assert_eq!(Target::of_uri(&uri), Some(target.clone()));
        let anywhere = Target { host: None, ..target };
        assert_eq!(Target::of_uri(&anywhere.to_uri("vc")), Some(anywhere));
        for wrong in ["vpx://vc/a/b", "vpxmigr://vc", "vpxmigr://vc/", "vpxmigr://vc//"] {
            assert_eq!(Target::of_uri(wrong), None, "{wrong}");
        }
    }
}
