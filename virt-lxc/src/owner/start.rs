//! Starting a container.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use virt_core::domain::{DomainState, StartOptions, StateReason};
use virt_core::event::{DomainChange, StartedReason};
use virt_core::host::HostOp;
use virt_core::model::DomainConfig;
use virt_core::{Error, ErrorKind, Outcome, Result};
use virt_manager::document::Kept;
use virt_manager::{OwnerTask as _, PresentRun as _};

use super::{Adopted, Owner};
use crate::config::ContainerConfig;
use crate::document::{host_end, live_document};
use crate::manager::no_paused_start;
use crate::store::RunRecord;
use crate::tools::{ContainerState, Launch, Launched, STARTED_BY_OTHERS, SeenState};

/// How much of what a console prints is kept on disk.
const CONSOLE_LOG_SIZE: &str = "1MB";

/// How long a start that is given up may take to end.
const GIVING_UP: Duration = Duration::from_secs(20);
/// How often it is ended until then.
const KILL_AGAIN: Duration = Duration::from_millis(50);

impl Owner {
    /// Starts the domain: with this configuration for one run, or with that of its definition.
    pub(super) async fn start(
        &mut self,
        options: &StartOptions,
        config: Option<Box<DomainConfig>>,
    ) -> Result<()> {
        self.launch(options, config).await?;
        self.publish(DomainChange::Started(StartedReason::Booted));
        Ok(())
    }

    /// The same, of which nobody is told.
    pub(super) async fn launch(
        &mut self,
        options: &StartOptions,
        config: Option<Box<DomainConfig>>,
    ) -> Result<()> {
        self.must_be_inactive()?;
        if self.native.is_some() {
            // A root that is half changed is no root to start from.
            self.recover_snapshots().await?;
        }
        if options.paused {
            return Err(no_paused_start());
        }
        if config.is_none() {
            self.read_definition_again().await?;
        }
        let is_transient = self.entry.view().inactive.is_none();
        let name = match &config {
            Some(config) => config.name.clone(),
            None => self.name(),
        };
        let layout = &self.manager.store.layout;
        let mut launch = Launch {
            container: name.clone(),
            log: layout.log(&name),
            pid_file: layout.pid_file(&name),
            ..Launch::default()
        };
        let mut live = None;
        match &config {
            Some(config) if is_transient => {
                let mut definition = self.made_of(config, false).await?;
                definition.transient = true;
                launch.before = self.manager.store.write_definition(&definition, None)?;
                launch.settings = self.settings(&name, &definition.native);
                self.native = Some(definition.native);
            }
            Some(config) => {
                let definition = self.made_of(config, false).await?;
                launch.settings = self.settings(&name, &definition.native);
                launch.config = Some(layout.once(&name));
                launch.before.push(HostOp::WriteAtomic {
                    path: layout.once(&name),
                    content: definition.native.into_bytes(),
                    mode: 0o600,
                });
                live = Some(config.to_xml());
            }
            None => {
                launch.settings = self.settings(&name, self.native.as_deref().unwrap_or_default());
            }
        }
        let is_once = live.is_some();
        if options.auto_destroy || is_once {
            // Before anything runs: who finds it after a crash knows what was meant.
            let record = RunRecord {
                format: 0,
                boot_id: self.manager.facts().boot_id.clone(),
                live,
                begun: None,
                auto_destroy: options.auto_destroy,
            };
            launch.before.push(self.manager.store.write_run(&name, &record)?);
        }
        launch.before.push(HostOp::RemoveFile {
            path: layout.console_log(&name),
        });
        let launched = self.start_unless_destroyed(&name, launch).await;
        let launched = match launched {
            Ok(launched) => launched,
            Err(error) if error.message() == STARTED_BY_OTHERS => {
                self.entry.look.notify_one();
                return Err(error);
            }
            Err(error) => {
                let taken_back = self.take_back(&name, is_transient).await;
                return Err(taken_back.err().unwrap_or(error));
            }
        };
        let uuid = self.entry.uuid();
        let document = match config {
            Some(config) => config,
            None => Box::new(self.present_document()?),
        };
        self.update(|view| {
            view.visible = true;
            if is_transient {
                view.origin = Some(Kept::new(&document));
            }
        });
        self.adopt(Adopted {
            launched,
            live: Some(Kept::new(&live_document(&document, uuid))),
            begun: None,
            is_on_disk: is_once,
            auto_destroy: options.auto_destroy,
        });
        Ok(())
    }

