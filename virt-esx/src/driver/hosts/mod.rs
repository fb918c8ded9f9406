//! Hosts, clusters and the interfaces of hosts, as the inventory has them.

mod cluster;
mod host;
mod interface;

use virt_core::{CallContext, Result};

use super::EsxDriver;
use crate::extension::ClusterInfo;
use crate::extension::HostInfo;
use crate::extension::HostInterface;
use crate::session::is_vcenter;

impl EsxDriver {
    pub(crate) async fn hosts(&self, call: &CallContext) -> Result<Vec<HostInfo>> {
        self.server.check_open()?;
        let found = self.objects_of_kind(call, "HostSystem", host::PROPERTIES).await?;
        let mut hosts: Vec<HostInfo> = found.into_iter().map(host::of).collect();
        hosts.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(hosts)
    }

    pub(crate) async fn clusters(&self, call: &CallContext) -> Result<Vec<ClusterInfo>> {
        self.server.check_open()?;
        // A host by itself may not even know the word.
        if !is_vcenter(self.server.session.content()) {
            return Ok(Vec::new());
        }
        let found = self
            .objects_of_kind(call, "ClusterComputeResource", cluster::PROPERTIES)
            .await?;
        let mut clusters: Vec<ClusterInfo> = found.into_iter().map(cluster::of).collect();
        clusters.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(clusters)
    }

    pub(crate) async fn host_interfaces(&self, call: &CallContext) -> Result<Vec<HostInterface>> {
        self.server.check_open()?;
        let found = self
            .objects_of_kind(call, "HostSystem", interface::PROPERTIES)
            .await?;
        Ok(found.into_iter().flat_map(interface::of).collect())
    }
}

/// A number that is not negative, and small.
fn small(number: impl TryInto<u32>) -> u32 {
    number.try_into().unwrap_or_default()
}

fn large(number: impl TryInto<u64>) -> u64 {
    number.try_into().unwrap_or_default()
}
