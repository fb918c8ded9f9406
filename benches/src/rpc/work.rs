//! What the SDK's side does: with the handles that programs use, and where one call is measured, with that call.

use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use virt_core::ConnectUri;
use virt_core::credentials::CredentialSource;
use virt_remote::protocol::remote::domain::{
    DomainGetInfo, DomainGetInfoArgs, DomainLookupByName, DomainLookupByNameArgs,
};
use virt_remote::session::{Session, SessionOptions};
use virt_sdk::event::{DomainChange, Event, EventFilter, EventStream};
use virt_sdk::{Connection, Domain};

/// A connection, a session below the handles, and what is kept.
pub(super) struct Work {
    connection: Connection,
    session: Session,
    held: Vec<Domain>,
}

fn soon() -> tokio::time::Instant {
    tokio::time::Instant::now() + Duration::from_secs(30)
}

fn told(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(&format!(": {next}"));
        cause = next.source();
    }
    text
}

async fn session(uri: &str) -> virt_core::Result<Session> {
    let uri: ConnectUri = uri.parse()?;
    let nobody = CredentialSource::default();
    let connected = Session::connect(&uri, &nobody, SessionOptions::default(), soon()).await;
    connected.map(|(session, _events)| session)
}

impl Work {
    pub(super) async fn connect(uri: &str) -> Result<Self, String> {
        Ok(Self {
            connection: virt_sdk::connect(uri).await.map_err(told)?,
            session: session(uri).await.map_err(told)?,
            held: Vec::new(),
        })
    }

    pub(super) async fn shutdown(self) -> Result<(), String> {
        self.session.shutdown(soon()).await.map_err(told)?;
        self.connection.shutdown().await.map_err(told)
    }

    pub(super) fn set_in_flight(&self, calls: usize) {
        self.session.connection().set_calls_in_flight(calls);
    }

    pub(super) async fn connect_and_close(rounds: usize, uri: &str) -> Result<usize, String> {
        for _ in 0..rounds {
            let connection = virt_sdk::connect(uri).await.map_err(told)?;
            connection.shutdown().await.map_err(told)?;
        }
        Ok(rounds)
    }

    /// One call each: what libvirt's `virDomainGetInfo` is.
    pub(super) async fn info(&self, at_once: usize, each: usize) -> Result<usize, String> {
        let connection = self.session.connection();
        let args = DomainLookupByNameArgs { name: "test".into() };
        let found = connection.call::<DomainLookupByName>(&args, soon()).await;
        let dom = found.map_err(told)?.dom;
        let mut callers = JoinSet::new();
        for _ in 0..at_once {
            let (connection, dom) = (connection.clone(), dom.clone());
            callers.spawn(async move {
                let args = DomainGetInfoArgs { dom };
                for _ in 0..each {
                    let called = connection.call::<DomainGetInfo>(&args, soon()).await;
                    called.map_err(told)?;
                }
                Ok::<usize, String>(each)
            });
        }
        sum(callers).await
    }

    /// All that `Domain::info` tells.
    pub(super) async fn whole_info(&self, at_once: usize, each: usize) -> Result<usize, String> {
        let domain = self.connection.domain("test").await.map_err(told)?;
        let mut callers = JoinSet::new();
        for _ in 0..at_once {
            let domain = domain.clone();
            callers.spawn(async move {
                for _ in 0..each {
                    domain.info().await.map_err(told)?;
                }
                Ok::<usize, String>(each)
            });
        }
        sum(callers).await
    }

    pub(super) async fn hold(&mut self) -> Result<usize, String> {
        self.held = self.connection.domains().await.map_err(told)?;
        Ok(self.held.len())
    }

    pub(super) async fn xml(&self) -> Result<usize, String> {
        let mut documents = JoinSet::new();
        for domain in &self.held {
            let domain = domain.clone();
            documents.spawn(async move {
                let xml = domain.xml().await.map_err(told)?;
                Ok::<usize, String>(usize::from(!xml.is_empty()))
            });
        }
        sum(documents).await
    }

    async fn events_of(&self, domain: &Domain) -> Result<EventStream, String> {
        let mut filter = EventFilter::domain(domain.uuid());
        filter.capacity = Some(1 << 16);
        self.connection.events(filter).await.map_err(told)
    }

    pub(super) async fn events(&self, rounds: usize) -> Result<usize, String> {
        let domain = self.connection.domain("test").await.map_err(told)?;
        let mut events = self.events_of(&domain).await?;
        let reading = tokio::spawn(async move {
            let mut seen = 0;
            while seen < rounds && next(&mut events).await.is_ok() {
                seen += 1;
            }
            seen
        });
        for round in 0..rounds {
            turn(&domain, round).await?;
        }
        reading.await.map_err(told)
    }

    pub(super) async fn latency(&self, rounds: usize) -> Result<(Duration, usize), String> {
        let domain = self.connection.domain("test").await.map_err(told)?;
        let mut events = self.events_of(&domain).await?;
        let mut latencies = Vec::with_capacity(rounds);
        for round in 0..rounds {
            let began = Instant::now();
            let told = async {
                next(&mut events).await?;
                Ok(began.elapsed())
            };
            let ((), latency) = tokio::try_join!(turn(&domain, round), told)?;
            latencies.push(latency);
        }
        latencies.sort();
        let median = latencies.get(rounds / 2).copied().unwrap_or_default();
        Ok((median, latencies.len()))
    }
}

async fn sum(mut tasks: JoinSet<Result<usize, String>>) -> Result<usize, String> {
    let mut done = 0;
    while let Some(ended) = tasks.join_next().await {
        done += ended.map_err(told)??;
    }
    Ok(done)
}

/// Waits for the next start or end of a domain.
async fn next(events: &mut EventStream) -> Result<(), String> {
    loop {
        let item = tokio::time::timeout(Duration::from_secs(10), events.next()).await;
        match item.map_err(|_| "no event came in time".to_owned())? {
            Some(Event::Domain(event)) => {
                if matches!(event.change, DomainChange::Started(_) | DomainChange::Stopped(_)) {
                    return Ok(());
                }
            }
            other => return Err(format!("{other:?} instead of an event")),
        }
    }
}

async fn turn(domain: &Domain, round: usize) -> Result<(), String> {
    let turned = match round % 2 {
        0 => domain.destroy().await,
        _ => domain.start().await,
    };
    turned.map_err(told)
}
