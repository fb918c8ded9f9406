//! Starting a guest, and adopting one that runs.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::future::try_join;
use tokio::time::Instant;
use virt_core::domain::{DomainState, StartOptions, StateReason};
use virt_core::event::{DomainChange, ResumedReason, StartedReason, StoppedReason};
use virt_core::host::Host;
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};
use virt_manager::document::Kept;
use virt_manager::{OwnerTask as _, PresentRun as _, unless};

use super::{Launching, Owner, Run, Running};
use crate::command::{CommandLine, command_line};
use crate::document;
use crate::plan;
use crate::process::{self, EndMode, Launch, Launched, Program, end_process};
use crate::qmp::QmpConnection;
use crate::qmp::commands::chardev::QueryChardev;
use crate::qmp::commands::cpu::QueryCpusFast;
use crate::qmp::commands::machine::Cont;
use crate::state::{RunPhase, RunRecord};

/// Where QEMU's own helpers are looked for.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How long the end of a launch that failed may take, beside the end of QEMU itself.
const CLEAN_UP: Duration = Duration::from_secs(30);
/// How long a process that closed its monitor may take to be gone.
const ENDING: Duration = Duration::from_secs(2);
/// After so long a launch that goes on is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// How often the guest reports its memory, in seconds, unless its configuration says otherwise.
const BALLOON_PERIOD: u32 = 10;

impl Owner {
    /// Starts the domain: with this configuration for one run, or with that of its definition.
    pub(super) async fn start(
        &mut self,
        call: &CallContext,
        options: &StartOptions,
        config: Option<DomainConfig>,
    ) -> Result<()> {
        self.must_be_inactive()?;
        self.manager.root.life.check_open()?;
        let defined = self.entry.view().inactive.clone();
        let config = match (config, &defined) {
            (Some(config), _) => config,
            (None, Some(defined)) => defined.config()?,
            (None, None) => return Err(Error::new(ErrorKind::NotFound, "the domain has no definition")),
        };
        let result = Box::pin(self.launch(call, options, &config, defined.is_none())).await;
        let Err(error) = result else {
            return Ok(());
        };
        if error.kind() == ErrorKind::ConnectionLost && self.goes_on_without_us().await {
            // All was done but to let it run. That is done when the monitor is had again, as the next open would do it.
            return Err(error.with_outcome(Outcome::Unknown));
        }
        if self.clean_up_launch(call).await {
            // Whatever it was, it has been taken back.
            return Err(error.with_outcome(Outcome::NotApplied));
        }
        Err(error.with_outcome(Outcome::Unknown))
    }

    /// Whether the run was made known and nothing tells that it has ended: then its monitor's end is followed up.
    async fn goes_on_without_us(&self) -> bool {
        let Some(running) = self.running.as_ref() else {
            return false;
        };
        let exit = self.manager.host.processes().wait_exit(running.run.process);
        // A process that ends closes its monitor a little before it is gone.
        !matches!(tokio::time::timeout(ENDING, exit).await, Ok(Ok(())))
    }

    async fn launch(
        &mut self,
        call: &CallContext,
        options: &StartOptions,
        config: &DomainConfig,
        transient: bool,
    ) -> Result<()> {
        let facts = self.manager.root.reach.facts();
        let emulator = document::emulator_or_default(config, &facts.arch);
        let checked = document::check_images(self.manager.host.as_ref(), config);
        let probed = self.manager.probes.of(&self.manager, &emulator, call);
        let ((), abilities) = unless(&self.preempted, try_join(checked, probed)).await?;
        let id = self.manager.next_id().await?;
        let mut record = RunRecord {
            format: crate::state::FORMAT,
            uuid: self.entry.uuid(),
            name: config.name.clone(),
            id,
            boot_id: facts.boot_id.clone(),
            phase: RunPhase::Launching,
            process: None,
            argv: Vec::new(),
            log: self.manager.store.layout.log(self.entry.uuid()),
            run_dir: self.manager.store.layout.run_dir(id),
            transient,
            auto_destroy: options.auto_destroy,
            start_paused: options.paused,
            reboot_pending: false,
            started_at: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs(),
            live: String::new(),
            origin: transient.then(|| config.to_xml()),
        };
        let resources = resources(&record);
        let live = plan::live(config, &resources)?;
        let line = command_line(&live, &abilities, &resources)?;
        record.argv = std::iter::once(line.program.clone())
            .chain(line.args.iter().cloned())
            .collect();
        record.live = live.to_xml();
        let launched = Box::pin(self.launched(call, &record, &live, &line)).await?;
        Box::pin(self.make_known(call, options, (record, live), launched)).await
    }

