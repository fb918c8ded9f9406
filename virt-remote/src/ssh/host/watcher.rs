//! One session of a login that waits there for the ends of processes and for changes of files, however many they are.
//!
//! The far side looks ten times a second: nothing crosses the link before something happens. It does not use
//! `inotifywait`: one of these for each watch would take sessions, of which sshd gives ten, and one for all would have
//! to be started anew for each new watch, and miss what happens meanwhile.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncWriteExt, BufReader, ReadHalf};
use tokio::sync::{mpsc, watch};
use virt_core::host::{ByteStream, ProcessIdentity};
use virt_core::{Outcome, Result};

use super::answer::{self, identity};
use super::error::lost;
use super::far::Role;
use super::login::Login;
use super::quote::Call;
use super::session::Session;

/// What became of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// It is not set yet.
    Nothing,
    /// It is set, and so many changes were seen.
    Changes(u64),
    /// It could not be set, in a far tool's words.
    Unwatchable(String),
    /// What was watched is gone, and so is the directory it was in.
    Gone,
    /// The session ended.
    Lost,
}

/// The watching session of one login.
#[derive(Debug)]
pub(super) struct Watcher {
    host: String,
    requests: mpsc::UnboundedSender<String>,
    table: Mutex<Table>,
    next: AtomicU64,
}

#[derive(Debug, Default)]
struct Table {
    lost: bool,
    processes: HashMap<ProcessIdentity, (usize, watch::Sender<bool>)>,
    watches: HashMap<u64, watch::Sender<Seen>>,
}

impl Watcher {
    /// The watcher of a login, started when it is first needed.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub(super) async fn of(login: &Login) -> Result<Arc<Self>> {
        let mut slot = login.watcher.lock().await;
        if let Some(watcher) = slot.as_ref().filter(|watcher| !watcher.table().lost) {
            return Ok(Arc::clone(watcher));
        }
        let call = Call::new("watcher MARKER");
        let session = Session::open(login.link.as_ref(), &login.launch, Role::Watcher, call).await?;
        let (requests, inbox) = mpsc::unbounded_channel();
        let watcher = Arc::new(Self {
            host: login.launch.host.clone(),
            requests,
            table: Mutex::default(),
            next: AtomicU64::new(0),
        });
        tokio::spawn(serve(session, inbox, Arc::downgrade(&watcher)));
        *slot = Some(Arc::clone(&watcher));
        Ok(watcher)
    }

    /// Waits until a process has ended.
    ///
    /// # Errors
    /// `ConnectionLost` when the session ends first.
    pub(super) async fn ended(&self, process: ProcessIdentity) -> Result<()> {
        let mut told = {
            let mut table = self.table();
            if table.lost {
                return Err(lost(&self.host, Outcome::NotApplied));
            }
            let entry = table
                .processes
                .entry(process)
                .or_insert_with(|| (0, watch::Sender::new(false)));
            entry.0 += 1;
            entry.1.subscribe()
        };
        let waiting = Waiting {
            watcher: self,
            process,
        };
        // A session that ends from now on takes the entry away with it.
        self.send_waits();
        let ended = told.wait_for(|ended| *ended).await.is_ok();
        drop(waiting);
        if ended {
            Ok(())
        } else {
            Err(lost(&self.host, Outcome::NotApplied))
        }
    }

    /// Sets a watch; what becomes of it is seen through the receiver.
    ///
    /// # Errors
    /// `InvalidArgument` for a path that none can be.
    pub(super) fn watch(&self, path: &str) -> Result<(u64, watch::Receiver<Seen>)> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let call = Call::new("watch_path").number(id).arg(path)?;
        let receiver = {
            let mut table = self.table();
            let sender = watch::Sender::new(if table.lost { Seen::Lost } else { Seen::Nothing });
            let receiver = sender.subscribe();
            table.watches.insert(id, sender);
            receiver
        };
        self.send(call.as_str());
        Ok((id, receiver))
    }

    /// Takes a watch away.
    pub(super) fn unwatch(&self, id: u64) {
        self.table().watches.remove(&id);
        self.send(Call::new("unwatch").number(id).as_str());
    }

    fn send_waits(&self) {
        let call = {
            let table = self.table();
            table.processes.keys().fold(Call::new("waits"), |call, process| {
                call.number(process.pid.into()).number(process.start_time)
            })
        };
        self.send(call.as_str());
    }

    /// A session that has ended takes no more requests: those who wait are told by its end.
    fn send(&self, request: &str) {
        let line = if request.contains('\n') {
            // A path with a line end: the far side takes requests by the line.
            format!("eval \"$(take {})\"\n{request}", request.len())
        } else {
            format!("{request}\n")
        };
        drop(self.requests.send(line));
    }

    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, field: &str) {
        let (word, rest) = field.split_once(' ').unwrap_or((field, ""));
        let mut table = self.table();
        if word == "ended" {
            if let Some((_, ended)) = identity(rest).and_then(|process| table.processes.remove(&process)) {
                ended.send_replace(true);
            }
            return;
        }
        let (id, said) = rest.split_once(' ').unwrap_or((rest, ""));
        let Some(seen) = id.parse().ok().and_then(|id: u64| table.watches.get_mut(&id)) else {
            return;
        };
        seen.send_modify(|seen| match word {
            "set" => *seen = Seen::Changes(0),
            "changed" => {
                if let Seen::Changes(count) = seen {
                    *count += 1;
                }
            }
            "unwatchable" => *seen = Seen::Unwatchable(said.to_owned()),
            "gone" => *seen = Seen::Gone,
            _ => {}
        });
    }

    fn lose(&self) {
        let mut table = self.table();
        table.lost = true;
        // Those who wait learn of it by the end of the senders.
        table.processes.clear();
        for seen in table.watches.values() {
            seen.send_replace(Seen::Lost);
        }
    }
}

