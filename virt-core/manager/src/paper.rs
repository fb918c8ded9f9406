//! A driver on paper: the least that a driver has of its own, and what the house makes of it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use uuid::Uuid;
use virt_core::backend::OpenRequest;
use virt_core::connection::AccessMode;
use virt_core::domain::{
    DefineOptions, DestroyOptions, DomainFilter, DomainSelector, DomainState, StartOptions, StateReason,
};
use virt_core::driver::DomainDriver as _;
use virt_core::event::{DomainChange, StartedReason};
use virt_core::host::LocalHost;
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result};

use crate::document::Kept;
use crate::{
    Domains, Embedded, Entry, Inbox, Opening, Operation, OwnerTask, PresentRun, Root, View, carry_through,
    lock, open, spawn, stopped, transient, unless,
};

/// The manager of a root in which nothing is.
#[derive(Debug)]
struct Paper {
    root: Root<Self>,
    last_boot: Mutex<Option<String>>,
    /// Starts that may come to their end.
    starts: Semaphore,
    /// A start has begun.
    has_begun: Notify,
    next_id: AtomicU32,
}

#[derive(Debug)]
struct PaperRun {
    id: u32,
    auto_destroy: bool,
    is_cut: AtomicBool,
}

impl PresentRun for PaperRun {
    fn id(&self) -> u32 {
        self.id
    }

    fn auto_destroy(&self) -> bool {
        self.auto_destroy
    }

    fn started_at(&self) -> u64 {
        0
    }

    fn disconnect(&self) {
        self.is_cut.store(true, Ordering::Relaxed);
    }
}

impl Embedded for Paper {
    type Work = &'static str;
    type Run = PaperRun;
    type Live = Kept;

    fn root(&self) -> &Root<Self> {
        &self.root
    }

    fn own(self: &Arc<Self>, entry: Arc<Entry<Self>>, inbox: Inbox<Operation<&'static str>>) -> Result<()> {
        spawn(self, inbox, |preempted| Owner {
            manager: Arc::clone(self),
            entry,
            running: None,
            preempted,
        })
    }

    async fn complete(
        self: &Arc<Self>,
        _call: &CallContext,
        config: &DomainConfig,
    ) -> Result<Box<DomainConfig>> {
        let mut complete = Box::new(config.clone());
        complete.uuid.get_or_insert_with(Uuid::new_v4);
        Ok(complete)
    }

    fn check(&self, operation: &Operation<&'static str>) -> Result<()> {
        match operation {
            Operation::Reset => Err(Error::unsupported("paper has no button")),
            _ => Ok(()),
        }
    }

    fn autostarted_boot(&self) -> Option<String> {
        lock(&self.last_boot).clone()
    }

    async fn begin_boot(&self, boot: String) -> Result<bool> {
        *lock(&self.last_boot) = Some(boot);
        Ok(true)
    }
}

struct Owner {
    manager: Arc<Paper>,
    entry: Arc<Entry<Paper>>,
    running: Option<Arc<PaperRun>>,
    preempted: watch::Receiver<bool>,
}

impl OwnerTask for Owner {
    type Manager = Paper;
    type Running = Arc<PaperRun>;
    type News = ();

    fn manager(&self) -> &Arc<Paper> {
        &self.manager
    }

    fn entry(&self) -> &Arc<Entry<Paper>> {
        &self.entry
    }

    fn running(&self) -> Option<&Arc<PaperRun>> {
        self.running.as_ref()
    }

    async fn adopted(&mut self) {}

    async fn news(&mut self) {
        std::future::pending().await
    }

    async fn follow(&mut self, (): ()) {}

    async fn perform(&mut self, _call: &CallContext, operation: Operation<&'static str>) -> Result<()> {
        match operation {
            Operation::Define(config, existing) => {
                let reason = self.check_define(existing)?;
                self.update(|view| view.defined(&config));
                self.publish(DomainChange::Defined(reason));
                Ok(())
            }
            Operation::Start { options, config } => {
                self.must_be_inactive()?;
                self.manager.has_begun.notify_one();
                let may_start = async {
                    if let Ok(permit) = self.manager.starts.acquire().await {
                        permit.forget();
                    }
                    Ok(())
                };
                unless(&self.preempted, may_start).await?;
                let run = Arc::new(PaperRun {
                    id: self.manager.next_id.fetch_add(1, Ordering::Relaxed),
                    auto_destroy: options.auto_destroy,
                    is_cut: AtomicBool::new(false),
                });
                self.running = Some(Arc::clone(&run));
                self.update(|view| {
                    view.visible = true;
                    view.live = config.as_deref().map(Kept::new).or_else(|| view.inactive.clone());
                    view.run = Some(run);
                    view.state = DomainState::Running;
                });
                self.publish(DomainChange::Started(StartedReason::Booted));
                Ok(())
            }
            Operation::Undefine => {
                let origin = self.entry.view().inactive.clone().ok_or_else(transient)?;
                self.update(|view| view.undefined(Some(origin)));
                Ok(())
            }
            other => Err(Error::unsupported(format!("{other:?}"))),
        }
    }

