//! The secrets of the test driver: which work each call is.

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::deadline::CallContext;
use crate::driver::SecretDriver;
use crate::error::Result;
use crate::model::SecretConfig;
use crate::secret::{SecretFilter, SecretInfo, SecretRef, SecretSelector, SecretValue};

#[async_trait]
impl SecretDriver for TestDriver {
    async fn list(&self, call: &CallContext, filter: &SecretFilter) -> Result<Vec<SecretInfo>> {
        self.shared
            .query(call, None, |world| Ok(world.list_secrets(filter)))
            .await
    }

    async fn lookup(&self, call: &CallContext, selector: &SecretSelector) -> Result<SecretRef> {
        self.shared
            .query(call, None, |world| world.lookup_secret(selector))
            .await
    }

    async fn config(&self, call: &CallContext, secret: &SecretRef) -> Result<SecretConfig> {
        self.shared
            .query(call, None, |world| world.secret_config(secret.uuid))
            .await
    }

    async fn define(&self, call: &CallContext, config: &SecretConfig) -> Result<SecretRef> {
        let (lane, config) = (config.uuid.unwrap_or_else(Uuid::new_v4), config.clone());
        self.on_object(call, lane, move |world| world.define_secret(&config))
            .await
    }

    async fn undefine(&self, call: &CallContext, secret: &SecretRef) -> Result<()> {
        let secret = secret.uuid;
        self.on_object(call, secret, move |world| world.undefine_secret(secret))
            .await
    }

    async fn value(&self, call: &CallContext, secret: &SecretRef) -> Result<Option<SecretValue>> {
        self.shared
            .query(call, None, |world| world.secret_value(secret.uuid))
            .await
    }

    async fn set_value(&self, call: &CallContext, secret: &SecretRef, value: &SecretValue) -> Result<()> {
        let (secret, value) = (secret.uuid, value.clone());
        self.on_object(call, secret, move |world| world.set_secret_value(secret, value))
            .await
    }
}
