//! Batches, in which faults strike one operation at a time.

use virt_core::host::{BatchMode, HostOp, HostReply};
use virt_core::{Error, ErrorKind, Result};

use super::shared::{Verdict, answer_lost};
use super::{FakeHost, Op, processes};

/// Carries out a batch on the machine beneath, operation by operation, so that it can break anywhere.
pub(super) async fn run(host: &FakeHost, mode: BatchMode, ops: Vec<HostOp>) -> Vec<Result<HostReply>> {
    let count = ops.len();
    let carried = carry_out(host, mode, ops).await;
    // Who was cut off in the middle hears nothing of what was done before, either.
    carried.unwrap_or_else(|error| (0..count).map(|_| Err(error(host))).collect())
}

/// Why a whole batch got no answer.
type Lost = fn(&FakeHost) -> Error;

async fn carry_out(
    host: &FakeHost,
    mode: BatchMode,
    ops: Vec<HostOp>,
) -> std::result::Result<Vec<Result<HostReply>>, Lost> {
    let broken: Lost = |host| host.shared.broken_error();
    host.shared.reach().await.map_err(|_| broken)?;
    let outages = host.shared.way().outages();
    let batch = host.shared.begin_batch().map_err(|_| broken)?;
    host.shared.travel().await.map_err(|_| broken)?;
    let mut results: Vec<Result<HostReply>> = Vec::with_capacity(ops.len());
    let mut stopped = false;
    for op in ops {
        if stopped {
            results.push(Err(not_begun()));
            continue;
        }
        let recorded = Op::Host(op.clone());
        let verdict = match host.shared.judge(batch, &recorded).await {
            Ok(Verdict::BreakBatch) => return Err(|_| answer_lost()),
            Ok(verdict) => verdict,
            Err(_) => return Err(broken),
        };
        let work = one(host, op);
        let result = host.shared.carry_out(verdict, &recorded, work).await;
        if host.shared.is_crashed() || host.shared.way().outages() != outages {
            return Err(broken);
        }
        stopped = result.is_err() && mode == BatchMode::StopAtError;
        results.push(result);
    }
    host.shared.travel().await.map_err(|_| broken)?;
    Ok(results)
}

async fn one(host: &FakeHost, op: HostOp) -> Result<HostReply> {
    if let HostOp::Run(command) = op {
        return processes::run_beneath(host, command).await.map(HostReply::Output);
    }
    if let HostOp::Read { path } = &op
        && let Some(content) = host.shared.file_of(path)
    {
        return Ok(HostReply::Bytes(content));
    }
    let mut results = host.inner.batch(BatchMode::All, vec![op]).await;
    results.pop().unwrap_or_else(|| {
        Err(Error::new(
            ErrorKind::Internal,
            "the machine beneath gave no answer for an operation",
        ))
    })
}

fn not_begun() -> Error {
    Error::new(
        ErrorKind::Cancelled,
        "not begun, since an operation before it in the batch failed",
    )
}
