//! Batches, in which faults strike one operation at a time.

use virt_core::host::{BatchMode, HostOp, HostReply};
use virt_core::{Error, ErrorKind, Result};

use super::shared::{Verdict, answer_lost, crashed_error};
use super::{FakeHost, Op, processes};

/// Carries out a batch on the machine beneath, operation by operation, so that it can break anywhere.
pub(super) async fn run(host: &FakeHost, mode: BatchMode, ops: Vec<HostOp>) -> Vec<Result<HostReply>> {
    let count = ops.len();
    let Ok(batch) = host.shared.begin_batch() else {
        return all(count, crashed_error);
    };
    let mut results: Vec<Result<HostReply>> = Vec::with_capacity(count);
    let mut stopped = false;
    for op in ops {
        if stopped {
            results.push(Err(not_begun()));
            continue;
        }
        let recorded = Op::Host(op.clone());
        let verdict = match host.shared.judge(batch, &recorded).await {
            Ok(Verdict::BreakBatch) => return all(count, answer_lost),
            Ok(verdict) => verdict,
            Err(_) => return all(count, crashed_error),
        };
        let work = one(host, op);
        let result = host.shared.carry_out(verdict, &recorded, work).await;
        // Who was killed in the middle hears nothing of what was done before, either.
        if host.shared.is_crashed() {
            return all(count, crashed_error);
        }
        stopped = result.is_err() && mode == BatchMode::StopAtError;
        results.push(result);
    }
    results
}

async fn one(host: &FakeHost, op: HostOp) -> Result<HostReply> {
    if let HostOp::Run(command) = op {
        return processes::run_beneath(host, command).await.map(HostReply::Output);
    }
    let mut results = host.inner.batch(BatchMode::All, vec![op]).await;
    results.pop().unwrap_or_else(|| {
        Err(Error::new(
            ErrorKind::Internal,
            "the machine beneath gave no answer for an operation",
        ))
    })
}

fn all(count: usize, error: fn() -> Error) -> Vec<Result<HostReply>> {
    (0..count).map(|_| Err(error())).collect()
}

fn not_begun() -> Error {
    Error::new(
        ErrorKind::Cancelled,
        "not begun, since an operation before it in the batch failed",
    )
}