    /// Launches QEMU, its vCPUs stopped, and asks what has to be known of it.
    async fn launched(
        &mut self,
        call: &CallContext,
        record: &RunRecord,
        live: &DomainConfig,
        line: &CommandLine,
    ) -> Result<Launched<Known>> {
        let store = self.manager.store.clone();
        let launching = self.launching.insert(Launching {
            record: record.clone(),
            program: None,
        });
        let mut watch = process::make_ready(&store, record).await?;
        let launch = Launch {
            store: &store,
            record,
            program: launching.program.insert(process::begin(&store, record, line)),
            watch: watch.as_mut(),
        };
        let first = |qmp: QmpConnection| async move {
            let (known, ()) = try_join(learn(&qmp, live, call), tune(&qmp, live, call)).await?;
            Ok(known)
        };
        unless(&self.preempted, Box::pin(launch.first_contact(first, call))).await
    }

    /// Makes the run known, and lets it run.
    async fn make_known(
        &mut self,
        call: &CallContext,
        options: &StartOptions,
        (mut record, mut live): (RunRecord, DomainConfig),
        (monitor, process, known): Launched<Known>,
    ) -> Result<()> {
        document::set_ttys(&mut live, &known.ttys);
        record.live = live.to_xml();
        record.process = Some(process);
        record.phase = RunPhase::Running;
        self.manager.store.save_run(&record).await?;
        let origin = record.origin.as_deref().map(DomainConfig::from_xml).transpose()?;
        let run = Arc::new(Run::new(&record, process, known.vcpu_threads));
        let mut running = Running::new(Arc::clone(&run), record);
        running.attach(monitor);
        // What waits for QEMU's early end is not needed any more.
        let launching = self.launching.take();
        if let Some(program) = launching.and_then(|launching| launching.program) {
            program.abort();
        }
        self.running = Some(running);
        self.update(|view| {
            view.visible = true;
            view.live = Some(Arc::new(live));
            view.origin = origin.as_ref().map(Kept::new);
            view.run = Some(run);
            view.state = DomainState::Paused;
            view.reason = StateReason::StartedPaused;
            view.agent_connected = known.agent_connected;
            view.balloon = None;
        });
        self.publish(DomainChange::Started(StartedReason::Booted));
        if options.paused {
            return Ok(());
        }
        self.tell(&Cont, call).await?;
        self.now_running(StateReason::Booted, ResumedReason::Unpaused);
        Ok(())
    }

    /// The vCPUs run (again).
    pub(super) fn now_running(&self, reason: StateReason, resumed: ResumedReason) {
        self.update(|view| {
            view.state = DomainState::Running;
            view.reason = reason;
        });
        self.publish(DomainChange::Resumed(resumed));
    }

    /// A start failed or was interrupted: nothing of it stays, now or as soon as that can be done. Whether it is done.
    async fn clean_up_launch(&mut self, call: &CallContext) -> bool {
        let (record, program) = match (self.launching.take(), self.running.take()) {
            (Some(launching), _) => (launching.record, launching.program),
            (None, Some(running)) => {
                running.run.disconnect();
                (running.record, None)
            }
            (None, None) => return true,
        };
        let removed = match end_launch(self.manager.host.as_ref(), &record, program.as_ref(), call).await {
            Ok(()) => self.manager.store.remove_run(&record).await,
            Err(error) => Err(error),
        };
        let is_done = removed.is_ok();
        if let Err(error) = removed {
            // The record is still there: it is tried again, by the next open of the root at the latest.
            tracing::warn!(domain = %record.name, %error, "what a failed start left could not be removed yet");
            self.owe_run(record).await;
        }
        let mut was_seen = false;
        self.update(|view| {
            was_seen = view.is_active();
            let reason = if was_seen {
                StateReason::Failed
            } else {
                view.reason
            };
            view.shut_off(reason);
        });
        if was_seen {
            self.publish(DomainChange::Stopped(StoppedReason::Failed));
        }
        is_done
    }
}

