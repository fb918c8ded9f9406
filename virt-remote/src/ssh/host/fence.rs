//! What the far side ends before it lets go of a lease.
//!
//! What we sent may reach the far machine late. A far shell that holds a lease and hears nothing of us frees the lock for
//! the next manager; by then nothing must be left that could still carry out what we sent before. So it knows the
//! processes that could, and ends them first: those of sshd that the login is made of, and the shells that serve it.
//! Nothing of the far machine is used before every holder of a lease has confirmed that it knows it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};
use virt_core::host::ProcessIdentity;
use virt_core::{Outcome, Result};

use super::error::lost;
use super::login::SILENCE;

/// The fence of one login.
#[derive(Debug, Default)]
pub(super) struct Fence {
    list: Mutex<List>,
}

#[derive(Debug, Default)]
struct List {
    processes: Vec<Known>,
    holders: Vec<(u64, mpsc::UnboundedSender<Notice>)>,
    next_holder: u64,
}

#[derive(Debug)]
struct Known {
    process: ProcessIdentity,
    /// Whether all holders know it.
    confirmed: bool,
}

/// One more process that a holder is to end.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) process: ProcessIdentity,
    /// Told when the far holder has confirmed it.
    pub(super) confirmed: oneshot::Sender<()>,
}

/// What a holder of a lease ends, and hears of later.
#[derive(Debug)]
pub(super) struct Watch {
    id: u64,
    /// Those known from the beginning.
    pub(super) processes: Vec<ProcessIdentity>,
    pub(super) notices: mpsc::UnboundedReceiver<Notice>,
}

impl Fence {
    /// Makes processes known to every holder. They must not be used before this returns.
    ///
    /// # Errors
    /// `ConnectionLost` when a holder did not confirm it.
    pub(super) async fn admit(&self, host: &str, processes: &[ProcessIdentity]) -> Result<()> {
        for process in processes {
            let confirmations = self.announce(*process);
            for confirmation in confirmations {
                match tokio::time::timeout(SILENCE, confirmation).await {
                    Ok(Ok(())) => {}
                    _ => return Err(lost(host, Outcome::NotApplied)),
                }
            }
            let mut list = self.list();
            let known = list.processes.iter_mut();
            known
                .filter(|known| known.process == *process)
                .for_each(|known| known.confirmed = true);
        }
        Ok(())
    }

    /// Tells all holders of a process; none is told of one that all know.
    fn announce(&self, process: ProcessIdentity) -> Vec<oneshot::Receiver<()>> {
        let mut list = self.list();
        match list.processes.iter().find(|known| known.process == process) {
            Some(known) if known.confirmed => return Vec::new(),
            Some(_) => {}
            None => list.processes.push(Known {
                process,
                confirmed: false,
            }),
        }
        let told = list.holders.iter().map(|(_, holder)| {
            let (confirmed, confirmation) = oneshot::channel();
            // A holder that has ended drops the notice, and so confirms nothing.
            drop(holder.send(Notice { process, confirmed }));
            confirmation
        });
        told.collect()
    }

    /// All that were admitted.
    pub(super) fn processes(&self) -> Vec<ProcessIdentity> {
        self.list().processes.iter().map(|known| known.process).collect()
    }

    /// For a new holder: from now on it hears of every process. One that ends without being [`forget`](Self::forget)-ed
    /// lets no further process in.
    pub(super) fn watch(&self) -> Watch {
        let (sender, notices) = mpsc::unbounded_channel();
        let mut list = self.list();
        let id = list.next_holder;
        list.next_holder += 1;
        list.holders.push((id, sender));
        Watch {
            id,
            processes: list.processes.iter().map(|known| known.process).collect(),
            notices,
        }
    }

    /// The holder has given its lease back: nothing is to be ended for it any more.
    pub(super) fn forget(&self, mut watch: Watch) {
        self.list().holders.retain(|(id, _)| *id != watch.id);
        while let Ok(notice) = watch.notices.try_recv() {
            // Whoever waits for it may have gone.
            let _ = notice.confirmed.send(());
        }
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use virt_core::ErrorKind;

    fn process(pid: u32) -> ProcessIdentity {
        ProcessIdentity { pid, start_time: 7 }
    }

    #[tokio::test]
    async fn nothing_is_used_before_every_holder_knows_it() {
        let fence = Fence::default();
        fence.admit("far", &[process(1)]).await.unwrap();
        let mut first = fence.watch();
        let mut second = fence.watch();
        assert_eq!(second.processes, [process(1)]);
        fence.admit("far", &[process(1)]).await.unwrap();
        let newcomer = [process(2)];
        let mut admitted = Box::pin(fence.admit("far", &newcomer));
        assert!(futures::poll!(&mut admitted).is_pending());
        first.notices.recv().await.unwrap().confirmed.send(()).unwrap();
        assert!(futures::poll!(&mut admitted).is_pending());
        // Nobody waits any more: it is still not known to all.
        drop(admitted);
        let mut admitted = Box::pin(fence.admit("far", &newcomer));
        assert!(futures::poll!(&mut admitted).is_pending());
        for watch in [&mut first, &mut second] {
            while let Ok(notice) = watch.notices.try_recv() {
                assert_eq!(notice.process, process(2));
                let _ = notice.confirmed.send(());
            }
        }
        admitted.await.unwrap();
        // One that gives its lease back confirms all, one that is lost lets nothing in any more.
        let third = [process(3)];
        let mut admitted = Box::pin(fence.admit("far", &third));
        assert!(futures::poll!(&mut admitted).is_pending());
        fence.forget(first);
        fence.forget(second);
        admitted.await.unwrap();
        drop(fence.watch());
        let error = fence.admit("far", &[process(4)]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    }
}
