//! What a machine's tasks are doing, whoever began them.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::{CoreDumpOptions, DomainRef};
use virt_core::driver::JobDriver;
use virt_core::job::{Job, JobKind, JobStatistics, Transfer};
use virt_core::{CallContext, Error, Result};

use super::EsxDriver;
use crate::job::{ALL, Begun};
use crate::property;
use crate::vim::{
    ManagedObjectReference, ObjectSpec, PropertyFilterSpec, PropertySpec, TaskInfo, TaskInfoState,
    TraversalSpec,
};

/// Tasks that count as jobs, by what is in their names. Power and settings are done in moments; nobody waits for those.
const KINDS: &[(&str, JobKind)] = &[
    ("createsnapshot", JobKind::Snapshot),
    ("revert", JobKind::SnapshotRevert),
    ("removesnapshot", JobKind::SnapshotDelete),
    ("removeallsnapshots", JobKind::SnapshotDelete),
    ("snapshot.remove", JobKind::SnapshotDelete),
    ("suspend", JobKind::Save),
    ("migrate", JobKind::Migration),
    ("relocate", JobKind::Migration),
    ("clone", JobKind::Unknown),
    ("consolidate", JobKind::Unknown),
    ("export", JobKind::Unknown),
];

#[async_trait]
impl JobDriver for EsxDriver {
    async fn current(&self, call: &CallContext, domain: Uuid) -> Result<Option<Job>> {
        let (machine, name, tasks) = self.tasks_of(call, domain).await?;
        let running = tasks.into_iter().find(|(_, task)| is_under_way(task));
        let Some((kind, task)) = running else {
            return Ok(None);
        };
        if let Some(job) = self.server.jobs.of_task(&task.task) {
            return Ok(Some(job));
        }
        let begun = Begun {
            task: task.task,
            kind,
            domain: DomainRef::new(domain, name),
            machine,
        };
        let over = |_: Arc<_>, ended: Result<_>| async move { ended.map(drop) };
        Ok(Some(self.server.job(begun, over)))
    }

    async fn core_dump(
        &self,
        _call: &CallContext,
        domain: Uuid,
        _path: &str,
        _options: &CoreDumpOptions,
    ) -> Result<Job> {
        self.server.inventory.machine(domain)?;
        Err(Error::unsupported(
            "ESX writes no core dumps: take a snapshot with memory",
        ))
    }

    async fn statistics(
        &self,
        call: &CallContext,
        domain: Uuid,
        completed: bool,
    ) -> Result<Option<JobStatistics>> {
        let (_, _, tasks) = self.tasks_of(call, domain).await?;
        let found = if completed {
            let over = tasks.into_iter().filter(|(_, task)| is_over(task));
            over.max_by_key(|(_, task)| ended_at(task))
        } else {
            tasks.into_iter().find(|(_, task)| is_under_way(task))
        };
        Ok(found.map(|(kind, task)| figures(kind, &task)))
    }

    async fn abort(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.server.check_may_change()?;
        let (_, _, tasks) = self.tasks_of(call, domain).await?;
        for (_, task) in tasks.iter().filter(|(_, task)| is_under_way(task)) {
            self.server.cancel(&task.task).await?;
        }
        Ok(())
    }
}

impl EsxDriver {
    /// The tasks of a machine that count as jobs, as far as the server remembers them; the one under way before those
    /// that wait.
    async fn tasks_of(
        &self,
        call: &CallContext,
        domain: Uuid,
    ) -> Result<(ManagedObjectReference, String, Vec<(JobKind, TaskInfo)>)> {
        self.server.check_open()?;
        let (reference, machine) = self.server.inventory.machine(domain)?;
        let objects = property::of_objects(&self.server.session, call, recent_tasks(&reference)).await?;
        let infos = objects.into_iter().flat_map(|object| object.prop_set);
        let infos = infos.filter_map(|property| property.val.read::<TaskInfo>().ok());
        let mut tasks: Vec<(JobKind, TaskInfo)> =
            infos.filter_map(|info| Some((kind_of(&info)?, info))).collect();
        tasks.sort_by_key(|(_, task)| task.state != TaskInfoState::Running);
        Ok((reference, machine.name, tasks))
    }
}

/// The tasks that a machine has had lately.
fn recent_tasks(machine: &ManagedObjectReference) -> PropertyFilterSpec {
    let lately = TraversalSpec {
        type_: machine.kind.clone(),
        path: "recentTask".to_owned(),
        skip: Some(false),
        ..TraversalSpec::default()
    };
    PropertyFilterSpec {
        prop_set: vec![PropertySpec {
            type_: "Task".to_owned(),
            all: Some(false),
            path_set: vec!["info".to_owned()],
        }],
        object_set: vec![ObjectSpec {
            obj: machine.clone(),
            skip: Some(true),
            select_set: vec![lately.into()],
        }],
        report_missing_objects_in_results: None,
    }
}

