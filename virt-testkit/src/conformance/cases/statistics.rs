//! Statistics: in bulk, by groups, of one domain.

use std::time::Duration;

use virt_core::agent::ExecRequest;
use virt_core::domain::StateReason;
use virt_core::model::ByteSize;
use virt_core::stats::{StatsGroup, StatsGroups};
use virt_core::{DomainState, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "statistics";
    bulk_statistics_have_a_row_for_each_running_domain(Machine, PersistentDomains, StartPaused, Statistics);
    only_the_groups_asked_for_are_there(Machine, PersistentDomains, StartPaused, Statistics);
    all_groups_of_a_guest_are_filled(Booted, PersistentDomains, Statistics, Agent);
    cpu_time_grows_while_a_guest_runs(Booted, PersistentDomains, Statistics, Agent);
    a_domain_that_is_shut_off_tells_its_state_only(None, PersistentDomains, Statistics);
    a_domain_that_is_gone_is_not_found(None, PersistentDomains, Statistics);
    domains_that_come_and_go_do_not_disturb_a_bulk_read(Machine, TransientDomains, StartPaused, Statistics);
}

async fn bulk_statistics_have_a_row_for_each_running_domain(env: &Env) -> Result<(), Failure> {
    let one = env.paused("one").await?;
    let two = env.paused("two").await?;
    let off = env.defined("off").await?;
    let rows = env
        .conn()
        .domain_stats(StatsGroup::State.into())
        .await
        .doing("reading them")?;
    for domain in [&one, &two] {
        let of_it: Vec<_> = rows
            .iter()
            .filter(|row| row.domain.uuid == domain.uuid())
            .collect();
        ensure_eq!(of_it.len(), 1, "how many rows {} has", domain.name());
        for row in of_it {
            ensure!(
                row.error.is_none(),
                "the row of {} has the error {:?}",
                domain.name(),
                row.error
            );
            let wanted = Some((DomainState::Paused, StateReason::StartedPaused));
            ensure_eq!(row.stats.state, wanted, "the state of {}", domain.name());
            ensure_eq!(row.domain.name.as_str(), domain.name(), "the name in its row");
        }
    }
    let inactive = rows.iter().any(|row| row.domain.uuid == off.uuid());
    ensure!(!inactive, "a domain that does not run has a row");
    Ok(())
}

async fn only_the_groups_asked_for_are_there(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("grouped").await?;
    for group in StatsGroup::ALL {
        let row = domain
            .stats((*group).into())
            .await
            .doing(&format!("reading {group:?}"))?;
        ensure!(row.error.is_none(), "{group:?} has the error {:?}", row.error);
        let stats = row.stats;
        let there = [
            (StatsGroup::State, stats.state.is_some()),
            (StatsGroup::Cpu, stats.cpu.is_some()),
            (StatsGroup::Balloon, stats.balloon.is_some()),
            (StatsGroup::Vcpu, !stats.vcpus.is_empty()),
            (StatsGroup::Block, !stats.block.is_empty()),
            (StatsGroup::Interface, !stats.interfaces.is_empty()),
        ];
        for (other, is_there) in there {
            ensure!(
                !is_there || other == *group,
                "{other:?} is there when {group:?} was asked for"
            );
        }
    }
    let row = domain
        .stats(StatsGroups::none())
        .await
        .doing("reading no group")?;
    ensure_eq!(row.domain.uuid, domain.uuid(), "whose row it is");
    Ok(())
}