    /// Starts it, but no longer than until a destroy waits: then it is ended for as long as the start goes on, which else would
    /// bring it up when nobody looks any more.
    async fn start_unless_destroyed(&self, name: &str, launch: Launch) -> Result<Launched> {
        let tools = &self.manager.tools;
        let mut preempted = self.preempted.clone();
        let mut starting = Box::pin(tools.start(launch));
        let is_preempted = async {
            drop(preempted.wait_for(|preempted| *preempted).await);
        };
        tokio::select! {
            biased;
            launched = self.thawing(name, &mut starting) => return launched,
            () = is_preempted => {}
        }
        let until = Instant::now() + GIVING_UP;
        while Instant::now() < until {
            // What is frozen does not die.
            drop(self.thaw_start(name).await);
            drop(tools.kill(name).await);
            if let Ok(started) = timeout(KILL_AGAIN, &mut starting).await {
                if started.is_ok() {
                    self.thawing(name, tools.kill(name)).await?;
                }
                break;
            }
        }
        let error = Error::new(ErrorKind::Cancelled, "the domain was destroyed meanwhile");
        Err(error.with_outcome(Outcome::Unknown))
    }

    /// What a container is started with beside its configuration: that its console is kept, and how the host's ends of
    /// its interfaces are called.
    fn settings(&self, name: &str, native: &str) -> Vec<(String, String)> {
        let Ok(config) = ContainerConfig::parse(native) else {
            return Vec::new();
        };
        let mut settings = Vec::new();
        if config.get("lxc.console.logfile").is_none() {
            let log = self.manager.store.layout.console_log(name);
            settings.push(("lxc.console.logfile".to_owned(), log));
            settings.push(("lxc.console.size".to_owned(), CONSOLE_LOG_SIZE.to_owned()));
        }
        let uuid = self.entry.uuid();
        for network in config.networks() {
            if network.kind.as_deref() == Some("veth") && network.veth_pair.is_none() {
                let key = format!("lxc.net.{}.veth.pair", network.index);
                settings.push((key, host_end(uuid, network.index)));
            }
        }
        settings
    }

    /// The document of the definition, or that a transient domain was created with.
    fn present_document(&self) -> Result<DomainConfig> {
        let kept = {
            let view = self.entry.view();
            view.inactive.clone().or_else(|| view.origin.clone())
        };
        kept.ok_or_else(|| Error::new(ErrorKind::Internal, "a container without a document was started"))?
            .config()
    }

    /// A start that failed leaves nothing behind.
    async fn take_back(&mut self, name: &str, is_transient: bool) -> Result<()> {
        // Of one whose configuration cannot be read nothing can be asked, and nothing was started.
        let state = self.manager.tools.state(name).await;
        let runs =
            |state: Option<ContainerState>| state.is_some_and(|state| state.state != SeenState::Stopped);
        if state.is_ok_and(runs) {
            let killed = self.thawing(name, self.manager.tools.kill(name)).await;
            if let Err(error) = killed {
                tracing::warn!(domain = name, %error, "a start that failed could not be ended");
            }
        }
        self.remove_groups(name, None).await;
        let store = &self.manager.store;
        if is_transient {
            store.remove(name).await?;
        } else {
            store.all(store.remove_run(name)).await?;
        }
        self.update(|view| {
            view.state = DomainState::ShutOff;
            if view.inactive.is_some() {
                view.reason = StateReason::Failed;
            }
        });
        Ok(())
    }

    /// The document of a run that is about to differ from the definition is kept on disk, with the run.
    pub(super) async fn keep_live_apart(&mut self) -> Result<()> {
        let Some(running) = &self.running else {
            return Ok(());
        };
        if running.live_differs {
            return Ok(());
        }
        let live = self.entry.view().live.clone();
        let live = live.ok_or_else(|| Error::new(ErrorKind::Internal, "a run has no configuration"))?;
        self.save_live(&live).await
    }

    /// Keeps the document of the present run on disk.
    pub(super) async fn save_live(&mut self, live: &Kept) -> Result<()> {
        let name = self.name();
        let Some(running) = &mut self.running else {
            return Ok(());
        };
        let record = RunRecord {
            format: 0,
            boot_id: self.manager.facts().boot_id.clone(),
            live: Some(live.xml().to_owned()),
            begun: running
                .begun
                .as_ref()
                .map(|begun| begun.xml().to_owned())
                .filter(|begun| begun != live.xml()),
            auto_destroy: running.run.auto_destroy(),
        };
        let op = self.manager.store.write_run(&name, &record)?;
        self.manager.store.all(vec![op]).await?;
        running.live_differs = true;
        Ok(())
    }
}
