//! Machines that move to another host of their vCenter.
//!
//! Led by the program, both connections are to the same vCenter, each about a host (or the target's about a cluster); led
//! by the manager, the target is such a URI. What moves is the machine itself: it is the same one before and after.

mod options;
mod target;

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::DomainRef;
use virt_core::driver::{MigrationBegun, MigrationDriver, MigrationFinished, MigrationPrepared};
use virt_core::migration::MigrationOptions;
use virt_core::model::ByteSize;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::{EsxDriver, not_valid};
use crate::inventory::Machine;
use crate::vim::{
    ManagedObjectReference, MigrateVmTask, VirtualMachineMovePriority, VirtualMachinePowerState as Power,
};
use options::check;
use target::Target;

/// What is said to all that tunes a migration.
fn not_tuned<T>(what: &str) -> Result<T> {
    Err(Error::unsupported(format!(
        "a vCenter sees to how machines move itself: it has no {what}"
    )))
}

#[async_trait]
impl MigrationDriver for EsxDriver {
    async fn begin(
        &self,
        _call: &CallContext,
        domain: Uuid,
        options: &MigrationOptions,
    ) -> Result<MigrationBegun> {
        self.must_be_vcenter("move machines")?;
        if options.offline {
            return Err(Error::unsupported(
                "a machine of ESX that is off moves by its manager: migrate_to_uri, or virt_esx::migrate_to_host",
            ));
        }
        let (_, machine) = self.to_change(domain)?;
        check(options, &machine)?;
        if !machine.is_active() {
            return Err(not_valid(
                &machine,
                "one that does not run moves offline, by migrate_to_uri",
            ));
        }
        let domain = DomainRef::new(domain, machine.name);
        // Both ends know the machine: there is no document to be told. Whether they are one vCenter, its uuid tells.
        Ok(MigrationBegun::new(domain, String::new(), self.identity()))
    }

    async fn prepare(
        &self,
        call: &CallContext,
        begun: &MigrationBegun,
        options: &MigrationOptions,
    ) -> Result<MigrationPrepared> {
        self.must_be_vcenter("take in machines")?;
        self.server.check_may_change()?;
        self.must_be_ours(&begun.cookie)?;
        let target = match &options.uri {
            Some(uri) => self.target(call, uri).await?,
            None => self.target_of_scope(call, &self.server.scope).await?,
        };
        if let (Ok((_, machine)), Some(host)) =
            (self.server.inventory.machine(begun.domain.uuid), &target.host)
            && machine.host.as_ref() == Some(host)
        {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                "the domain is on that host already",
            ));
        }
        let uri = target.to_uri(self.server.session.host());
        Ok(MigrationPrepared::new(uri, self.identity()))
    }

    async fn perform(
        &self,
        call: &CallContext,
        begun: &MigrationBegun,
        prepared: &MigrationPrepared,
        options: &MigrationOptions,
    ) -> Result<Vec<u8>> {
        self.must_be_ours(&prepared.cookie)?;
        let target = Target::of_uri(&prepared.uri).ok_or_else(|| target::no_target(&prepared.uri))?;
        self.move_to(call, begun.domain.uuid, &target, options).await?;
        Ok(Vec::new())
    }

    async fn finish(
        &self,
        call: &CallContext,
        begun: &MigrationBegun,
        _prepared: &MigrationPrepared,
        (_, cancelled): (&[u8], bool),
        _options: &MigrationOptions,
    ) -> Result<MigrationFinished> {
        if cancelled {
            return Ok(MigrationFinished::new(None, Vec::new()));
        }
        let uuid = begun.domain.uuid;
        let inventory = &self.server.inventory;
        let arrived = call.bound(Outcome::Unknown, async {
            inventory.until_there(uuid).await;
            Ok(())
        });
        arrived.await?;
        let domain = inventory.info(uuid)?.domain;
        Ok(MigrationFinished::new(Some(domain), Vec::new()))
    }

    async fn confirm(
        &self,
        _call: &CallContext,
        _domain: Uuid,
        _ended: (&[u8], bool),
        _options: &MigrationOptions,
    ) -> Result<()> {
        // It was one machine all the time: nothing of it is left behind.
        Ok(())
    }

    async fn perform_to_uri(
        &self,
        call: &CallContext,
        domain: Uuid,
        uri: &str,
        options: &MigrationOptions,
    ) -> Result<()> {
        self.must_be_vcenter("move machines")?;
        self.to_change(domain)?;
        if options.tunnelled {
            return not_tuned("tunnels (tunnelled)");
        }
        let target = self.target(call, options.uri.as_deref().unwrap_or(uri)).await?;
        self.move_to(call, domain, &target, options).await
    }

    async fn start_post_copy(&self, _call: &CallContext, _domain: Uuid) -> Result<()> {
        not_tuned("post-copy phase")
    }

    async fn max_downtime(&self, _call: &CallContext, _domain: Uuid) -> Result<Duration> {
        not_tuned("limit of downtime")
    }

    async fn set_max_downtime(&self, _call: &CallContext, _domain: Uuid, _time: Duration) -> Result<()> {
        not_tuned("limit of downtime")
    }

    async fn max_speed(&self, _call: &CallContext, _domain: Uuid, _post_copy: bool) -> Result<ByteSize> {
        not_tuned("limit of speed")
    }

    async fn set_max_speed(
        &self,
        _call: &CallContext,
        _domain: Uuid,
        _speed: ByteSize,
        _post_copy: bool,
    ) -> Result<()> {
        not_tuned("limit of speed")
    }

    async fn compression_cache(&self, _call: &CallContext, _domain: Uuid) -> Result<ByteSize> {
        not_tuned("cache of compression")
    }

    async fn set_compression_cache(&self, _call: &CallContext, _domain: Uuid, _size: ByteSize) -> Result<()> {
        not_tuned("cache of compression")
    }
}

