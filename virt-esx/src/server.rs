//! A server as a connection has it: the session, what is followed of it, and how both end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use virt_core::backend::OpenRequest;
use virt_core::connection::AccessMode;
use virt_core::credentials::CredentialSource;
use virt_core::event::EventBus;
use virt_core::{CallClass, CallContext, Deadlines, Error, ErrorKind, Outcome, Result, Subject};

use crate::inventory::{Inventory, follow};
use crate::job::Jobs;
use crate::parameters::Parameters;
use crate::property;
use crate::session::{Session, is_vcenter};
use crate::vim::{FindByInventoryPath, FindChild, ManagedObjectReference, Method};

/// A server that is connected to.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) session: Arc<Session>,
    pub(crate) inventory: Arc<Inventory>,
    pub(crate) events: EventBus,
    /// What of the inventory the connection is about.
    pub(crate) scope: ManagedObjectReference,
    pub(crate) parameters: Parameters,
    pub(crate) deadlines: Deadlines,
    /// Who says how to log in, to guests as well.
    pub(crate) credentials: CredentialSource,
    /// Tasks that are followed as jobs.
    pub(crate) jobs: Jobs,
    access: AccessMode,
    closed: AtomicBool,
    logged_out: AtomicBool,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Server {
    /// Logs in, and waits until all there is was told once.
    pub(crate) async fn open(request: &OpenRequest, call: &CallContext) -> Result<Arc<Self>> {
        let parameters = Parameters::of(&request.uri)?;
        let session = Session::open(&parameters, &request.credentials, call).await?;
        match Self::open_in(&session, parameters, request, call).await {
            Ok(server) => Ok(server),
            Err(error) => {
                // Whoever could not look around does not stay logged in.
                let time = request.deadlines.of(CallClass::Query);
                drop(
                    session
                        .close(&CallContext::new("close", CallClass::Query, time))
                        .await,
                );
                Err(error)
            }
        }
    }

    async fn open_in(
        session: &Arc<Session>,
        parameters: Parameters,
        request: &OpenRequest,
        call: &CallContext,
    ) -> Result<Arc<Self>> {
        check_kind(session, &request.uri)?;
        let scope = scope(session, call, &parameters.path).await?;
        let events = EventBus::new();
        let inventory = Arc::new(Inventory::new(events.clone()));
        let (ready, told) = oneshot::channel();
        let following = tokio::spawn(follow(
            Arc::clone(session),
            Arc::downgrade(&inventory),
            scope.clone(),
            ready,
        ));
        let keeping = tokio::spawn(Session::keep_alive(Arc::downgrade(session)));
        let server = Arc::new(Self {
            session: Arc::clone(session),
            inventory,
            events,
            scope,
            parameters,
            deadlines: request.deadlines.clone(),
            credentials: request.credentials.clone(),
            jobs: Jobs::default(),
            access: request.access,
            closed: AtomicBool::new(false),
            logged_out: AtomicBool::new(false),
            tasks: Mutex::new(vec![following, keeping]),
        });
        let told = call.bound(Outcome::NotApplied, async {
            told.await
                .map_err(|_| Error::new(ErrorKind::Internal, "following the server ended unexpectedly"))?
        });
        if let Err(error) = told.await {
            server.stop();
            return Err(error);
        }
        Ok(server)
    }

    /// Whether the connection still works, as far as known.
    pub(crate) fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire) && !self.inventory.has_ended()
    }

    pub(crate) fn check_open(&self) -> Result<()> {
        if self.is_open() {
            return Ok(());
        }
        let message = "the connection is closed, or the server does not let it go on: open a new one";
        Err(Error::new(ErrorKind::ConnectionLost, message))
    }

    /// Refuses to change anything on a connection that only reads.
    pub(crate) fn check_may_change(&self) -> Result<()> {
        self.check_open()?;
        if self.access == AccessMode::ReadOnly {
            return Err(Error::new(ErrorKind::Denied, "the connection is read-only")
                .with_outcome(Outcome::NotApplied));
        }
        Ok(())
    }

    /// A call that changes something.
    pub(crate) async fn act<M: Method + Sync>(&self, call: &CallContext, method: &M) -> Result<M::Returns> {
        self.check_may_change()?;
        self.session.act(call, method).await
    }

    /// Nothing is followed any more, and nothing asked.
    pub(crate) fn stop(&self) {
        self.closed.store(true, Ordering::Release);
        for task in self
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
        {
            task.abort();
        }
        self.events.close();
    }

    /// Ends the connection and logs out: the server removes what belonged to the session.
    pub(crate) async fn close(&self, call: &CallContext) -> Result<()> {
        self.stop();
        if self.logged_out.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.session.close(call).await
    }
}