/// Ends what there is of a launch. As long as the program that launches goes on, QEMU may be about to appear.
async fn end_launch(
    host: &dyn Host,
    record: &RunRecord,
    program: Option<&Program>,
    call: &CallContext,
) -> Result<()> {
    let until = Instant::now() + CLEAN_UP;
    loop {
        let over = program.is_none_or(Program::is_finished);
        end_process(host, record, EndMode::Kill, call).await?;
        if over {
            return Ok(());
        }
        if Instant::now() > until {
            return Err(Error::new(
                ErrorKind::Timeout,
                "the program that launches QEMU does not end",
            ));
        }
        // Nothing tells when a program can be found by its arguments.
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// What a run is given: everything of it lies in its own directory.
pub(crate) fn resources(record: &RunRecord) -> plan::Resources {
    let mut resources = plan::Resources::in_directory(record.run_dir.as_str());
    resources.domain_id = i32::try_from(record.id).ok();
    resources.pid_file = Some(record.pid_file());
    resources.console_log_dir = Some(record.run_dir.clone());
    // What QEMU says is recognised by its words.
    resources.environment = vec![
        ("LC_ALL".to_owned(), "C".to_owned()),
        ("PATH".to_owned(), PATH.to_owned()),
    ];
    resources.channel_dir.clone_from(&record.run_dir);
    resources
}

/// What is asked of a QEMU that was launched or adopted.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) vcpu_threads: Vec<u64>,
    /// Character devices that are pseudo-terminals, by id, with their paths.
    pub(crate) ttys: Vec<(String, String)>,
    pub(crate) agent_connected: Option<bool>,
}

/// Asks QEMU, in one round trip, what its configuration does not tell.
pub(crate) async fn learn(qmp: &QmpConnection, live: &DomainConfig, call: &CallContext) -> Result<Known> {
    let (cpus, chardevs) = tokio::join!(
        qmp.execute(&QueryCpusFast, call.deadline),
        qmp.execute(&QueryChardev, call.deadline)
    );
    let (cpus, chardevs) = (cpus?, chardevs?);
    let agent = document::agent_channel(live).map(|channel| format!("char{}", channel.alias));
    Ok(Known {
        vcpu_threads: cpus.iter().map(|cpu| cpu.thread_id).collect(),
        agent_connected: agent
            .and_then(|id| chardevs.iter().find(|chardev| chardev.label == id))
            .map(|chardev| chardev.frontend_open),
        ttys: chardevs
            .iter()
            .filter_map(|chardev| Some((chardev.label.clone(), chardev.pty()?.to_owned())))
            .collect(),
    })
}

/// Sets what QEMU takes by its monitor only.
async fn tune(qmp: &QmpConnection, live: &DomainConfig, call: &CallContext) -> Result<()> {
    use crate::qmp::commands::machine::SetAction;
    let actions = document::actions(live);
    let action = SetAction {
        reboot: Some(actions.reboot),
        panic: actions.panic,
        ..SetAction::default()
    };
    let balloon = async {
        let Some(alias) = document::balloon_alias(live) else {
            return Ok(());
        };
        let period = document::balloon_period(live).unwrap_or(BALLOON_PERIOD);
        let set = crate::qmp::commands::qom::QomSet {
            path: format!("/machine/peripheral/{alias}"),
            property: "guest-stats-polling-interval".to_owned(),
            value: period.into(),
        };
        qmp.execute(&set, call.deadline).await.map(drop)
    };
    let (acted, polled) = tokio::join!(qmp.execute(&action, call.deadline), balloon);
    acted?;
    Ok(polled?)
}