impl EsxDriver {
    /// Which vCenter it is.
    fn identity(&self) -> Vec<u8> {
        let about = &self.server.session.content().about;
        about.instance_uuid.clone().unwrap_or_default().into_bytes()
    }

    /// Refuses what another vCenter, or something else, has begun.
    fn must_be_ours(&self, cookie: &[u8]) -> Result<()> {
        if cookie == self.identity() {
            return Ok(());
        }
        let message = "machines move between hosts of one vCenter: the other end is none of this one";
        Err(Error::unsupported(message).with_subject(Subject::Host(self.server.session.host().to_owned())))
    }

    async fn move_to(
        &self,
        call: &CallContext,
        domain: Uuid,
        target: &Target,
        options: &MigrationOptions,
    ) -> Result<()> {
        let (reference, machine) = self.to_change(domain)?;
        check(options, &machine)?;
        if !options.offline && machine.power == Power::PoweredOff {
            return Err(not_valid(&machine, "say offline to move one that does not run"));
        }
        if let Some(host) = &target.host
            && machine.host.as_ref() == Some(host)
        {
            let message = "the domain is on that host already";
            return Err(
                Error::new(ErrorKind::InvalidArgument, message).with_subject(Subject::Domain(machine.name))
            );
        }
        let stays_in_pool = self
            .are_together(call, machine.host.as_ref(), target.host.as_ref())
            .await?;
        let migrate = MigrateVmTask {
            this: reference.clone(),
            pool: target.pool.clone().filter(|_| !stays_in_pool),
            host: target.host.clone(),
            priority: VirtualMachineMovePriority::DefaultPriority,
            state: None,
        };
        self.answering(call, &reference, self.carry_out(call, &migrate))
            .await?;
        self.until_on(call, &reference, target.host.as_ref()).await;
        Ok(())
    }

    /// Waits until a machine is seen on a host, or not at all any more.
    pub(super) async fn until_on(
        &self,
        call: &CallContext,
        reference: &ManagedObjectReference,
        host: Option<&ManagedObjectReference>,
    ) {
        let Some(host) = host else { return };
        let is_so =
            |machine: Option<&Machine>| machine.is_none_or(|machine| machine.host.as_ref() == Some(host));
        self.server.inventory.until(call, reference, is_so).await;
    }
}
