//! Definitions: how domains come, change their names, and go.

use uuid::Uuid;
use virt_core::domain::{
    DefineOptions, DomainName, DomainRef, ExistingPolicy, StartOptions, machine::Request,
};
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::life::start_flags;
use crate::driver::{RemoteConnection, objects, refusal};
use crate::protocol::remote::domain_lifecycle::{
    DomainCreateXml, DomainCreateXmlArgs, DomainDefineXmlFlags, DomainDefineXmlFlagsArgs, DomainRename,
    DomainRenameArgs, DomainUndefineFlags, DomainUndefineFlagsArgs,
};
use crate::rpc::RpcError;

/// `virDomainUndefineFlagsValues`: with a definition go its saved state, the metadata of its snapshots and checkpoints,
/// its NVRAM and its TPM's state. A driver without one of these does not know its flag.
const UNDEFINE: &[u32] = &[
    MANAGED_SAVE | SNAPSHOTS | NVRAM | CHECKPOINTS | TPM,
    MANAGED_SAVE | SNAPSHOTS | NVRAM | CHECKPOINTS,
    MANAGED_SAVE | SNAPSHOTS | CHECKPOINTS,
    MANAGED_SAVE | SNAPSHOTS | NVRAM,
    MANAGED_SAVE,
    0,
];
const MANAGED_SAVE: u32 = 1 << 0;
const SNAPSHOTS: u32 = 1 << 1;
const NVRAM: u32 = 1 << 2;
const CHECKPOINTS: u32 = 1 << 4;
const TPM: u32 = 1 << 5;

impl RemoteConnection {
    pub(super) async fn define_domain(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &DefineOptions,
    ) -> Result<DomainRef> {
        check(config)?;
        if options.existing == ExistingPolicy::Refuse {
            // The daemon always replaces. Between this and the definition somebody else may define it.
            self.refuse_existing(call, config).await?;
        }
        let args = DomainDefineXmlFlagsArgs {
            xml: config.to_xml().into(),
            flags: 0,
        };
        match self.link.call::<DomainDefineXmlFlags>(call, &args).await {
            Ok(defined) => Ok(objects::domain_ref(&defined.dom)),
            Err(error) => Err(self.clash_or(call, config, error).await),
        }
    }

    pub(super) async fn create_domain(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &StartOptions,
    ) -> Result<DomainRef> {
        check(config)?;
        let args = DomainCreateXmlArgs {
            xml_desc: config.to_xml().into(),
            flags: start_flags(options),
        };
        match self.link.call::<DomainCreateXml>(call, &args).await {
            Ok(created) => {
                self.mark(call, &created.dom, options).await;
                Ok(objects::domain_ref(&created.dom))
            }
            Err(error) => Err(self.clash_or_running(call, config, error).await),
        }
    }

    pub(super) async fn undefine_domain(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let mut refused = None;
        for flags in UNDEFINE {
            let args = DomainUndefineFlagsArgs {
                dom: objects::domain(domain),
                flags: *flags,
            };
            match self.link.call::<DomainUndefineFlags>(call, &args).await {
                Ok(()) => return Ok(()),
                Err(error) if refusal::is_unknown_flag(&error) => refused = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(refused.map_or_else(|| Error::unsupported("the driver does not undefine"), Error::from))
    }

    pub(super) async fn rename_domain(
        &self,
        call: &CallContext,
        domain: Uuid,
        name: &DomainName,
    ) -> Result<()> {
        let args = DomainRenameArgs {
            dom: objects::domain(domain),
            new_name: Some(name.as_str().into()),
            flags: 0,
        };
        let Err(error) = self.link.call::<DomainRename>(call, &args).await else {
            return Ok(());
        };
        if !refusal::may_be_about_state(&error) {
            return Err(error.into());
        }
        // The daemon's code is the same for all of them.
        match self.found_by_name(call, name.as_str()).await {
            Ok(found) if found.uuid == domain => Ok(()),
            Ok(_) => {
                Err(already_exists(format!("a domain {:?} exists already", name.as_str())).with_source(error))
            }
            Err(_) => Err(self.state_or(call, domain, Request::Rename, error).await),
        }
    }

    async fn refuse_existing(&self, call: &CallContext, config: &DomainConfig) -> Result<()> {
        match self.found_by_name(call, &config.name).await {
            Ok(_) => {
                let message = format!("a domain {:?} exists already", config.name);
                return Err(already_exists(message));
            }
            Err(error) if refusal::is_gone(&error) => {}
            Err(error) => return Err(error.into()),
        }
        self.clash_of_uuid(call, config).await.map_or(Ok(()), Err)
    }

    /// The error of a definition: that of a name or a uuid which another domain has, if it is so.
    async fn clash_or(&self, call: &CallContext, config: &DomainConfig, error: RpcError) -> Error {
        if !refusal::may_be_about_state(&error) {
            return error.into();
        }
        if let Ok(namesake) = self.found_by_name(call, &config.name).await
            && config.uuid != Some(namesake.uuid)
        {
            let message = format!(
                "a domain of this name exists already, with uuid {}: give that uuid to replace it",
                namesake.uuid
            );
            return already_exists(message).with_source(error);
        }
        match self.clash_of_uuid(call, config).await {
            Some(clash) => clash.with_source(error),
            None => error.into(),
        }
    }

    /// The same for a start, which a domain of the same name and uuid refuses, too, when it runs.
    async fn clash_or_running(&self, call: &CallContext, config: &DomainConfig, error: RpcError) -> Error {
        let about_state = refusal::may_be_about_state(&error);
        let error = match self.clash_or(call, config, error.clone()).await {
            clash if clash.kind() == ErrorKind::AlreadyExists => return clash,
            _ => error,
        };
        match config.uuid {
            Some(uuid) if about_state => self.state_or(call, uuid, Request::Start, error).await,
            _ => error.into(),
        }
    }

    async fn clash_of_uuid(&self, call: &CallContext, config: &DomainConfig) -> Option<Error> {
        let uuid = config.uuid?;
        let other = self.found_by_uuid(call, uuid).await.ok()?;
        (other.name != config.name.as_str()).then(|| {
            already_exists(format!(
                "uuid {uuid} belongs to the domain {:?}: rename that one, or leave the uuid out",
                other.name.text()
            ))
        })
    }
}

/// What can be said against a document without asking the daemon.
fn check(config: &DomainConfig) -> Result<()> {
    DomainName::new(config.name.as_str())?;
    Ok(config.validate()?)
}

fn already_exists(message: String) -> Error {
    Error::new(ErrorKind::AlreadyExists, message)
}
