//! What others do: containers they start, stop, freeze, make and remove, as liblxc's monitor and the directory tell it.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::watch;
use virt_core::domain::DomainState;
use virt_core::event::{DefinedReason, DomainChange, Event};
use virt_core::host::{BatchMode, ChildProcess, HostOp, HostReply, Signal};
use virt_core::{Error, ErrorKind, Result};
use virt_manager::{Closing, Embedded as _, lock};

use super::{Entry, Manager};
use crate::tools::{SeenState, parse_line};

/// How long after the monitor was started it is taken to listen: what happened before is looked for then.
const LISTENS: Duration = Duration::from_millis(500);
/// The pause before a monitor that has ended is started again.
const AGAIN: Duration = Duration::from_secs(1);

impl Manager {
    /// Begins to follow what others do.
    pub(super) async fn follow(self: &Arc<Self>) -> Result<()> {
        let monitor = self.tools.monitor().await?;
        // The end waits until it has ended, too.
        let alive = self.root.life.alive()?;
        let (manager, closing) = (Arc::downgrade(self), self.root.life.closing());
        drop(tokio::spawn(async move {
            follow_monitor(manager, monitor, closing).await;
            drop(alive);
        }));
        drop(tokio::spawn(follow_directory(Arc::downgrade(self))));
        Ok(())
    }

    /// A tool that freezes tells so once more when it has, but one that is killed or waits for ever never does.
    fn look_later(&self, name: &str) {
        if let Some(entry) = self.named(name) {
            drop(self.root.life.runtime().spawn(async move {
                tokio::time::sleep(AGAIN).await;
                entry.look.notify_one();
            }));
        }
    }

    /// Something happened to a container.
    async fn seen(self: &Arc<Self>, name: &str) {
        match self.named(name) {
            Some(entry) => entry.look.notify_one(),
            None => {
                if let Err(error) = self.discover(name).await {
                    tracing::debug!(container = %name, %error, "a container that was seen could not be taken over");
                }
            }
        }
    }

    fn named(&self, name: &str) -> Option<Arc<Entry>> {
        self.root
            .registry
            .everyone()
            .into_iter()
            .find(|entry| entry.view().name == name)
    }

    /// Takes over a container that somebody else has made.
    async fn discover(self: &Arc<Self>, name: &str) -> Result<()> {
        // One that is being made, or given that name, is nobody else's.
        if self.named(name).is_some() || self.root.registry.is_reserved(name) {
            lock(&self.pending).remove(name);
            return Ok(());
        }
        let found = self
            .store
            .load_one(name, &self.machine(), !self.root.only_watches())
            .await?;
        let Some(found) = found else {
            lock(&self.pending).insert(name.to_owned());
            return Ok(());
        };
        let Some(state) = self.tools.state(name).await? else {
            // Whether it runs cannot be told now.
            lock(&self.pending).insert(name.to_owned());
            return Ok(());
        };
        lock(&self.pending).remove(name);
        let runs = match state.init {
            Some(init) => self.tools.inspect(init, None).await?,
            None => None,
        };
        let persistent = !found.definition.transient;
        let Some(entry) = self.take_over(found, runs).await? else {
            return Ok(());
        };
        if persistent {
            self.root
                .publish(entry.reference(), DomainChange::Defined(DefinedReason::Added));
        }
        Ok(())
    }

    /// Takes over a container of this name where others have just made one, before anything could be written over it.
    pub(crate) async fn see_what_others_made(self: &Arc<Self>, name: &str) -> Result<()> {
        if self.named(name).is_some() {
            return Ok(());
        }
        let config = self.host.files().stat(&self.store.layout.config(name)).await?;
        if config.is_none() {
            return Ok(());
        }
        self.discover(name).await.map_err(|error| {
            if error.kind() == ErrorKind::ConnectionLost {
                return error;
            }
            let message = format!("there is a container {name:?} already, which cannot be understood");
            Error::new(ErrorKind::AlreadyExists, message).with_source(error)
        })
    }

    /// Compares what is known with what is there.
    async fn sweep(self: &Arc<Self>) -> Result<()> {
        let (names, running) = tokio::try_join!(self.store.names(), self.tools.running())?;
        let mut known: HashMap<String, Arc<Entry>> = self
            .root
            .registry
            .everyone()
            .into_iter()
            .map(|entry| (entry.name(), entry))
            .collect();
        for name in &names {
            match known.remove(name) {
                None => {
                    // One that cannot be understood hides no other.
                    if let Err(error) = self.discover(name).await {
                        if error.kind() == ErrorKind::ConnectionLost {
                            return Err(error);
                        }
                        tracing::warn!(container = %name, %error, "a container could not be taken over");
                    }
                }
                Some(entry) => {
                    let seen = running.get(name).map(|running| running.state);
                    let is_frozen = matches!(seen, Some(SeenState::Frozen | SeenState::Freezing));
                    let (is_active, state) = {
                        let view = entry.view();
                        (view.is_active(), view.state)
                    };
                    if is_active != seen.is_some() || is_frozen != (state == DomainState::Paused) {
                        entry.look.notify_one();
                    }
                }
            }
        }
        lock(&self.pending).retain(|name| names.contains(name));
        // Of those that are left the directory is gone, or not there yet.
        for entry in known.into_values().filter(|entry| entry.is_visible()) {
            entry.look.notify_one();
        }
        Ok(())
    }

