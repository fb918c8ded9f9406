//! Asking a QEMU binary what it can do.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{join_all, try_join};
use futures::try_join;
use tokio::time::Instant;
use virt_core::host::{ChildProcess, Command, Host};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::QemuCapabilities;
use super::replies::{AcceleratorReplies, ProbeReplies};
use crate::error::DRIVER;
use crate::qmp::commands::cpu::QueryCpuDefinitions;
use crate::qmp::commands::introspection::{
    DeviceListProperties, QomListTypes, QueryCommandLineOptions, QueryMachines, QueryQmpSchema,
};
use crate::qmp::commands::machine::{QueryKvm, QueryTarget, Quit};
use crate::qmp::{QmpCommand, QmpConnection, QmpError, QmpOptions, QmpResult};

/// What is asked beyond the usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProbeRequest {
    /// The device types whose properties are wanted.
    pub device_properties: Vec<String>,
}

impl ProbeRequest {
    /// The usual, and the properties of these device types.
    #[must_use]
    pub fn with_device_properties<I: IntoIterator<Item = S>, S: Into<String>>(mut self, types: I) -> Self {
        self.device_properties = types.into_iter().map(Into::into).collect();
        self
    }
}

/// Runs a QEMU binary with an empty machine and asks what it can do; a second time, at the same time, under KVM where
/// the host has it. Takes 0.2 to 0.4 s. Corresponds to libvirt's capability probing.
///
/// # Errors
/// `NotFound` when there is no such binary; `Failed`, with its own words, when it ends instead of answering; `Timeout`
/// at the deadline.
///
/// # Cancel safety
/// Dropped, the processes are killed.
pub async fn probe(
    host: &dyn Host,
    binary: &str,
    request: &ProbeRequest,
    deadline: Instant,
) -> Result<QemuCapabilities> {
    let subject = |error: Error| {
        error
            .with_driver(DRIVER)
            .with_subject(Subject::Path(binary.to_owned()))
    };
    let kvm = host.facts().await?.kvm;
    let run = |accelerators, what| async move {
        let mut child = spawn(host, binary, accelerators).await?;
        ask(child.as_mut(), what, deadline).await
    };
    let under_kvm = async {
        if !kvm {
            return Ok(None);
        }
        // A KVM that cannot even fall back to emulation is one that cannot be used, not a binary that cannot.
        match run("kvm:tcg", Questions::Accelerator).await {
            Ok(replies) => Ok(Some(replies.under_tcg)),
            Err(error) if error.kind() == ErrorKind::Failed => {
                tracing::debug!(binary, %error, "no machine under KVM");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    };
    let usual = run("tcg:kvm", Questions::Everything(request));
    let (mut replies, under_kvm) = try_join(usual, under_kvm).await.map_err(subject)?;
    replies.under_kvm = under_kvm;
    Ok(replies.into())
}

/// What one run is asked.
#[derive(Clone, Copy)]
enum Questions<'a> {
    /// Only what depends on the accelerator.
    Accelerator,
    /// Everything.
    Everything(&'a ProbeRequest),
}

async fn spawn(host: &dyn Host, binary: &str, accelerators: &str) -> Result<Box<dyn ChildProcess>> {
    let command = Command::new(binary)
        .args(["-S", "-no-user-config", "-nodefaults", "-display", "none"])
        .args(["-machine", &format!("none,accel={accelerators}"), "-qmp", "stdio"])
        .env("LC_ALL", "C");
    host.processes().spawn(command).await
}

async fn ask(child: &mut dyn ChildProcess, what: Questions<'_>, deadline: Instant) -> Result<ProbeReplies> {
    let stdio = child
        .take_stdio()
        .ok_or_else(|| Error::new(ErrorKind::Internal, "a child without standard streams"))?;
    let time_left = deadline.saturating_duration_since(Instant::now());
    // Nobody else can have this monitor: it is as slow as the start of the process, not busy.
    let options = QmpOptions::labelled("probe")
        .with_greeting(time_left)
        .with_negotiation(time_left);
    let answered = async {
        let (qmp, _events) = QmpConnection::connect(stdio, options).await?;
        let replies = questions(&qmp, what, deadline).await?;
        qmp.execute(&Quit, deadline).await?;
        Ok(replies)
    };
    match answered.await {
        Ok(replies) => {
            // It has said that it quits; one that hangs then is killed with its handle.
            let _ended = tokio::time::timeout_at(deadline, child.wait()).await;
            Ok(replies)
        }
        Err(error) => Err(explain(child, error, deadline).await),
    }
}

/// Why there was no answer: where the process has ended, its own words tell.
async fn explain(child: &mut dyn ChildProcess, error: QmpError, deadline: Instant) -> Error {
    if matches!(error, QmpError::Busy { .. }) {
        let timeout = Error::new(
            ErrorKind::Timeout,
            "QEMU did not say what it can do before the deadline",
        );
        return timeout.with_source(error);
    }
    if !error.is_disconnected() {
        return error.into();
    }
    let Ok(Ok((status, words))) = tokio::time::timeout_at(deadline, child.wait()).await else {
        return error.into();
    };
    let words = String::from_utf8_lossy(&words);
    let words = words
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("it said nothing");
    let message = format!("QEMU ended ({status}) when asked what it can do: {words}");
    Error::new(ErrorKind::Failed, message).with_source(error)
}

async fn questions(qmp: &QmpConnection, what: Questions<'_>, deadline: Instant) -> QmpResult<ProbeReplies> {
    let accelerator = async {
        let (kvm, cpu_models) = try_join(
            lenient(qmp, &QueryKvm, deadline),
            lenient(qmp, &QueryCpuDefinitions, deadline),
        )
        .await?;
        Ok(AcceleratorReplies {
            kvm,
            cpu_models: cpu_models.unwrap_or_default(),
        })
    };
    let version = qmp.greeting().version.clone();
    let Questions::Everything(request) = what else {
        return Ok(ProbeReplies {
            version,
            under_tcg: accelerator.await?,
            ..ProbeReplies::default()
        });
    };
    let devices = QomListTypes {
        implements: Some("device".to_owned()),
        include_abstract: None,
    };
    let all = QomListTypes::default();
    // Everything is asked at once: QEMU answers one after the other without a pause between.
    let (under_tcg, target, schema, machines, types, device_types, options, properties) = try_join!(
        accelerator,
        qmp.execute(&QueryTarget, deadline),
        qmp.execute(&QueryQmpSchema, deadline),
        qmp.execute(&QueryMachines, deadline),
        qmp.execute(&all, deadline),
        qmp.execute(&devices, deadline),
        lenient(qmp, &QueryCommandLineOptions, deadline),
        properties(qmp, &request.device_properties, deadline),
    )?;
    Ok(ProbeReplies {
        version,
        arch: target.arch,
        schema,
        machines,
        types,
        device_types: Some(device_types),
        options: options.unwrap_or_default(),
        properties,
        under_tcg,
        under_kvm: None,
    })
}

/// Asks what not every QEMU answers.
async fn lenient<C: QmpCommand>(
    qmp: &QmpConnection,
    command: &C,
    deadline: Instant,
) -> QmpResult<Option<C::Reply>> {
    match qmp.execute(command, deadline).await {
        Ok(reply) => Ok(Some(reply)),
        Err(QmpError::Command { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn properties(
    qmp: &QmpConnection,
    types: &[String],
    deadline: Instant,
) -> QmpResult<BTreeMap<String, BTreeSet<String>>> {
    let asked = types.iter().map(|typename| async move {
        let properties = lenient(
            qmp,
            &DeviceListProperties {
                typename: typename.clone(),
            },
            deadline,
        )
        .await?;
        let names = properties
            .unwrap_or_default()
            .into_iter()
            .map(|property| property.name)
            .collect();
        Ok((typename.clone(), names))
    });
    join_all(asked).await.into_iter().collect()
}
