//! What every live test of containers gets: a directory of its own, root file systems, and a look at what is left.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use virt_sdk::agent::ExecRequest;
use virt_sdk::connection::ConnectionBuilder;
use virt_sdk::domain::DomainFilter;
use virt_sdk::event::{DomainChange, Event, EventStream};
use virt_sdk::model::DomainConfig;
use virt_sdk::{Connection, Domain, DomainState, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure};
use virt_testkit::harness::{NamedTest, Verdict};
use virt_testkit::live::lxc::{Init, Leftover, LxcTools, Native, Rootfs, Scope};
use virt_testkit::skip;

use crate::checks::{check, entries, equal, soon};

/// How long what has ended may take to be gone.
const ENDING: Duration = Duration::from_secs(3);

/// A live test of containers: a name and what it does.
pub(crate) type Run =
    for<'a> fn(&'a Containers) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// The tests of a module, as `live!` of QEMU's tests.
macro_rules! contained {
    ($module:literal; $($name:ident;)+) => {
        pub(crate) fn tests() -> Vec<virt_testkit::harness::NamedTest> {
            vec![$($crate::containers::test(
                concat!($module, "::", stringify!($name)),
                |containers| Box::pin($name(containers)),
            )),+]
        }
    };
}
pub(crate) use contained;

/// A test that gets a directory of containers, and that leaves nothing behind.
pub(crate) fn test(name: &'static str, run: Run) -> NamedTest {
    NamedTest::new(name, move || async move {
        match LxcTools::check() {
            Ok(_) => {}
            Err(missing) if skip::nothing_may_be_missing() => {
                return Verdict::Failed(format!("something is missing here: {missing}"));
            }
            Err(missing) => return Verdict::Skipped(missing.to_string()),
        }
        let containers = match Containers::new() {
            Ok(containers) => containers,
            Err(failure) => return Verdict::Failed(failure.to_string()),
        };
        let done = match run(&containers).await {
            Ok(()) => containers.are_gone().await,
            failed => failed,
        };
        match done {
            Ok(()) => Verdict::Passed,
            Err(failure) => match failure.not_done() {
                Some(_) => Verdict::NotApplicable(failure.to_string()),
                None => Verdict::Failed(failure.to_string()),
            },
        }
    })
    .time_limit(Duration::from_secs(200))
}

/// A directory of containers, and root file systems beside it.
#[derive(Debug)]
pub(crate) struct Containers {
    place: TempDir,
    /// Names that were given, and what the host's ends of their interfaces begin with.
    given: Mutex<BTreeMap<String, String>>,
}

impl Containers {
    pub(crate) fn new() -> Result<Self, Failure> {
        let place = tempfile::Builder::new()
            .prefix("vc")
            .tempdir_in("/tmp")
            .doing("making a directory for the test")?;
        // Whom a mapped root is has to get to its root file system.
        open_to_all(place.path())?;
        Ok(Self {
            place,
            given: Mutex::default(),
        })
    }

    pub(crate) fn place(&self) -> &Path {
        self.place.path()
    }

    /// The directory of containers.
    pub(crate) fn root(&self) -> PathBuf {
        self.place().join("lxc")
    }

    pub(crate) fn uri(&self) -> String {
        uri(&self.root())
    }

    pub(crate) async fn open(&self) -> virt_sdk::Result<Connection> {
        builder().open(&self.uri()).await
    }

    /// Opens the directory as soon as whoever had it before has given it back.
    pub(crate) async fn open_soon(&self) -> Result<Connection, Failure> {
        let opening = async {
            loop {
                match self.open().await {
                    Err(error) if error.kind() == ErrorKind::Busy => {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    other => return other,
                }
            }
        };
        let opened = soon("giving the directory back", opening).await?;
        opened.doing("opening the directory")
    }

    /// A name nobody else on this machine has: control groups are named for containers.
    pub(crate) fn name(&self, name: &str) -> String {
        let place = self.place().file_name().unwrap_or_default();
        let name = format!("{name}.{}", place.to_string_lossy().trim_start_matches("vc"));
        self.note(&name, "");
        name
    }

    fn note(&self, name: &str, ends: &str) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.insert(name.to_owned(), ends.to_owned());
    }