/// What a task does; `None` where it is no job.
fn kind_of(task: &TaskInfo) -> Option<JobKind> {
    let names = [
        task.description_id.as_str(),
        task.name.as_deref().unwrap_or_default(),
    ];
    let names = names.map(str::to_ascii_lowercase);
    let is_it = |(part, _): &&(&str, JobKind)| names.iter().any(|name| name.contains(part));
    KINDS.iter().find(is_it).map(|(_, kind)| *kind)
}

fn is_under_way(task: &TaskInfo) -> bool {
    matches!(task.state, TaskInfoState::Running | TaskInfoState::Queued)
}

fn is_over(task: &TaskInfo) -> bool {
    matches!(task.state, TaskInfoState::Success | TaskInfoState::Error)
}

fn ended_at(task: &TaskInfo) -> Option<SystemTime> {
    task.complete_time.as_ref()?.to_system_time()
}

/// A server tells how many per cent are done, and nothing else.
fn figures(kind: JobKind, task: &TaskInfo) -> JobStatistics {
    let done = match task.state {
        TaskInfoState::Success => ALL,
        _ => task
            .progress
            .and_then(|percent| u64::try_from(percent).ok())
            .unwrap_or_default()
            .min(ALL),
    };
    let mut figures = JobStatistics::default();
    figures.kind = Some(kind);
    figures.data = Some(Transfer::new(ALL, done, ALL.saturating_sub(done)));
    if is_over(task) {
        figures.success = Some(task.state == TaskInfoState::Success);
        figures.message = task.error.as_ref().map(ToString::to_string);
        let begun = task.start_time.as_ref().and_then(|begun| begun.to_system_time());
        // Both by the server's clock: ours may be another.
        figures.elapsed = ended_at(task)
            .zip(begun)
            .and_then(|(ended, begun)| ended.duration_since(begun).ok());
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::Fault;
    use std::time::Duration;

    fn task(description: &str, name: &str, state: TaskInfoState) -> TaskInfo {
        TaskInfo {
            description_id: description.to_owned(),
            name: Some(name.to_owned()),
            state,
            ..TaskInfo::default()
        }
    }

    #[test]
    fn tasks_are_jobs_of_the_kind_their_names_say() {
        for (description, name, kind) in [
            (
                "VirtualMachine.createSnapshot",
                "CreateSnapshot_Task",
                Some(JobKind::Snapshot),
            ),
            (
                "vm.Snapshot.revert",
                "RevertToSnapshot_Task",
                Some(JobKind::SnapshotRevert),
            ),
            (
                "vm.Snapshot.remove",
                "RemoveSnapshot_Task",
                Some(JobKind::SnapshotDelete),
            ),
            (
                "VirtualMachine.removeAllSnapshots",
                "",
                Some(JobKind::SnapshotDelete),
            ),
            (
                "VirtualMachine.revertToCurrentSnapshot",
                "",
                Some(JobKind::SnapshotRevert),
            ),
            (
                "VirtualMachine.relocate",
                "RelocateVM_Task",
                Some(JobKind::Migration),
            ),
            ("VirtualMachine.suspend", "", Some(JobKind::Save)),
            ("VirtualMachine.clone", "CloneVM_Task", Some(JobKind::Unknown)),
            ("VirtualMachine.powerOn", "PowerOnVM_Task", None),
            ("VirtualMachine.reconfigure", "ReconfigVM_Task", None),
        ] {
            assert_eq!(
                kind_of(&task(description, name, TaskInfoState::Running)),
                kind,
                "{description}"
            );
        }
    }

    #[test]
    fn figures_are_per_cent_and_an_end_says_how_long_it_took() {
        let mut running = task("VirtualMachine.clone", "", TaskInfoState::Running);
        running.progress = Some(40);
        let told = figures(JobKind::Unknown, &running);
        assert_eq!(told.bytes(), (40, Some(100)));
        assert_eq!((told.elapsed, told.success), (None, None));
        let mut failed = task("VirtualMachine.clone", "", TaskInfoState::Error);
        failed.start_time = Some(SystemTime::UNIX_EPOCH.into());
        failed.complete_time = Some((SystemTime::UNIX_EPOCH + Duration::from_secs(5)).into());
        failed.error = Some(Fault::new("NoDiskSpace", "it is full"));
        let told = figures(JobKind::Unknown, &failed);
        assert_eq!(told.elapsed, Some(Duration::from_secs(5)));
        assert_eq!(told.success, Some(false));
        assert!(told.message.is_some_and(|message| message.contains("it is full")));
    }
}
