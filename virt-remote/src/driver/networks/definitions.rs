//! Definitions: how networks come and change.

use virt_core::domain::{ConfigScope, MetadataItem};
use virt_core::model::NetworkConfig;
use virt_core::model::network::{NetworkUpdate, UpdateCommand, UpdateSection};
use virt_core::network::NetworkRef;
use virt_core::{CallContext, Error, ErrorKind, Result};

use crate::driver::metadata::MetadataParts;
use crate::driver::{RemoteConnection, flags, objects, refusal};
use crate::protocol::remote::network::{
    NetworkCreateXml, NetworkCreateXmlArgs, NetworkDefineXml, NetworkDefineXmlArgs, NetworkSetMetadata,
    NetworkSetMetadataArgs, NetworkUndefine, NetworkUndefineArgs, NetworkUpdate as NetworkUpdateCall,
    NetworkUpdateArgs,
};
use crate::rpc::RpcError;

impl RemoteConnection {
    pub(super) async fn define_network(
        &self,
        call: &CallContext,
        config: &NetworkConfig,
    ) -> Result<NetworkRef> {
        config.validate()?;
        let xml = config.to_xml().into();
        let args = NetworkDefineXmlArgs { xml };
        match self.link.call::<NetworkDefineXml>(call, &args).await {
            Ok(defined) => Ok(objects::network_ref(&defined.net)),
            Err(error) => Err(self.network_clash_or(call, config, error).await),
        }
    }

    pub(super) async fn create_network(
        &self,
        call: &CallContext,
        config: &NetworkConfig,
    ) -> Result<NetworkRef> {
        config.validate()?;
        let xml = config.to_xml().into();
        let args = NetworkCreateXmlArgs { xml };
        match self.link.call::<NetworkCreateXml>(call, &args).await {
            Ok(created) => Ok(objects::network_ref(&created.net)),
            Err(error) => Err(self.network_clash_or(call, config, error).await),
        }
    }

    pub(super) async fn undefine_network(&self, call: &CallContext, network: &NetworkRef) -> Result<()> {
        let args = NetworkUndefineArgs {
            net: objects::network(network),
        };
        let Err(error) = self.link.call::<NetworkUndefine>(call, &args).await else {
            return Ok(());
        };
        if refusal::may_be_about_state(&error)
            && let Ok(info) = self.network_info(call, network).await
            && info.active
            && info.persistent
        {
            let message = "this driver does not take the definition of an active network: destroy it first";
            return Err(Error::unsupported(message).with_source(error));
        }
        Err(error.into())
    }

    /// The error of a definition: that of a name or a uuid which another network has, if it is so.
    async fn network_clash_or(&self, call: &CallContext, config: &NetworkConfig, error: RpcError) -> Error {
        if !refusal::may_be_about_state(&error) {
            return error.into();
        }
        let namesake = self.network_of_name(call, &config.name).await;
        let message = match (namesake, config.uuid) {
            (Ok(known), uuid) if uuid != Some(known.uuid) => format!(
                "a network of this name exists already, with uuid {}: give that uuid to replace it",
                known.uuid
            ),
            (Err(_), Some(uuid)) => match self.network_of_uuid(call, uuid).await {
                Ok(other) => format!(
                    "uuid {uuid} belongs to the network {:?}: leave the uuid out",
                    other.name.text()
                ),
                Err(_) => return error.into(),
            },
            _ => return error.into(),
        };
        Error::new(ErrorKind::AlreadyExists, message).with_source(error)
    }

    pub(super) async fn update_network(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        update: &NetworkUpdate,
        scope: ConfigScope,
    ) -> Result<()> {
        let (Some(command), Some(section)) = (command(update.command), section(update.item.section())) else {
            return Err(Error::unsupported("the protocol has no number for this change"));
        };
        let parent_index = match update.parent {
            None => -1,
            Some(number) => i32::try_from(number).unwrap_or(i32::MAX),
        };
        let args = NetworkUpdateArgs {
            net: objects::network(network),
            command,
            section,
            parent_index,
            xml: update.item.to_xml().into(),
            flags: flags::affect(scope),
        };
        Ok(self.link.call::<NetworkUpdateCall>(call, &args).await?)
    }

    pub(super) async fn set_network_metadata(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()> {
        let parts = MetadataParts::of(item)?;
        let args = NetworkSetMetadataArgs {
            network: objects::network(network),
            type_: parts.kind,
            metadata: parts.metadata,
            key: parts.key,
            uri: parts.uri,
            flags: flags::affect(scope),
        };
        Ok(self.link.call::<NetworkSetMetadata>(call, &args).await?)
    }
}

/// `virNetworkUpdateCommand`.
fn command(command: UpdateCommand) -> Option<u32> {
    match command {
        UpdateCommand::Modify => Some(1),
        UpdateCommand::Delete => Some(2),
        UpdateCommand::AddLast => Some(3),
        UpdateCommand::AddFirst => Some(4),
        _ => None,
    }
}

/// `virNetworkUpdateSection`.
fn section(section: UpdateSection) -> Option<u32> {
    match section {
        UpdateSection::Bridge => Some(1),
        UpdateSection::Domain => Some(2),
        UpdateSection::Ip => Some(3),
        UpdateSection::DhcpHost => Some(4),
        UpdateSection::DhcpRange => Some(5),
        UpdateSection::Forward => Some(6),
        UpdateSection::ForwardInterface => Some(7),
        UpdateSection::ForwardPf => Some(8),
        UpdateSection::PortGroup => Some(9),
        UpdateSection::DnsHost => Some(10),
        UpdateSection::DnsText => Some(11),
        UpdateSection::DnsService => Some(12),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_has_a_number_of_its_own() {
        let mut numbers: Vec<u32> = UpdateSection::ALL
            .iter()
            .filter_map(|one| section(*one))
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=12).collect::<Vec<u32>>());
    }
}
