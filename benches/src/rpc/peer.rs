//! The SDK's side: the commands of `peers/rpc.c`, in a process of its own.
#![expect(clippy::print_stdout, reason = "its standard output is its protocol")]

use super::work::Work;
use crate::failure::{Outcome, failed};
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// The word that makes this program the peer.
pub(crate) const COMMAND: &str = "rpc-peer";

/// Serves commands until standard input ends.
pub(crate) fn run(uri: &str) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let uri = uri.to_owned();
    // A task, so that all of it is on the runtime's own threads.
    match runtime.block_on(runtime.spawn(serve(uri)))? {
        Ok(()) => Ok(()),
        Err(text) => failed(text),
    }
}

async fn serve(uri: String) -> Result<(), String> {
    let mut work = match Work::connect(&uri).await {
        Ok(work) => work,
        Err(text) => {
            println!("error {}", text.replace('\n', " "));
            return Err(text);
        }
    };
    println!("ok 0 0");
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.map_err(|error| error.to_string())? {
        let began = Instant::now();
        match act(&mut work, &line).await {
            Ok((time, count)) => println!("ok {} {count}", time.unwrap_or(began.elapsed()).as_nanos()),
            Err(text) => println!("error {}", text.replace('\n', " ")),
        }
    }
    work.shutdown().await
}

/// Carries a command out: how many it did, and the time where that is not the command's own.
async fn act(work: &mut Work, line: &str) -> Result<(Option<Duration>, usize), String> {
    let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
    let count = match command {
        "cpu" => return Ok((Some(cpu_time()), 0)),
        "latency" => {
            let (median, count) = work.latency(number(rest)?).await?;
            return Ok((Some(median), count));
        }
        "in_flight" => {
            work.set_in_flight(number(rest)?);
            0
        }
        "connect" => {
            let (rounds, uri) = rest.split_once(' ').ok_or("how often, and where?")?;
            Work::connect_and_close(number(rounds)?, uri).await?
        }
        "info" => {
            let (at_once, each) = rest
                .split_once(' ')
                .ok_or("how many at once, and how many each?")?;
            work.info(number(at_once)?, number(each)?).await?
        }
        "whole_info" => {
            let (at_once, each) = rest
                .split_once(' ')
                .ok_or("how many at once, and how many each?")?;
            work.whole_info(number(at_once)?, number(each)?).await?
        }
        "hold" => work.hold().await?,
        "xml" => work.xml().await?,
        "events" => work.events(number(rest)?).await?,
        _ => return Err(format!("unknown command {command}")),
    };
    Ok((None, count))
}

fn number(word: &str) -> Result<usize, String> {
    word.parse().map_err(|_| format!("\"{word}\" is no number"))
}

/// What this process has used of the CPUs.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or_default())
}