    async fn destroy(&mut self, _call: &CallContext, _graceful: bool) -> Result<()> {
        self.active()?;
        self.running = None;
        self.update(|view| view.shut_off(StateReason::Destroyed));
        self.is_over();
        self.publish(DomainChange::Stopped(stopped(StateReason::Destroyed)));
        Ok(())
    }
}

impl Paper {
    /// Opens a root whose domains were last started by themselves in this boot, and in which these are defined.
    async fn open(
        at: &Path,
        access: AccessMode,
        boot: Option<&str>,
        autostart: &[&str],
    ) -> Result<Arc<Self>> {
        let path = at.display().to_string();
        let mut request = OpenRequest::new("paper:///embed".parse()?, Arc::new(LocalHost::new()));
        request.access = access;
        let mut opening = Opening::begin(&request).await?;
        opening.take_lease(&path, &format!("{path}/lease")).await?;
        let manager = Arc::new(Self {
            root: opening.root(&path),
            last_boot: Mutex::new(boot.map(str::to_owned)),
            starts: Semaphore::new(100),
            has_begun: Notify::new(),
            next_id: AtomicU32::new(1),
        });
        open(&manager, manager.recover(autostart)).await?;
        Ok(manager)
    }

    async fn recover(self: &Arc<Self>, autostart: &[&str]) -> Result<()> {
        for name in autostart {
            let config = config(name);
            let mut view = View::hidden(name);
            view.defined(&config);
            view.autostart = true;
            let (entry, inbox) = Entry::new(Uuid::new_v4(), view, self.root.life.closing());
            let claimed = Arc::clone(&entry);
            self.root.registry.claim(entry.uuid(), name, || Ok(claimed))?;
            self.own(entry, inbox)?;
        }
        Ok(())
    }

    async fn close(self: Arc<Self>) {
        self.shut_down(&call()).await.unwrap();
    }
}

fn config(name: &str) -> DomainConfig {
    DomainConfig::builder(name)
        .memory(ByteSize::mib(64))
        .build()
        .unwrap()
}

fn call() -> CallContext {
    CallContext::new("test", CallClass::Change, Duration::from_secs(10))
}

async fn opened() -> (tempfile::TempDir, Arc<Paper>, Domains<Paper>) {
    let at = tempfile::tempdir().unwrap();
    let manager = Paper::open(at.path(), AccessMode::ReadWrite, None, &[])
        .await
        .unwrap();
    let domains = Domains::new(Arc::clone(&manager));
    (at, manager, domains)
}

#[tokio::test]
async fn a_transient_domain_goes_with_its_run_and_its_name_is_free_at_once() {
    let (_at, manager, domains) = opened().await;
    for _ in 0..20 {
        let (call, options) = (call(), StartOptions::default());
        let domain = domains.create(&call, &config("web"), &options).await.unwrap();
        let twice = domains.create(&call, &config("web"), &options).await;
        assert_eq!(twice.unwrap_err().kind(), ErrorKind::AlreadyExists);
        domains
            .destroy(&call, domain.uuid, &DestroyOptions::default())
            .await
            .unwrap();
        let all = domains.list(&call, &DomainFilter::all()).await.unwrap();
        assert!(all.is_empty(), "{all:?}");
    }
    manager.close().await;
}

