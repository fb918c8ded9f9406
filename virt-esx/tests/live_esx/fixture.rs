//! A simulator, and connections to it.

use std::sync::Arc;
use std::time::Duration;

use virt_core::backend::{BackendTable, PathRule};
use virt_core::connection::ConnectionBuilder;
use virt_core::credentials::{CredentialKind, CredentialRequest, Secret};
use virt_core::event::{DomainChange, Event, EventStream};
use virt_core::{Connection, Domain, Error};
use virt_esx::EsxBackend;
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions, SimulatorProgram};
use virt_testkit::skip;

/// How long something is waited for that is about to happen.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// A simulator that is started; `None` where there is none on this machine, which is told.
pub(crate) async fn simulator(options: SimulatorOptions) -> Option<Simulator> {
    match Simulator::start(options).await {
        Ok(simulator) => Some(simulator),
        Err(missing) => {
            // One that is broken is no reason to skip.
            assert!(SimulatorProgram::check().is_err(), "{missing}");
            skip::declare(&missing.to_string());
            None
        }
    }
}

/// A simulator with a connection to it.
pub(crate) async fn connected(options: SimulatorOptions) -> Option<(Simulator, Connection)> {
    let simulator = simulator(options).await?;
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    Some((simulator, conn))
}

/// One of the machines of a connection.
pub(crate) async fn first(conn: &Connection) -> Domain {
    let domains = conn.domains().await.expect("the machines");
    domains.into_iter().next().expect("one")
}

/// Opens connections with the password that the simulator takes.
pub(crate) fn builder(simulator: &Simulator) -> ConnectionBuilder {
    builder_as(simulator.user(), simulator.password())
}

/// Opens connections as this user, with this password.
pub(crate) fn builder_as(user: &str, password: &str) -> ConnectionBuilder {
    let (user, password) = (user.to_owned(), password.to_owned());
    let backends = ["esx", "vpx"]
        .into_iter()
        .fold(BackendTable::default(), |table, driver| {
            table.backend(driver, PathRule::Any, "esx", Some(Arc::new(EsxBackend)))
        });
    let answer = move |request: CredentialRequest| {
        let answer = match request.kind {
            CredentialKind::UserName => user.clone(),
            _ => password.clone(),
        };
        async move { Some(Secret::new(answer)) }
    };
    Connection::builder().backends(backends).credentials(answer)
}

/// The server without anything said of how it is believed.
pub(crate) fn bare(uri: &str) -> String {
    uri.split('?').next().unwrap_or_default().to_owned()
}

/// Opens a connection to it, which knows its certificate.
pub(crate) async fn open(simulator: &Simulator, uri: &str, more: &str) -> Result<Connection, Error> {
    let pin = simulator.certificate().sha256_thumbprint();
    builder(simulator)
        .open(&format!("{}?thumbprint={pin}{more}", bare(uri)))
        .await
}

/// Waits until somebody says that all is to be looked at again.
pub(crate) async fn until_resync(events: &mut EventStream) {
    let resync = async {
        while let Some(event) = events.next().await {
            if matches!(event, Event::Resync) {
                return true;
            }
        }
        false
    };
    let came = tokio::time::timeout(SOON, resync).await;
    assert_eq!(came, Ok(true), "nobody said Resync");
}

/// The next change of this domain that is `wanted`; what comes before it.
pub(crate) async fn until(
    events: &mut EventStream,
    domain: &Domain,
    wanted: &DomainChange,
) -> Vec<DomainChange> {
    let mut seen = Vec::new();
    let waiting = async {
        while let Some(event) = events.next().await {
            if let Event::Domain(event) = event
                && event.domain.uuid == domain.uuid()
            {
                let is_it = &event.change == wanted;
                seen.push(event.change);
                if is_it {
                    return true;
                }
            }
        }
        false
    };
    let came = tokio::time::timeout(SOON, waiting).await;
    assert_eq!(came, Ok(true), "{wanted:?} was to come; there came {seen:?}");
    seen
}
