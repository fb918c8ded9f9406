//! The SDK's side: the same commands as `peers/libvirt_peer.c`, in a process of its own.
#![expect(clippy::print_stdout, reason = "its standard output is its protocol")]

use crate::failure::{Outcome, failed};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::task::JoinSet;
use virt_sdk::agent::ExecRequest;
use virt_sdk::domain::{DomainFilter, StartOptions};
use virt_sdk::model::DomainConfig;
use virt_sdk::stats::StatsGroups;
use virt_sdk::{Connection, Domain};

/// The word that makes this program the peer.
pub(crate) const COMMAND: &str = "sdk-peer";

/// Serves commands until standard input ends.
pub(crate) fn run(uri: &str) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(serve(uri))
}

async fn serve(uri: &str) -> Outcome {
    let connection = match virt_sdk::connect(uri).await {
        Ok(connection) => connection,
        Err(error) => {
            println!("error {}", told(&error));
            return failed("no connection");
        }
    };
    println!("ok 0 0");
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let began = Instant::now();
        match act(&connection, &line).await {
            Ok(count) => println!("ok {} {count}", began.elapsed().as_nanos()),
            Err(text) => println!("error {}", text.replace('\n', " ")),
        }
    }
    connection.shutdown().await?;
    Ok(())
}

async fn act(connection: &Connection, line: &str) -> Result<usize, String> {
    let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
    match command {
        "define" => define(connection, rest).await.map_err(|error| told(&error))?,
        "undefine" => by_name(connection, rest)
            .await?
            .undefine()
            .await
            .map_err(|error| told(&error))?,
        "start" => Act::Start.on(connection, rest).await?,
        "exec" => exec(connection, rest).await?,
        "start_paused" => Act::StartPaused.on(connection, rest).await?,
        "destroy" => Act::Destroy.on(connection, rest).await?,
        "start_all" => return many(connection, rest, Act::Start).await,
        "start_many" => return many(connection, rest, Act::StartPaused).await,
        "destroy_many" => return many(connection, rest, Act::Destroy).await,
        "list" => {
            let infos = connection.domain_infos(&DomainFilter::all()).await;
            return infos.map(|infos| infos.len()).map_err(|error| told(&error));
        }
        "stats" => {
            let rows = connection.domain_stats(StatsGroups::all()).await;
            return rows.map(|rows| rows.len()).map_err(|error| told(&error));
        }
        _ => return Err(format!("unknown command {command}")),
    }
    Ok(1)
}

async fn define(connection: &Connection, path: &str) -> virt_sdk::Result<()> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    connection
        .define_domain(&DomainConfig::from_xml(&text)?)
        .await
        .map(drop)
}

async fn by_name(connection: &Connection, name: &str) -> Result<Domain, String> {
    connection.domain(name).await.map_err(|error| told(&error))
}

/// `NAME PROGRAM`: runs it in the domain to its end.
async fn exec(connection: &Connection, words: &str) -> Result<(), String> {
    let (name, program) = words.split_once(' ').ok_or("what, and where?")?;
    let domain = by_name(connection, name).await?;
    let output = domain.agent().exec(&ExecRequest::new(program)).await;
    let output = output.map_err(|error| told(&error))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{program} ended with {:?}", output.status)),
    }
}

/// What is done to one or to many.
#[derive(Debug, Clone, Copy)]
enum Act {
    Start,
    StartPaused,
    Destroy,
}

impl Act {
    async fn on(self, connection: &Connection, name: &str) -> Result<(), String> {
        let domain = by_name(connection, name).await?;
        let done = match self {
            Self::Start => domain.start().await,
            Self::StartPaused => domain.start_with(&StartOptions::default().paused()).await,
            Self::Destroy => domain.destroy().await,
        };
        done.map_err(|error| told(&error))
    }
}

/// `AT_ONCE NAME...`: carries `act` out on all of them, so many at a time.
async fn many(connection: &Connection, words: &str, act: Act) -> Result<usize, String> {
    let mut words = words.split(' ');
    let at_once: usize = words
        .next()
        .and_then(|word| word.parse().ok())
        .ok_or("how many at once?")?;
    let names: Arc<Mutex<VecDeque<String>>> = Arc::new(Mutex::new(words.map(str::to_owned).collect()));
    let mut workers: JoinSet<Result<usize, String>> = JoinSet::new();
    for _ in 0..at_once {
        let (names, connection) = (Arc::clone(&names), connection.clone());
        workers.spawn(async move {
            let mut done = 0;
            loop {
                let next = names.lock().ok().and_then(|mut names| names.pop_front());
                let Some(name) = next else { return Ok(done) };
                act.on(&connection, &name).await?;
                done += 1;
            }
        });
    }
    let mut all = 0;
    while let Some(ended) = workers.join_next().await {
        all += ended.map_err(|error| error.to_string())??;
    }
    Ok(all)
}

fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(&format!(": {next}"));
        cause = next.source();
    }
    text
}