#[tokio::test]
async fn a_destroy_comes_ahead_of_a_start_and_of_what_waits() {
    let (_at, manager, domains) = opened().await;
    let (call, domains) = (call(), Arc::new(domains));
    let domain = domains
        .define(&call, &config("web"), &DefineOptions::default())
        .await
        .unwrap()
        .uuid;
    manager.starts.forget_permits(100);
    let starting = {
        let (domains, call) = (Arc::clone(&domains), call.clone());
        tokio::spawn(async move { domains.start(&call, domain, &StartOptions::default()).await })
    };
    manager.has_begun.notified().await;
    let destroyed = domains.destroy(&call, domain, &DestroyOptions::default()).await;
    destroyed.unwrap();
    let started = starting.await.unwrap().unwrap_err();
    assert_eq!(
        (started.kind(), started.outcome()),
        (ErrorKind::Cancelled, Outcome::Unknown)
    );
    let info = domains.info(&call, domain).await.unwrap();
    assert_eq!(info.state, DomainState::ShutOff);
    let again = domains.destroy(&call, domain, &DestroyOptions::default()).await;
    assert_eq!(again.unwrap_err().kind(), ErrorKind::InvalidState);
    manager.close().await;
}

#[tokio::test]
async fn what_no_owner_does_is_refused_before_one_is_asked() {
    let (_at, manager, domains) = opened().await;
    let call = call();
    let (config, options) = (config("web"), DefineOptions::default());
    let domain = domains.define(&call, &config, &options).await.unwrap().uuid;
    let reset = domains.reset(&call, domain).await.unwrap_err();
    assert_eq!(
        (reset.kind(), reset.message()),
        (ErrorKind::Unsupported, "paper has no button")
    );
    let own = domains.ask(&call, domain, "work of its own").await.unwrap_err();
    assert!(own.to_string().contains("work of its own"), "{own}");
    let unknown = domains.reset(&call, Uuid::new_v4()).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    manager.close().await;
    let closed = domains.reset(&call, domain).await.unwrap_err();
    assert_eq!(closed.kind(), ErrorKind::ConnectionLost);
}

#[tokio::test]
async fn what_starts_by_itself_does_once_in_a_boot_and_never_for_who_watches() {
    let at = tempfile::tempdir().unwrap();
    let manager = Paper::open(at.path(), AccessMode::ReadWrite, Some("before"), &["a", "b"])
        .await
        .unwrap();
    let runs = |manager: &Paper| manager.root.registry.named_or_running(None).len();
    tokio::time::timeout(Duration::from_secs(5), async {
        while runs(&manager) < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    let boot = manager.autostarted_boot();
    assert_eq!(boot.as_ref(), Some(&manager.root.reach.facts().boot_id));
    manager.close().await;
    for (access, boot) in [
        (AccessMode::ReadWrite, boot.as_deref()),
        (AccessMode::ReadOnly, Some("before")),
    ] {
        let manager = Paper::open(at.path(), access, boot, &["a"]).await.unwrap();
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert_eq!(runs(&manager), 0, "{access:?}");
        manager.close().await;
    }
}

#[tokio::test]
async fn what_is_to_go_with_its_connection_does_and_the_rest_is_let_go_of() {
    let (_at, manager, domains) = opened().await;
    let call = call();
    let mut goes = StartOptions::default();
    goes.auto_destroy = true;
    domains.create(&call, &config("goes"), &goes).await.unwrap();
    let plain = StartOptions::default();
    domains.create(&call, &config("stays"), &plain).await.unwrap();
    let run = |name: &str| {
        let found = manager
            .root
            .registry
            .select(&DomainSelector::Name(name.to_owned()));
        let entry = manager.root.registry.existing(found.unwrap().uuid).unwrap();
        entry.run().unwrap()
    };
    let (goes, stays) = (run("goes"), run("stays"));
    Arc::clone(&manager).close().await;
    assert!(
        !goes.is_cut.load(Ordering::Relaxed),
        "it was ended, not let go of"
    );
    assert!(stays.is_cut.load(Ordering::Relaxed));
    assert_eq!(manager.root.registry.everyone().len(), 1);
}

#[tokio::test]
async fn a_root_that_was_opened_for_nobody_is_closed_again() {
    let at = tempfile::tempdir().unwrap();
    let path = at.path().to_owned();
    let gate = Arc::new(Notify::new());
    let waiting = {
        let (path, gate) = (path.clone(), Arc::clone(&gate));
        tokio::spawn(carry_through(async move {
            gate.notified().await;
            Paper::open(&path, AccessMode::ReadWrite, None, &[]).await
        }))
    };
    tokio::task::yield_now().await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    gate.notify_one();
    tokio::time::timeout(Duration::from_secs(5), async {
        // Its lease is held, and then given back.
        while !path.join("lease").exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        while Paper::open(&path, AccessMode::ReadWrite, None, &[])
            .await
            .is_err()
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}
