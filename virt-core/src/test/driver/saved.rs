//! Saved states of the test driver's domains: which work each call is.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::deadline::CallContext;
use crate::domain::{DomainRef, RestoreOptions, ResumeState, SaveOptions};
use crate::driver::SaveDriver;
use crate::error::{Error, ErrorKind, Outcome, Result, Subject};
use crate::job::Job;
use crate::model::DomainConfig;
use crate::test::document;
use crate::test::lane::LaneKey;
use crate::test::saved::{SavePlace, SavedGuest, check_same, rewrite};
use crate::test::world::World;

impl TestDriver {
    async fn begin_saving(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &SaveOptions,
        place: SavePlace,
    ) -> Result<Job> {
        let config = match &options.config {
            Some(config) => Some(document::accept(config)?),
            None => None,
        };
        let state = options.state;
        let shared = Arc::clone(&self.shared);
        self.shared
            .change(call, LaneKey::Domain(domain), move |world| {
                let saving = world.begin_saving(domain, config, state, place)?;
                let job = saving.job();
                let owner = Arc::clone(&shared);
                shared.spawn(saving.carry_out(owner));
                Ok(job)
            })
            .await
    }

    async fn read_image(&self, call: &CallContext, path: &str) -> Result<SavedGuest> {
        let read = async { self.shared.host.files().read(path).await };
        let content = call.bound(Outcome::NotApplied, read).await?;
        SavedGuest::parse(&content).map_err(|error| error.with_subject(Subject::Path(path.to_owned())))
    }
}

fn shown(config: &DomainConfig, secure: bool) -> Result<DomainConfig> {
    match secure {
        true => Ok(config.clone()),
        false => document::hide_secrets(config),
    }
}

fn managed_save(world: &World, domain: Uuid) -> Result<SavedGuest> {
    let saved = world.record(domain)?.managed_save.clone();
    saved.ok_or_else(|| Error::new(ErrorKind::NotFound, "the domain has no managed save"))
}

#[async_trait]
impl SaveDriver for TestDriver {
    async fn save(&self, call: &CallContext, domain: Uuid, path: &str, options: &SaveOptions) -> Result<Job> {
        self.check_new_file(call, path).await?;
        self.begin_saving(call, domain, options, SavePlace::File(path.to_owned()))
            .await
    }

    async fn restore(&self, call: &CallContext, path: &str, options: &RestoreOptions) -> Result<DomainRef> {
        let mut saved = self.read_image(call, path).await?;
        if let Some(config) = &options.config {
            check_same(&saved.config, config)?;
            saved.config = document::accept(config)?;
        }
        let state = options.state;
        let lane = saved.config.uuid.unwrap_or_else(Uuid::new_v4);
        self.on(call, lane, move |world| world.restore(saved, state))
            .await
    }

    async fn image_config(&self, call: &CallContext, path: &str, secure: bool) -> Result<DomainConfig> {
        let saved = self.read_image(call, path).await?;
        self.shared
            .query(call, None, |_| shown(&saved.config, secure))
            .await
    }

    async fn define_image(
        &self,
        call: &CallContext,
        path: &str,
        config: &DomainConfig,
        state: Option<ResumeState>,
    ) -> Result<()> {
        let saved = self.read_image(call, path).await?.redefined(config, state)?;
        self.shared.query(call, None, |_| Ok(())).await?;
        let written = rewrite(&self.shared, path, &saved);
        call.bound(Outcome::Unknown, written).await
    }

    async fn managed_save(&self, call: &CallContext, domain: Uuid, options: &SaveOptions) -> Result<Job> {
        self.begin_saving(call, domain, options, SavePlace::Managed).await
    }

    async fn has_managed_save(&self, call: &CallContext, domain: Uuid) -> Result<bool> {
        self.shared
            .query(call, Some(domain), |world| {
                Ok(world.record(domain)?.managed_save.is_some())
            })
            .await
    }

    async fn remove_managed_save(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.on(call, domain, move |world| {
            world.record_mut(domain)?.managed_save = None;
            Ok(())
        })
        .await
    }

    async fn managed_save_config(
        &self,
        call: &CallContext,
        domain: Uuid,
        secure: bool,
    ) -> Result<DomainConfig> {
        self.shared
            .query(call, Some(domain), |world| {
                shown(&managed_save(world, domain)?.config, secure)
            })
            .await
    }

    async fn define_managed_save(
        &self,
        call: &CallContext,
        domain: Uuid,
        config: &DomainConfig,
        state: Option<ResumeState>,
    ) -> Result<()> {
        let config = config.clone();
        self.on(call, domain, move |world| {
            let saved = managed_save(world, domain)?.redefined(&config, state)?;
            world.record_mut(domain)?.managed_save = Some(saved);
            Ok(())
        })
        .await
    }
}