    /// Looks whether there are containers by now in directories where there were none.
    pub(crate) async fn look_at_pending(self: &Arc<Self>) -> Result<()> {
        let pending: Vec<String> = lock(&self.pending).iter().cloned().collect();
        if pending.is_empty() {
            return Ok(());
        }
        let stat = |name: &String| HostOp::Stat {
            path: self.store.layout.config(name),
        };
        let replies = self
            .host
            .batch(BatchMode::All, pending.iter().map(stat).collect())
            .await;
        for (name, reply) in pending.iter().zip(replies) {
            let HostReply::Stat(Some(_)) = reply? else {
                continue;
            };
            if let Err(error) = self.discover(name).await {
                if error.kind() == ErrorKind::ConnectionLost {
                    return Err(error);
                }
                tracing::debug!(container = %name, %error, "a container cannot be taken over yet");
            }
        }
        Ok(())
    }
}

/// Reads what the monitor says, and starts it again where it ends.
async fn follow_monitor(
    manager: Weak<Manager>,
    first: Box<dyn ChildProcess>,
    mut closing: watch::Receiver<Closing>,
) {
    let mut monitor = Some(first);
    loop {
        if let Some(mut child) = monitor.take() {
            let lines = async {
                let Some(stdio) = child.take_stdio() else { return };
                let mut lines = BufReader::new(stdio).lines();
                let mut listens = Box::pin(tokio::time::sleep(LISTENS));
                let mut is_swept = false;
                loop {
                    tokio::select! {
                        line = lines.next_line() => {
                            let Ok(Some(line)) = line else { return };
                            let Some(manager) = manager.upgrade() else { return };
                            let Some((name, state)) = parse_line(&line) else { continue };
                            if state.is_settled() {
                                manager.seen(name).await;
                            } else if state == SeenState::Freezing {
                                manager.look_later(name);
                            }
                        }
                        () = &mut listens, if !is_swept => {
                            is_swept = true;
                            let Some(manager) = manager.upgrade() else { return };
                            if let Err(error) = manager.sweep().await {
                                tracing::debug!(%error, "what others did could not be looked for");
                            }
                        }
                    }
                }
            };
            let is_over = tokio::select! {
                _ = closing.wait_for(|closing| *closing != Closing::Open) => true,
                () = lines => false,
            };
            if is_over {
                end(child).await;
                return;
            }
        }
        tokio::select! {
            _ = closing.wait_for(|closing| *closing != Closing::Open) => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
        let Some(manager) = manager.upgrade() else { return };
        match manager.tools.monitor().await {
            Ok(child) => {
                tracing::warn!("lxc-monitor has ended and was started again");
                monitor = Some(child);
                // Whatever others did meanwhile is found by the sweep that follows.
                manager.root.events.publish(&Event::Resync);
            }
            Err(error) => {
                tracing::debug!(%error, "lxc-monitor could not be started again");
                manager.is_reachable().await;
            }
        }
    }
}

/// Ends the monitor, and waits until it has ended.
async fn end(mut monitor: Box<dyn ChildProcess>) {
    // It does so by itself, as nobody listens any more.
    if matches!(tokio::time::timeout(AGAIN, monitor.wait()).await, Ok(Ok(_))) {
        return;
    }
    if let Err(error) = monitor.signal(Signal::Kill).await {
        tracing::debug!(%error, "lxc-monitor could not be ended");
    }
}

/// Watches the directory for containers that are made and removed.
async fn follow_directory(manager: Weak<Manager>) {
    let Some(first) = manager.upgrade() else { return };
    let mut closing = first.root.life.closing();
    let root = first.store.layout.root().to_owned();
    drop(first);
    loop {
        let Some(strong) = manager.upgrade() else { return };
        let watch = strong.host.files().watch(&root).await;
        drop(strong);
        let followed = async {
            let mut watch = match watch {
                Ok(watch) => watch,
                Err(error) => return error,
            };
            loop {
                if let Err(error) = watch.changed().await {
                    return error;
                }
                let Some(manager) = manager.upgrade() else {
                    return Error::new(ErrorKind::ConnectionLost, "the manager is gone");
                };
                if let Err(error) = manager.sweep().await {
                    return error;
                }
            }
        };
        tokio::select! {
            _ = closing.wait_for(|closing| *closing != Closing::Open) => return,
            error = followed => tracing::debug!(%error, "the directory of containers cannot be watched at present"),
        }
        tokio::select! {
            _ = closing.wait_for(|closing| *closing != Closing::Open) => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}