    fn given(&self) -> BTreeMap<String, String> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.clone()
    }

    /// Makes a root file system.
    pub(crate) fn rootfs(&self, name: &str, init: Init) -> Result<Rootfs, Failure> {
        let path = self.place().join(format!("{name}.root"));
        Rootfs::make_with(&path, init).doing("making a root file system")
    }

    /// A container with this init and these devices beside its root file system. Its name is completed.
    pub(crate) fn document(&self, name: &str, init: Init, devices: &str) -> Result<DomainConfig, Failure> {
        let rootfs = self.rootfs(name, init)?;
        self.document_of(&self.name(name), rootfs.path(), devices)
    }

    /// The same with this root file system.
    pub(crate) fn document_of(
        &self,
        name: &str,
        rootfs: &Path,
        devices: &str,
    ) -> Result<DomainConfig, Failure> {
        let mut config = document(name, rootfs, devices)?;
        let uuid = uuid::Uuid::new_v4();
        config.uuid = Some(uuid);
        let (start, ..) = uuid.as_fields();
        self.note(name, &format!("lx{start:08x}"));
        Ok(config)
    }

    /// One that is defined.
    pub(crate) async fn defined(&self, conn: &Connection, name: &str, init: Init) -> Result<Domain, Failure> {
        let config = self.document(name, init, "")?;
        conn.define_domain(&config).await.doing("defining a container")
    }

    /// One that runs, and whose init listens to signals by now.
    pub(crate) async fn running(&self, conn: &Connection, name: &str, init: Init) -> Result<Domain, Failure> {
        let domain = self.defined(conn, name, init).await?;
        domain.start().await.doing("starting a container")?;
        listens(&domain).await?;
        Ok(domain)
    }

    /// The container as liblxc's tools know it.
    pub(crate) fn native(&self, name: &str) -> Native {
        Native::at(&self.root(), name)
    }

    /// The number of the process that watches a container.
    pub(crate) fn monitor_of(&self, name: &str) -> Result<u32, Failure> {
        let title = format!("[lxc monitor] {} {name}", self.root().display());
        let found = virt_testkit::live::leftovers::processes_with(&title).doing("looking for monitors")?;
        match found.as_slice() {
            [one] => Ok(one.pid),
            other => Err(Failure::new(format!("{name} has the monitors {other:?}"))),
        }
    }

    /// What is there of containers that run no more, in sentences, after they had the time to go.
    pub(crate) async fn left(&self) -> Result<Vec<String>, Failure> {
        let until = Instant::now() + ENDING;
        loop {
            let left = self.left_now()?;
            if left.is_empty() || Instant::now() > until {
                return Ok(left);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Nothing is left of any run: no process, control group, interface, mount, record.
    pub(crate) async fn nothing_runs(&self) -> Result<(), Failure> {
        let left = self.left().await?;
        check(left.is_empty(), format!("these are left behind: {left:?}"))
    }

    /// The same, and nothing is left of any definition.
    pub(crate) async fn nothing_is_there(&self) -> Result<(), Failure> {
        self.nothing_runs().await?;
        let mut names = entries(&self.root());
        names.retain(|name| name != ".virt-sdk");
        equal(names, Vec::new(), "what is left of definitions")
    }

    fn left_now(&self) -> Result<Vec<String>, Failure> {
        let given = self.given();
        let scope = Scope::of(&self.root());
        let scope = given.keys().fold(scope, |scope, name| scope.named(name));
        let found = scope.find().doing("looking for what is left")?;
        let mut left: Vec<String> = found
            .iter()
            .filter(|one| !is_of_liblxc_itself(one) && !is_listener(one))
            .map(ToString::to_string)
            .collect();
        let is_theirs = |end: &String| {
            given
                .values()
                .any(|start| !start.is_empty() && end.starts_with(start))
        };
        left.extend(entries(Path::new("/sys/class/net")).into_iter().filter(is_theirs));
        for name in entries(&self.root()) {
            let files = entries(&self.root().join(&name)).into_iter();
            let of_runs = ["virt-sdk.run.json", "virt-sdk.pid", "virt-sdk.once"];
            left.extend(
                files
                    .filter(|file| {
                        of_runs.contains(&file.as_str())
                            || file.starts_with("removed-")
                            || file.contains(".tmp-")
                    })
                    .map(|file| format!("{name}/{file}")),
            );
        }
        Ok(left)
    }

    async fn are_gone(&self) -> Result<(), Failure> {
        self.nothing_runs().await.doing("after the test")?;
        // The connections are closed, and nobody listens any more.
        let ended = async {
            loop {
                match self.listeners() {
                    Ok(0) => return Ok(()),
                    Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                    Err(failure) => return Err(failure),
                }
            }
        };
        soon("the end of lxc-monitor", ended).await?
    }

    /// How many `lxc-monitor` of open connections there are.
    fn listeners(&self) -> Result<usize, Failure> {
        let found = Scope::of(&self.root()).find().doing("looking for lxc-monitor")?;
        Ok(found.iter().filter(|one| is_listener(one)).count())
    }

    /// Ends and undefines all there is, and closes the connection.
    pub(crate) async fn remove_all(&self, conn: &Connection) -> Result<(), Failure> {
        for domain in conn.domains().await.doing("listing")? {
            let info = domain.info().await.doing("asking for one")?;
            if info.state.is_active() {
                domain.destroy().await.doing("destroying one")?;
            }
            if info.persistent {
                domain.undefine().await.doing("undefining one")?;
            }
        }
        self.nothing_runs().await?;
        conn.shutdown().await.doing("shutting down")
    }
}

impl Drop for Containers {
    fn drop(&mut self) {
        // Whatever a test that failed left.
        let scope = Scope::of(&self.root());
        let scope = self.given().keys().fold(scope, |scope, name| scope.named(name));
        drop(scope.remove());
    }
}

/// The document of a container.
pub(crate) fn document(name: &str, rootfs: &Path, devices: &str) -> Result<DomainConfig, Failure> {
    let escape = |text: &str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        text.replace('\'', "&apos;")
    };
    let text = format!(
        "<domain type='lxc'><name>{}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>\
         <os><type>exe</type><init>/sbin/init</init></os><features><privnet/></features>\
         <devices><filesystem type='mount'><source dir='{}'/><target dir='/'/></filesystem>\
         {devices}<console type='pty'/></devices></domain>",
        escape(name),
        escape(&rootfs.to_string_lossy())
    );
    Ok(DomainConfig::from_xml(&text)?)
}

pub(crate) fn uri(root: &Path) -> String {
    format!("lxc:///embed?root={}", root.display())
}

pub(crate) fn builder() -> ConnectionBuilder {
    Connection::builder().backends(virt_sdk::backends())
}

/// Everything may look into this directory.
pub(crate) fn open_to_all(directory: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(directory, mode).doing("opening a directory to all")
}

/// Its locks stay for ever, and its daemon for half a minute after the last who listened.
fn is_of_liblxc_itself(left: &Leftover) -> bool {
    match left {
        Leftover::Lock(_) => true,
        Leftover::Process { title, .. } => title.contains("lxc-monitord"),
        _ => false,
    }
}

/// The program by which an open connection listens.
fn is_listener(left: &Leftover) -> bool {
    matches!(left, Leftover::Process { title, .. } if title.rsplit('/').next() == Some("lxc-monitor"))
}

/// What a program printed that has to succeed in a container.
pub(crate) async fn run_in(domain: &Domain, script: &str) -> Result<String, Failure> {
    let request = ExecRequest::new("/bin/sh").args(["-c", script]);
    let output = domain.agent().exec(&request).await.doing(script)?;
    check(
        output.status.success(),
        format!(
            "{script:?} failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ),
    )?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Waits until its init has said what it does at signals.
pub(crate) async fn listens(domain: &Domain) -> Result<(), Failure> {
    let script = "until grep -q 'SigCgt:.*[1-9a-f]' /proc/1/status || grep -q 'SigIgn:.*[1-9a-f]..' /proc/1/status; \
                  do sleep 0.01; done";
    soon("the container's init", run_in(domain, script))
        .await?
        .map(drop)
}

pub(crate) async fn state_of(domain: &Domain) -> Result<DomainState, Failure> {
    Ok(domain.info().await.doing("asking for a container")?.state)
}

pub(crate) async fn is(domain: &Domain, state: DomainState, when: &str) -> Result<(), Failure> {
    equal(state_of(domain).await?, state, &format!("the state {when}"))
}

/// The states of all, by name.
pub(crate) async fn states(conn: &Connection) -> Result<BTreeMap<String, DomainState>, Failure> {
    let all = conn.domain_infos(&DomainFilter::all()).await.doing("listing")?;
    Ok(all
        .into_iter()
        .map(|info| (info.domain.name, info.state))
        .collect())
}

/// Waits for a change of a domain of this name; all that came before of others is dropped.
pub(crate) async fn until(
    events: &mut EventStream,
    name: &str,
    wanted: &DomainChange,
) -> Result<(), Failure> {
    let mut seen = Vec::new();
    let waiting = async {
        while let Some(event) = events.next().await {
            if let Event::Domain(event) = &event
                && event.domain.name == name
            {
                if event.change == *wanted {
                    return true;
                }
                seen.push(event.change.clone());
            }
        }
        false
    };
    let came = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    check(
        came == Ok(true),
        format!("{name} was to be {wanted:?}, and there came: {seen:?}"),
    )
}

/// What came of a domain until nothing more does for a while.
pub(crate) async fn rest(events: &mut EventStream, name: &str) -> Vec<DomainChange> {
    let mut seen = Vec::new();
    while let Ok(Some(event)) = tokio::time::timeout(Duration::from_millis(700), events.next()).await {
        if let Event::Domain(event) = event
            && event.domain.name == name
        {
            seen.push(event.change);
        }
    }
    seen
}
