//! Asks virsh, and compares.

use std::fmt::{Debug, Display};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use virt_core::backend::{BackendTable, PathRule};
use virt_core::{ConnectUri, Connection};
use virt_remote::driver::RemoteBackend;
use virt_remote::protocol::Procedure;
use virt_remote::protocol::remote::domain::{DomainLookupByName, DomainLookupByNameArgs};
use virt_remote::protocol::remote::object::Domain;
use virt_remote::session::{Session, SessionOptions};
use virt_remote::transport::unix;
use virt_testkit::live::libvirtd::Libvirtd;

use super::answers;

/// A connection to ask, and what came out so far.
pub struct Check {
    pub connection: Connection,
    session: Session,
    uri: String,
    commands: usize,
    differences: Vec<String>,
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

impl Check {
    pub async fn new(daemon: &Libvirtd, uri: &str) -> Self {
        let uri = format!("{uri}?socket={}", daemon.socket().display());
        let backend = Arc::new(RemoteBackend::new());
        let table = ["test", "qemu"]
            .into_iter()
            .fold(BackendTable::default(), |table, driver| {
                table.backend(driver, PathRule::Any, "rpc", Some(backend.clone()))
            });
        let connection = Connection::builder().backends(table).open(&uri).await;
        let stream = unix::connect(&[daemon.socket()]).await.expect("a socket");
        let parsed: ConnectUri = uri.parse().expect("a URI");
        let opened = Session::open_unix(stream, &parsed, SessionOptions::default(), soon()).await;
        Self {
            connection: connection.expect("a connection"),
            session: opened.expect("a session").0,
            uri,
            commands: 0,
            differences: Vec::new(),
        }
    }

    /// Closes both; how many commands were compared, and what differs.
    pub async fn end(self) -> (usize, Vec<String>) {
        self.session.shutdown(soon()).await.expect("a goodbye");
        self.connection.shutdown().await.expect("a goodbye");
        (self.commands, self.differences)
    }

    /// Calls a procedure.
    pub async fn call<P: Procedure>(&self, args: P::Args) -> P::Ret {
        let called = self.session.connection().call::<P>(&args, soon()).await;
        called.unwrap_or_else(|error| panic!("{}: {error:?}", P::INFO.name))
    }

    /// A domain, as procedures know it.
    pub async fn domain(&self, name: &str) -> Domain {
        let args = DomainLookupByNameArgs { name: name.into() };
        self.call::<DomainLookupByName>(args).await.dom
    }

    /// What virsh says; the words of the command are apart by spaces.
    async fn virsh(&mut self, command: &str) -> String {
        self.commands += 1;
        let mut virsh = tokio::process::Command::new("virsh");
        // Without headings; all that `perf` says is one.
        virsh.args((!command.starts_with("perf ")).then_some("--quiet"));
        virsh.args(["--connect", &self.uri]).args(command.split(' '));
        let output = virsh.env("LC_ALL", "C").output().await.expect("virsh");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "virsh {command}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        said
    }

    fn same<T: PartialEq + Debug>(&mut self, command: &str, virsh: T, ours: T) {
        if virsh != ours {
            let difference = format!("{command}:\n  virsh: {virsh:?}\n  ours:  {ours:?}");
            self.differences.push(difference);
        }
    }

    /// One text.
    pub async fn text(&mut self, command: &str, ours: impl Display) {
        let virsh = self.virsh(command).await;
        self.same(command, virsh.trim().to_owned(), ours.to_string());
    }

    /// A list, a line each, in any order.
    pub async fn lines(&mut self, command: &str, ours: impl IntoIterator<Item = String>) {
        let virsh = self.virsh(command).await;
        let mut ours: Vec<String> = ours.into_iter().collect();
        ours.sort();
        self.same(command, answers::lines(&virsh), ours);
    }

    /// `name: value` or `name=value`, all of them but those that change by themselves.
    pub async fn fields(&mut self, command: &str, ours: &[(&str, String)], changing: &[&str]) {
        let virsh = answers::fields(&self.virsh(command).await, changing);
        let ours = ours
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        self.same(command, virsh, ours.collect());
    }

    /// A table, in any order.
    pub async fn table(&mut self, command: &str, mut ours: Vec<Vec<String>>) {
        let virsh = answers::table(&self.virsh(command).await);
        ours.sort();
        self.same(command, virsh, ours);
    }

    /// A document.
    pub async fn document(&mut self, command: &str, ours: &str) {
        let virsh = answers::document(&self.virsh(command).await);
        self.same(command, virsh, answers::document(ours));
    }
}

/// `yes` or `no`.
pub fn yes_no(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}
