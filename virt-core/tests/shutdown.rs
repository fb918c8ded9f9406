//! What a shutdown ends: the way to a machine that was reached for the connection, and nothing that the program brought.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use virt_core::backend::{BackendTable, HostOpener, PathRule};
use virt_core::credentials::CredentialSource;
use virt_core::host::{
    BatchMode, ByteStream, Files, Host, HostFacts, HostOp, HostReply, Lease, LeaseRequest, LocalHost,
    Processes, Sockets,
};
use virt_core::test::TestBackend;
use virt_core::{CallContext, ConnectUri, Connection, ErrorKind, Result};

/// This machine, by a way that counts how often it was closed.
#[derive(Debug, Default)]
struct Way {
    machine: LocalHost,
    closed: AtomicU32,
}

impl Way {
    fn closed(&self) -> u32 {
        self.closed.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Host for Way {
    fn name(&self) -> &str {
        self.machine.name()
    }

    fn processes(&self) -> &dyn Processes {
        self.machine.processes()
    }

    fn files(&self) -> &dyn Files {
        self.machine.files()
    }

    fn sockets(&self) -> &dyn Sockets {
        self.machine.sockets()
    }

    async fn facts(&self) -> Result<Arc<HostFacts>> {
        self.machine.facts().await
    }

    async fn open_terminal(&self, path: &str) -> Result<Box<dyn ByteStream>> {
        self.machine.open_terminal(path).await
    }

    async fn lease(&self, path: &str, request: LeaseRequest) -> Result<Box<dyn Lease>> {
        self.machine.lease(path, request).await
    }

    async fn batch(&self, mode: BatchMode, ops: Vec<HostOp>) -> Vec<Result<HostReply>> {
        self.machine.batch(mode, ops).await
    }

    async fn close(&self) {
        self.closed.fetch_add(1, Ordering::SeqCst);
    }
}

#[derive(Debug)]
struct Opener(Arc<Way>);

#[async_trait]
impl HostOpener for Opener {
    async fn open(&self, _: &ConnectUri, _: &CredentialSource, _: &CallContext) -> Result<Arc<dyn Host>> {
        Ok(Arc::<Way>::clone(&self.0))
    }
}

#[tokio::test]
async fn a_machine_that_was_reached_for_the_connection_is_let_go_of_though_handles_are_left() {
    let way = Arc::new(Way::default());
    let table = BackendTable::default()
        .backend("test", PathRule::Any, "", Some(Arc::new(TestBackend::new())))
        .transport(Some("way"), "", Some(Arc::new(Opener(Arc::clone(&way)))));
    let conn = Connection::builder()
        .backends(table)
        .open("test+way://far/default")
        .await
        .unwrap();
    let domain = conn.domain("test").await.unwrap();
    assert_eq!(way.closed(), 0);
    conn.shutdown().await.unwrap();
    assert_eq!(way.closed(), 1);
    assert_eq!(domain.info().await.unwrap_err().kind(), ErrorKind::ConnectionLost);
}

#[tokio::test]
async fn a_machine_that_the_program_brought_is_its_own() {
    let way = Arc::new(Way::default());
    let conn = Connection::builder()
        .host(Arc::<Way>::clone(&way))
        .open("test:///default")
        .await
        .unwrap();
    conn.shutdown().await.unwrap();
    assert_eq!(way.closed(), 0);
}
