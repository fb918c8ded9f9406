//! The secrets: `SecretDriver`, over the procedures of the same names.

use std::collections::HashSet;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::driver::SecretDriver;
use virt_core::model::SecretConfig;
use virt_core::model::secret::SecretUsageType;
use virt_core::model::value::YesNo;
use virt_core::secret::{SecretFilter, SecretInfo, SecretRef, SecretSelector, SecretUsageId, SecretValue};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::{RemoteConnection, document, objects, refusal};
use crate::protocol::error_code::ErrorCode;
use crate::protocol::remote::object::Secret;
use crate::protocol::remote::secret::{
    ConnectListAllSecrets, ConnectListAllSecretsArgs, SecretDefineXml, SecretDefineXmlArgs, SecretGetValue,
    SecretGetValueArgs, SecretGetXmlDesc, SecretGetXmlDescArgs, SecretLookupByUsage, SecretLookupByUsageArgs,
    SecretLookupByUuid, SecretLookupByUuidArgs, SecretSetValue, SecretSetValueArgs, SecretUndefine,
    SecretUndefineArgs,
};
use crate::rpc::{RpcError, RpcResult};

/// `virConnectListAllSecretsFlags`.
const EPHEMERAL: u32 = 1 << 0;
const PRIVATE: u32 = 1 << 2;

#[async_trait]
impl SecretDriver for RemoteConnection {
    async fn list(&self, call: &CallContext, filter: &SecretFilter) -> Result<Vec<SecretInfo>> {
        // What is known of all takes three lists, however many there are.
        let (all, ephemeral, private) = tokio::join!(
            self.secrets_of(call, 0),
            self.secrets_of(call, EPHEMERAL),
            self.secrets_of(call, PRIVATE),
        );
        let uuids = |secrets: Vec<Secret>| -> HashSet<Uuid> {
            secrets.into_iter().map(|secret| secret.uuid).collect()
        };
        let (ephemeral, private) = (uuids(ephemeral?), uuids(private?));
        let infos = all?.into_iter().map(|secret| {
            let (ephemeral, private) = (ephemeral.contains(&secret.uuid), private.contains(&secret.uuid));
            SecretInfo::new(objects::secret_ref(&secret), ephemeral, private)
        });
        let mut shown: Vec<SecretInfo> = infos.filter(|info| filter.matches(info)).collect();
        shown.sort_by_key(|info| info.secret.uuid);
        Ok(shown)
    }

    async fn lookup(&self, call: &CallContext, selector: &SecretSelector) -> Result<SecretRef> {
        let found = match selector {
            SecretSelector::Uuid(uuid) => self.secret_of_uuid(call, *uuid).await,
            SecretSelector::Usage(usage) => self.secret_for(call, usage).await?,
            _ => return Err(Error::unsupported("the protocol has no such look-up")),
        };
        match found {
            Ok(found) => Ok(objects::secret_ref(&found)),
            Err(error) => Err(error.into()),
        }
    }

    async fn config(&self, call: &CallContext, secret: &SecretRef) -> Result<SecretConfig> {
        let args = SecretGetXmlDescArgs {
            secret: objects::secret(secret),
            flags: 0,
        };
        let text = self.link.call::<SecretGetXmlDesc>(call, &args).await?.xml;
        SecretConfig::from_xml(&text.text()).map_err(|error| document::not_understood("secret", error))
    }

    async fn define(&self, call: &CallContext, config: &SecretConfig) -> Result<SecretRef> {
        config.validate()?;
        let args = SecretDefineXmlArgs {
            xml: config.to_xml().into(),
            flags: 0,
        };
        match self.link.call::<SecretDefineXml>(call, &args).await {
            Ok(defined) => Ok(objects::secret_ref(&defined.secret)),
            Err(error) => Err(self.secret_clash_or(call, config, error).await),
        }
    }

    async fn undefine(&self, call: &CallContext, secret: &SecretRef) -> Result<()> {
        let args = SecretUndefineArgs {
            secret: objects::secret(secret),
        };
        Ok(self.link.call::<SecretUndefine>(call, &args).await?)
    }