/// One who waits for a process; the last that goes takes the wait away.
struct Waiting<'a> {
    watcher: &'a Watcher,
    process: ProcessIdentity,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let over = {
            let mut table = self.watcher.table();
            let Some((count, _)) = table.processes.get_mut(&self.process) else {
                return;
            };
            *count = count.saturating_sub(1);
            let over = *count == 0;
            if over {
                table.processes.remove(&self.process);
            }
            over
        };
        if over {
            self.watcher.send_waits();
        }
    }
}

async fn serve(
    session: Session,
    mut inbox: mpsc::UnboundedReceiver<String>,
    watcher: std::sync::Weak<Watcher>,
) {
    let Session {
        reader,
        mut writer,
        stderr: _stderr,
        end: _end,
    } = session;
    let write = async {
        while let Some(request) = inbox.recv().await {
            let sent = async {
                writer.write_all(request.as_bytes()).await?;
                writer.flush().await
            };
            if sent.await.is_err() {
                return;
            }
        }
        // Nobody has the watcher any more.
    };
    tokio::select! {
        () = write => {}
        () = read(reader, &watcher) => {}
    }
    if let Some(watcher) = watcher.upgrade() {
        watcher.lose();
    }
}

async fn read(mut reader: BufReader<ReadHalf<Box<dyn ByteStream>>>, watcher: &std::sync::Weak<Watcher>) {
    let mut line = Vec::new();
    while let Ok(Some(())) = answer::line(&mut reader, &mut line).await {
        let Some(watcher) = watcher.upgrade() else { return };
        if let Some(field) = String::from_utf8_lossy(&line).strip_prefix(':') {
            watcher.note(field);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::host::loopback::{Loopback, shells};
    use crate::ssh::host::{HostOptions, SshHost};
    use std::process::Command;
    use virt_core::ErrorKind;

    /// What the far script kills when the loops it started have ended by themselves.
    #[test]
    fn what_has_ended_is_not_killed() {
        let script = Role::Watcher.script(
            "kill() { echo \"killed $*\"; }\nwaiter= watches=\n\
             waits 1 999; watch_path 5 /nowhere/at/all; watch_path 6 /; sleep 0.5\n\
             waits; unwatch 5; echo \"left $(echo $watches | cut -d ' ' -f 1)\"; unwatch 6; echo \"left$watches\"",
        );
        for shell in shells() {
            let mut words = shell.split(' ');
            let mut command = Command::new(words.next().unwrap());
            let script = script.replace(
                "echo \"left$watches\"",
                "command kill $loop; echo \"left$watches\"",
            );
            let output = command.args(words).args(["-c", &script]).output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            let lines: Vec<_> = said.lines().collect();
            assert_eq!(
                lines.iter().filter(|line| line.starts_with("killed")).count(),
                1,
                "{said}"
            );
            assert!(
                lines.contains(&":ended 1 999") && lines.contains(&"left 6"),
                "{said}"
            );
            assert_eq!(lines.last(), Some(&"left"), "{shell}: {said}");
        }
    }

    #[tokio::test]
    async fn who_waits_after_the_end_of_the_session_is_told() {
        let host = SshHost::connect(Arc::new(Loopback::new()), HostOptions::default())
            .await
            .unwrap();
        let login = host.connection.login().await.unwrap();
        let watcher = Watcher::of(&login).await.unwrap();
        watcher.lose();
        let process = ProcessIdentity {
            pid: 1,
            start_time: 0,
        };
        assert_eq!(
            watcher.ended(process).await.unwrap_err().kind(),
            ErrorKind::ConnectionLost
        );
    }
}