/// `esx://` is a host by itself, `vpx://` a vCenter.
fn check_kind(session: &Session, uri: &virt_core::ConnectUri) -> Result<()> {
    let message = match (uri.driver(), is_vcenter(session.content())) {
        ("esx", true) => "this is a vCenter, not a host by itself: say vpx://",
        ("vpx", false) => "this is a host by itself, not a vCenter: say esx://",
        _ => return Ok(()),
    };
    let subject = Subject::Host(session.host().to_owned());
    Err(Error::new(ErrorKind::InvalidArgument, message).with_subject(subject))
}

/// The object of the inventory that a path names: a datacenter, a folder, a cluster, a host. All of it without one.
pub(crate) async fn scope(
    session: &Session,
    call: &CallContext,
    path: &[String],
) -> Result<ManagedObjectReference> {
    let content = session.content();
    if path.is_empty() {
        return Ok(content.root_folder.clone());
    }
    let search = content
        .search_index
        .clone()
        .ok_or_else(|| Error::unsupported("the server cannot find objects by their path"))?;
    // First a datacenter, which may be in folders; then, among its hosts, the rest.
    let mut datacenter = None;
    for length in 1..=path.len() {
        let tried = path.get(..length).unwrap_or_default().join("/");
        let ask = FindByInventoryPath {
            this: search.clone(),
            inventory_path: tried,
        };
        match session.read(call, &ask).await? {
            Some(found) if found.kind == "Datacenter" => {
                datacenter = Some((found, length));
                break;
            }
            Some(found) if length == path.len() => return Ok(found),
            Some(_) => {}
            None => break,
        }
    }
    let Some((datacenter, length)) = datacenter else {
        return Err(no_such(path));
    };
    let rest = path.get(length..).unwrap_or_default();
    if rest.is_empty() {
        return Ok(datacenter);
    }
    let mut folders = property::of_object(session, call, &datacenter, &["hostFolder"]).await?;
    let folder = folders.remove("hostFolder").and_then(|folder| folder.read().ok());
    let mut at: ManagedObjectReference = folder.ok_or_else(|| no_such(path))?;
    for name in rest {
        at = child(session, call, &search, &at, name)
            .await?
            .ok_or_else(|| no_such(path))?;
    }
    Ok(at)
}

/// What is called so in a folder, a cluster, or a host by itself.
async fn child(
    session: &Session,
    call: &CallContext,
    search: &ManagedObjectReference,
    parent: &ManagedObjectReference,
    name: &str,
) -> Result<Option<ManagedObjectReference>> {
    if parent.kind != "ClusterComputeResource" && parent.kind != "ComputeResource" {
        let ask = FindChild {
            this: search.clone(),
            entity: parent.clone(),
            name: name.to_owned(),
        };
        return session.read(call, &ask).await;
    }
    let mut hosts = property::of_object(session, call, parent, &["host"]).await?;
    let hosts: Vec<ManagedObjectReference> = match hosts.remove("host") {
        Some(hosts) => hosts.list().unwrap_or_default(),
        None => Vec::new(),
    };
    for host in hosts {
        let mut names = property::of_object(session, call, &host, &["name"]).await?;
        if names.remove("name").is_some_and(|found| found.text() == name) {
            return Ok(Some(host));
        }
    }
    Ok(None)
}

fn no_such(path: &[String]) -> Error {
    let path = path.join("/");
    Error::new(
        ErrorKind::NotFound,
        "the vCenter has no such object: a path is datacenter/cluster/host, with folders where there are some",
    )
    .with_subject(Subject::Other(format!("inventory path {path:?}")))
}
