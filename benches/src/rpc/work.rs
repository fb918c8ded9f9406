//! What the SDK's side does.

use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use virt_core::ConnectUri;
use virt_remote::protocol::remote::connect::{ConnectListAllDomains, ConnectListAllDomainsArgs};
use virt_remote::protocol::remote::domain::{
    DomainGetInfo, DomainGetInfoArgs, DomainGetXmlDesc, DomainGetXmlDescArgs, DomainLookupByName,
    DomainLookupByNameArgs,
};
use virt_remote::protocol::remote::domain_event_callback::DomainEventCallbackLifecycle;
use virt_remote::protocol::remote::domain_lifecycle::{
    DomainCreateWithFlags, DomainCreateWithFlagsArgs, DomainDestroy, DomainDestroyArgs,
};
use virt_remote::protocol::remote::event_registration::{
    ConnectDomainEventCallbackRegisterAny, ConnectDomainEventCallbackRegisterAnyArgs,
};
use virt_remote::protocol::remote::object::Domain;
use virt_remote::rpc::{RpcConnection, RpcEventItem, RpcEvents};
use virt_remote::session::{Session, SessionOptions};
use virt_remote::transport::unix::{self, Caller};

/// A connection, and what is kept of it.
pub(super) struct Work {
    session: Session,
    held: Vec<Domain>,
    registered: bool,
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

async fn open(uri: &str) -> Result<(Session, RpcEvents), String> {
    let uri: ConnectUri = uri.parse().map_err(told)?;
    let options = SessionOptions::default();
    let sockets = unix::candidates(&uri, options.access, &Caller::this_process()).map_err(told)?;
    let stream = unix::connect(&sockets).await.map_err(told)?;
    Session::open_unix(stream, &uri, options, soon())
        .await
        .map_err(told)
}

async fn by_name(connection: &RpcConnection, name: &str) -> Result<Domain, String> {
    let args = DomainLookupByNameArgs { name: name.into() };
    let found = connection.call::<DomainLookupByName>(&args, soon()).await;
    found.map(|found| found.dom).map_err(told)
}

impl Work {
    pub(super) async fn connect(uri: &str) -> Result<Self, String> {
        let (session, _events) = open(uri).await?;
        Ok(Self {
            session,
            held: Vec::new(),
            registered: false,
        })
    }

    pub(super) async fn shutdown(self) -> Result<(), String> {
        self.session.shutdown(soon()).await.map_err(told)
    }

    pub(super) fn set_in_flight(&self, calls: usize) {
        self.session.connection().set_calls_in_flight(calls);
    }

    pub(super) async fn connect_and_close(rounds: usize, uri: &str) -> Result<usize, String> {
        for _ in 0..rounds {
            let (session, _events) = open(uri).await?;
            session.shutdown(soon()).await.map_err(told)?;
        }
        Ok(rounds)
    }

    pub(super) async fn info(&self, at_once: usize, each: usize) -> Result<usize, String> {
        let dom = by_name(self.session.connection(), "test").await?;
        let mut callers = JoinSet::new();
        for _ in 0..at_once {
            let (connection, dom) = (self.session.connection().clone(), dom.clone());
            callers.spawn(async move {
                let args = DomainGetInfoArgs { dom };
                for _ in 0..each {
                    connection
                        .call::<DomainGetInfo>(&args, soon())
                        .await
                        .map_err(told)?;
                }
                Ok::<usize, String>(each)
            });
        }
        let mut done = 0;
        while let Some(ended) = callers.join_next().await {
            done += ended.map_err(told)??;
        }
        Ok(done)
    }

    pub(super) async fn hold(&mut self) -> Result<usize, String> {
        let args = ConnectListAllDomainsArgs {
            need_results: 1,
            flags: 0,
        };
        let listed = self
            .session
            .connection()
            .call::<ConnectListAllDomains>(&args, soon())
            .await;
        self.held = listed.map_err(told)?.domains;
        Ok(self.held.len())
    }

    pub(super) async fn xml(&self) -> Result<usize, String> {
        let mut documents = JoinSet::new();
        for dom in &self.held {
            let (connection, dom) = (self.session.connection().clone(), dom.clone());
            documents.spawn(async move {
                let args = DomainGetXmlDescArgs { dom, flags: 0 };
                connection
                    .call::<DomainGetXmlDesc>(&args, soon())
                    .await
                    .map_err(told)
            });
        }
        let mut done = 0;
        while let Some(ended) = documents.join_next().await {
            done += usize::from(!ended.map_err(told)??.xml.text().is_empty());
        }
        Ok(done)
    }

    async fn register(&mut self) -> Result<RpcEvents, String> {
        let events = self.session.connection().events();
        if !self.registered {
            let args = ConnectDomainEventCallbackRegisterAnyArgs {
                event_id: 0,
                dom: None,
            };
            let registered = self
                .session
                .connection()
                .call::<ConnectDomainEventCallbackRegisterAny>(&args, soon())
                .await;
            registered.map_err(told)?;
            self.registered = true;
        }
        Ok(events)
    }

    pub(super) async fn events(&mut self, rounds: usize) -> Result<usize, String> {
        let mut events = self.register().await?;
        let connection = self.session.connection().clone();
        let dom = by_name(&connection, "test").await?;
        let reading = tokio::spawn(async move {
            let mut seen = 0;
            while seen < rounds && next(&mut events).await.is_ok() {
                seen += 1;
            }
            seen
        });
        for round in 0..rounds {
            turn(&connection, &dom, round).await?;
        }
        reading.await.map_err(told)
    }

    pub(super) async fn latency(&mut self, rounds: usize) -> Result<(Duration, usize), String> {
        let mut events = self.register().await?;
        let connection = self.session.connection();
        let dom = by_name(connection, "test").await?;
        let mut latencies = Vec::with_capacity(rounds);
        for round in 0..rounds {
            let began = Instant::now();
            let told = async {
                next(&mut events).await?;
                Ok(began.elapsed())
            };
            let ((), latency) = tokio::try_join!(turn(connection, &dom, round), told)?;
            latencies.push(latency);
        }
        latencies.sort();
        let median = latencies.get(rounds / 2).copied().unwrap_or_default();
        Ok((median, latencies.len()))
    }
}

/// Waits for the next event of a domain's life.
async fn next(events: &mut RpcEvents) -> Result<(), String> {
    loop {
        let item = tokio::time::timeout(Duration::from_secs(10), events.next()).await;
        match item.map_err(|_| "no event came in time".to_owned())? {
            Some(RpcEventItem::Event(event)) => {
                if let Some(message) = event.decode::<DomainEventCallbackLifecycle>() {
                    return message.map(drop).map_err(told);
                }
            }
            Some(RpcEventItem::Lagged(lost)) => return Err(format!("{lost} events were lost")),
            other => return Err(format!("{other:?} instead of an event")),
        }
    }
}

async fn turn(connection: &RpcConnection, dom: &Domain, round: usize) -> Result<(), String> {
    let dom = dom.clone();
    match round % 2 {
        0 => connection
            .call::<DomainDestroy>(&DomainDestroyArgs { dom }, soon())
            .await
            .map_err(told),
        _ => connection
            .call::<DomainCreateWithFlags>(&DomainCreateWithFlagsArgs { dom, flags: 0 }, soon())
            .await
            .map(drop)
            .map_err(told),
    }
}