    async fn value(&self, call: &CallContext, secret: &SecretRef) -> Result<Option<SecretValue>> {
        let args = SecretGetValueArgs {
            secret: objects::secret(secret),
            flags: 0,
        };
        let refused = match self.link.call::<SecretGetValue>(call, &args).await {
            Ok(found) => return Ok(Some(SecretValue::new(found.value))),
            Err(error) => error,
        };
        match refused.code() {
            Some(ErrorCode::INVALID_SECRET) => {
                let message = "the secret is private: its value is shown to nobody";
                Err(Error::new(ErrorKind::Denied, message).with_source(refused))
            }
            // The code of a secret that is not there, and of one that has no value.
            Some(ErrorCode::NO_SECRET) => {
                self.secret_of_uuid(call, secret.uuid).await?;
                Ok(None)
            }
            _ => Err(refused.into()),
        }
    }

    async fn set_value(&self, call: &CallContext, secret: &SecretRef, value: &SecretValue) -> Result<()> {
        let args = SecretSetValueArgs {
            secret: objects::secret(secret),
            value: bytes::Bytes::copy_from_slice(value.expose()),
            flags: 0,
        };
        Ok(self.link.call::<SecretSetValue>(call, &args).await?)
    }
}

impl RemoteConnection {
    async fn secrets_of(&self, call: &CallContext, flags: u32) -> RpcResult<Vec<Secret>> {
        let args = ConnectListAllSecretsArgs {
            need_results: 1,
            flags,
        };
        Ok(self
            .link
            .call::<ConnectListAllSecrets>(call, &args)
            .await?
            .secrets)
    }

    async fn secret_of_uuid(&self, call: &CallContext, uuid: Uuid) -> RpcResult<Secret> {
        let args = SecretLookupByUuidArgs { uuid };
        Ok(self.link.call::<SecretLookupByUuid>(call, &args).await?.secret)
    }

    async fn secret_for(&self, call: &CallContext, usage: &SecretUsageId) -> Result<RpcResult<Secret>> {
        let Some(usage_type) = objects::usage_number(&usage.kind) else {
            let message = format!(
                "the protocol has no number for secrets of {:?}",
                usage.kind.as_str()
            );
            return Err(Error::unsupported(message));
        };
        let args = SecretLookupByUsageArgs {
            usage_type,
            usage_id: usage.id.as_str().into(),
        };
        let found = self.link.call::<SecretLookupByUsage>(call, &args).await;
        Ok(found.map(|found| found.secret))
    }

    /// The error of a definition: that of a use which another secret has, or another use of the same, if it is so.
    async fn secret_clash_or(&self, call: &CallContext, config: &SecretConfig, error: RpcError) -> Error {
        if !refusal::may_be_about_state(&error) {
            return error.into();
        }
        let usage = config.usage.as_ref().and_then(|usage| {
            let kind = usage.kind.clone().filter(|kind| *kind != SecretUsageType::None)?;
            Some(SecretUsageId::new(kind, usage.id()?))
        });
        if let Some(uuid) = config.uuid
            && let Ok(known) = self.secret_of_uuid(call, uuid).await
        {
            let known = objects::secret_ref(&known);
            if known.usage == usage {
                return self.privacy_or(call, &known, config, error).await;
            }
            let message =
                format!("the secret {known} is for something else: undefine it, or leave the uuid out");
            return Error::new(ErrorKind::AlreadyExists, message).with_source(error);
        }
        if let Some(usage) = usage
            && let Ok(Ok(known)) = self.secret_for(call, &usage).await
        {
            let message = format!("there is a secret for {usage} already: {}", known.uuid);
            return Error::new(ErrorKind::AlreadyExists, message).with_source(error);
        }
        error.into()
    }

    /// The error of a new document for a secret: that it was private and would be so no longer, if it is so.
    async fn privacy_or(
        &self,
        call: &CallContext,
        known: &SecretRef,
        config: &SecretConfig,
        error: RpcError,
    ) -> Error {
        let is_private = |config: &SecretConfig| config.private.is_some_and(YesNo::is_set);
        match SecretDriver::config(self, call, known).await {
            Ok(known) if is_private(&known) && !is_private(config) => {
                let message = "the secret is private, and stays so: undefine it, and define it anew";
                Error::new(ErrorKind::Denied, message).with_source(error)
            }
            _ => error.into(),
        }
    }
}