async fn all_groups_of_a_guest_are_filled(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("whole").await?;
    let info = domain.info().await.doing("asking for it")?;
    let row = domain
        .stats(StatsGroups::all())
        .await
        .doing("reading all groups")?;
    ensure!(row.error.is_none(), "the row has the error {:?}", row.error);
    let stats = row.stats;
    let state = stats.state.map(|(state, _)| state);
    ensure_eq!(state, Some(DomainState::Running), "its state");
    ensure!(stats.cpu.is_some(), "there is no CPU time");
    let balloon = stats.balloon.ok_or_else(|| Failure::new("there is no memory"))?;
    let maximum = info.max_memory.as_bytes();
    ensure_eq!(balloon.maximum, maximum, "the most memory it can have");
    ensure!(
        balloon.current <= maximum,
        "it has {} of {maximum} bytes",
        balloon.current
    );
    ensure!(
        balloon.current >= ByteSize::mib(1).as_bytes(),
        "it has {} bytes only",
        balloon.current
    );
    let vcpus: Vec<u32> = stats.vcpus.iter().map(|vcpu| vcpu.index).collect();
    ensure_eq!(vcpus, (0..info.vcpus).collect::<Vec<_>>(), "its processors");
    let config = domain.config().await.doing("reading its configuration")?;
    let devices = config.devices.unwrap_or_default();
    for disk in &devices.disks {
        let target = disk
            .target
            .as_ref()
            .and_then(|target| target.dev.clone())
            .unwrap_or_default();
        let has = stats.block.iter().any(|block| block.target == target);
        ensure!(has, "the disk {target} has no statistics: {:?}", stats.block);
    }
    ensure_eq!(
        stats.interfaces.len(),
        devices.interfaces.len(),
        "how many interfaces have statistics"
    );
    Ok(())
}

async fn cpu_time_grows_while_a_guest_runs(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("grows").await?;
    let read = async || {
        let row = domain
            .stats(StatsGroup::Cpu.into())
            .await
            .doing("reading its CPU time")?;
        let cpu = row
            .stats
            .cpu
            .ok_or_else(|| Failure::new("there is no CPU time"))?;
        Ok::<Duration, Failure>(cpu.time)
    };
    let first = read().await?;
    // A guest with nothing to do may do nothing.
    let work = ExecRequest::new("/bin/sh").args(["-c", "i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done"]);
    let growing = async {
        loop {
            let now = read().await?;
            if now > first {
                return Ok(());
            }
            if env.target().has_agents() {
                let worked = domain.agent().exec(&work).await;
                worked.doing("giving the guest something to do")?;
            }
            ensure!(now == first, "CPU time went back from {first:?} to {now:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    env.soon("a growing CPU time", growing).await?
}

async fn a_domain_that_is_shut_off_tells_its_state_only(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("off").await?;
    let row = domain
        .stats(StatsGroups::all())
        .await
        .doing("reading a domain that is shut off")?;
    let state = row.stats.state.map(|(state, _)| state);
    ensure_eq!(state, Some(DomainState::ShutOff), "its state");
    ensure!(row.stats.cpu.is_none(), "it has a CPU time");
    ensure!(row.error.is_none(), "its row has the error {:?}", row.error);
    Ok(())
}

async fn a_domain_that_is_gone_is_not_found(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("gone").await?;
    domain.undefine().await.doing("undefining it")?;
    let read = domain.stats(StatsGroups::all()).await;
    refused(
        read,
        ErrorKind::NotFound,
        "the statistics of a domain that is gone",
    )?;
    Ok(())
}

async fn domains_that_come_and_go_do_not_disturb_a_bulk_read(env: &Env) -> Result<(), Failure> {
    let coming_and_going = async {
        for _ in 0..4 {
            let config = env.machine("brief")?;
            let paused = virt_core::domain::StartOptions::default().paused();
            let created = env.conn().create_domain_with(&config, &paused).await;
            created
                .doing("creating one")?
                .destroy()
                .await
                .doing("destroying it")?;
        }
        Ok::<(), Failure>(())
    };
    let mut coming_and_going = std::pin::pin!(coming_and_going);
    loop {
        tokio::select! {
            biased;
            done = &mut coming_and_going => return done,
            rows = env.conn().domain_stats(StatsGroups::all()) => {
                rows.doing("reading statistics while domains come and go")?;
                tokio::task::yield_now().await;
            }
        }
    }
}
