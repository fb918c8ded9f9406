//! The machine behind a connection.

use std::time::Duration;

use virt_core::model::domain::{Cpu, CpuModel};
use virt_core::model::{ByteSize, Capabilities};
use virt_core::node::{BaselineOptions, CpuComparison, HypervisorTarget};
use virt_core::{Capability, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "host";
    the_capabilities_tell_of_the_machine_and_its_guests(None, HostCapabilities);
    the_domain_capabilities_tell_what_guests_can_have(None, DomainCapabilities);
    what_no_guest_can_be_run_on_is_refused(None, DomainCapabilities);
    processors_are_counted_and_what_they_do_is_told(None, HostStatistics);
    memory_is_told_of_the_machine_and_of_each_cell(None, HostStatistics);
    free_pages_are_told_of_each_cell(None, HostStatistics, HostCapabilities);
    cells_and_processors_there_are_not_are_refused(None, HostStatistics);
    the_machines_own_cpu_fits_it(None, HostCapabilities, CpuComparison);
    a_baseline_fits_all_it_was_made_of(None, CpuComparison);
    models_are_known_for_an_architecture(None, CpuComparison);
    versions_and_limits_are_told(None, HostCapabilities);
}

async fn host_cpu(env: &Env) -> Result<Cpu, Failure> {
    let capabilities: Capabilities = env.conn().node().capabilities().await.doing("capabilities")?;
    let cpu = capabilities.host_cpu().cloned();
    cpu.filter(|cpu| cpu.model.is_some())
        .ok_or_else(|| Failure::not_here("the machine does not tell the model of its CPU"))
}

fn cpu(model: &str) -> Cpu {
    let mut named = CpuModel::default();
    named.name = Some(model.to_owned());
    let mut cpu = Cpu::default();
    cpu.model = Some(named);
    cpu
}

async fn the_capabilities_tell_of_the_machine_and_its_guests(env: &Env) -> Result<(), Failure> {
    let node = env.conn().node_info().await.doing("asking for the machine")?;
    let capabilities = env.conn().node().capabilities().await.doing("capabilities")?;
    ensure_eq!(
        capabilities.host_arch(),
        Some(node.arch.as_str()),
        "the architecture"
    );
    ensure!(
        capabilities.guests_of(&node.arch).next().is_some(),
        "no guest of the machine's own architecture can be run"
    );
    let cells = u32::try_from(capabilities.cells().len()).unwrap_or_default();
    ensure_eq!(cells, node.cells, "how many NUMA cells there are");
    Ok(())
}

async fn the_domain_capabilities_tell_what_guests_can_have(env: &Env) -> Result<(), Failure> {
    let node = env.conn().node();
    let target = HypervisorTarget::default();
    let can = node
        .domain_capabilities(&target)
        .await
        .doing("domain capabilities")?;
    let kind = can.domain.clone();
    let kind = kind.ok_or_else(|| Failure::new("they do not say what runs the guest"))?;
    let most = node
        .max_vcpus(Some(&kind))
        .await
        .doing("asking for the most vCPUs")?;
    ensure!(most > 0, "a guest can have no vCPU");
    let mut named = HypervisorTarget::default().virt_type(kind);
    named.arch = can.arch.clone();
    named.machine = can.machine.clone();
    named.emulator = can.path.clone();
    let again = node
        .domain_capabilities(&named)
        .await
        .doing("the same, by name")?;
    ensure_eq!(again.arch, can.arch, "the architecture of the same");
    ensure_eq!(again.machine, can.machine, "the machine of the same");
    Ok(())
}

async fn what_no_guest_can_be_run_on_is_refused(env: &Env) -> Result<(), Failure> {
    let target = HypervisorTarget::default().machine("no-such-machine");
    match env.conn().node().domain_capabilities(&target).await {
        Ok(_) if !env.has(Capability::DomainCapabilities) => {
            Err(Failure::not_here("the driver has the same for whatever is asked"))
        }
        Ok(_) => Err(Failure::new("a machine there is not has capabilities")),
        Err(error) => {
            let text = Failure::from(error).to_string();
            ensure!(
                text.contains("no-such-machine"),
                "the machine is not named: {text}"
            );
            Ok(())
        }
    }
}

async fn processors_are_counted_and_what_they_do_is_told(env: &Env) -> Result<(), Failure> {
    let info = env.conn().node_info().await.doing("asking for the machine")?;
    let node = env.conn().node();
    let map = node.cpu_map().await.doing("asking for the processors")?;
    let online = u32::try_from(map.online_cpus().count()).unwrap_or_default();
    ensure_eq!(online, info.cpus, "how many processors are online");
    let first = map.online_cpus().next();
    let first = first.ok_or_else(|| Failure::new("no processor is online"))?;
    let all = node.cpu_stats(None).await.doing("asking what all do")?;
    let one = node.cpu_stats(Some(first)).await.doing("asking what one does")?;
    let idle = |stats: &virt_core::node::NodeCpuStats| stats.idle.unwrap_or_default();
    ensure!(
        idle(&all) > Duration::ZERO,
        "the processors are never idle: {all:?}"
    );
    ensure!(one.user.is_some(), "no time in programs is told: {one:?}");
    Ok(())
}

async fn memory_is_told_of_the_machine_and_of_each_cell(env: &Env) -> Result<(), Failure> {
    let info = env.conn().node_info().await.doing("asking for the machine")?;
    let node = env.conn().node();
    let stats = node.memory_stats(None).await.doing("asking for the memory")?;
    let total = stats.total.unwrap_or_default();
    let mut of_cells = 0;
    for cell in 0..info.cells {
        let stats = node.memory_stats(Some(cell)).await;
        let stats = stats.doing("asking for the memory of a cell")?;
        let size = stats.total.filter(|size| *size <= total);
        let size = size.ok_or_else(|| Failure::new(format!("the cell {cell} has {stats:?}")))?;
        of_cells += size.as_kib();
    }
    // Where some memory is in no cell yet, a backend counts what is in one, or all there is.
    ensure!(
        [total.as_kib(), of_cells].contains(&info.memory_kib),
        "the machine has {} KiB, its memory is {total} and that of its cells {of_cells} KiB",
        info.memory_kib
    );
    let free = node.free_memory().await.doing("asking for the free memory")?;
    ensure!(free <= total && !free.is_zero(), "{free} of {total} are free");
    let cells = node
        .cells_free_memory(0..info.cells)
        .await
        .doing("asking for the cells")?;
    let count = u32::try_from(cells.len()).unwrap_or_default();
    ensure_eq!(count, info.cells, "how many cells were told");
    let more = node
        .cells_free_memory(0..info.cells + 100)
        .await
        .doing("asking for more cells")?;
    ensure_eq!(more.len(), cells.len(), "how many of more cells were told");
    ensure!(info.cells > 0, "there is no cell");
    Ok(())
}

async fn free_pages_are_told_of_each_cell(env: &Env) -> Result<(), Failure> {
    let info = env.conn().node_info().await.doing("asking for the machine")?;
    let node = env.conn().node();
    let small = ByteSize::kib(4);
    let rows = node
        .free_pages(&[small], 0..info.cells)
        .await
        .doing("asking for pages")?;
    let count = u32::try_from(rows.len()).unwrap_or_default();
    ensure_eq!(count, info.cells, "how many cells were told");
    for (number, row) in (0..).zip(&rows) {
        ensure_eq!(row.cell, number, "the number of a cell");
        let sizes: Vec<ByteSize> = row.pages.iter().map(|pages| pages.size).collect();
        ensure_eq!(sizes, vec![small], "the sizes of a cell");
    }
    Ok(())
}

async fn cells_and_processors_there_are_not_are_refused(env: &Env) -> Result<(), Failure> {
    let node = env.conn().node();
    let invalid = ErrorKind::InvalidArgument;
    let none = u32::from(u16::MAX);
    refused(
        node.cpu_stats(Some(none)).await,
        invalid,
        "a processor there is not",
    )?;
    refused(
        node.memory_stats(Some(none)).await,
        invalid,
        "a cell there is not",
    )?;
    refused(
        node.cells_free_memory(3..3).await,
        invalid,
        "an empty range of cells",
    )?;
    refused(
        node.cells_free_memory(none..none + 1).await,
        invalid,
        "cells there are not",
    )?;
    refused(node.free_pages(&[], 0..1).await, invalid, "pages of no size")?;
    let odd = ByteSize::bytes(4097);
    refused(
        node.free_pages(&[odd], 0..1).await,
        invalid,
        "pages of 4097 bytes",
    )?;
    Ok(())
}

async fn the_machines_own_cpu_fits_it(env: &Env) -> Result<(), Failure> {
    let own = host_cpu(env).await?;
    let found = env
        .conn()
        .node()
        .compare_cpu(&own)
        .await
        .doing("comparing its own CPU")?;
    ensure!(
        matches!(found, CpuComparison::Identical | CpuComparison::Superset),
        "the machine's own CPU is {found:?}"
    );
    Ok(())
}

async fn a_baseline_fits_all_it_was_made_of(env: &Env) -> Result<(), Failure> {
    let node = env.conn().node();
    refused(
        node.baseline_cpu(&[], &BaselineOptions::default()).await,
        ErrorKind::InvalidArgument,
        "a baseline of no CPU",
    )?;
    let mut machines = vec![cpu("Nehalem"), cpu("Westmere")];
    for cpu in &mut machines {
        cpu.arch = Some("x86_64".to_owned());
    }
    let plain = node.baseline_cpu(&machines, &BaselineOptions::default()).await;
    let plain = plain.doing("finding a baseline")?;
    let model = plain.model.as_ref().and_then(|model| model.name.as_deref());
    ensure_eq!(model, Some("Nehalem"), "what Nehalem and Westmere have in common");
    let options = BaselineOptions::default().expand_features();
    let expanded = node
        .baseline_cpu(&machines, &options)
        .await
        .doing("with its features")?;
    ensure!(
        expanded.features.len() > plain.features.len(),
        "{} features are listed, and without being asked {}",
        expanded.features.len(),
        plain.features.len()
    );
    Ok(())
}

async fn models_are_known_for_an_architecture(env: &Env) -> Result<(), Failure> {
    let node = env.conn().node();
    let models = node.cpu_models("x86_64").await.doing("asking for models")?;
    ensure!(
        models.iter().any(|model| model == "Nehalem"),
        "Nehalem is not among {models:?}"
    );
    refused(
        node.cpu_models("no-such-arch").await,
        ErrorKind::InvalidArgument,
        "models of an architecture there is not",
    )?;
    Ok(())
}

async fn versions_and_limits_are_told(env: &Env) -> Result<(), Failure> {
    let node = env.conn().node();
    let version = node
        .manager_version()
        .await
        .doing("asking for the manager's version")?;
    let number = (version.major, version.minor, version.micro);
    ensure!(number > (0, 0, 0), "the manager's version is {version}");
    let most = match node.max_vcpus(None).await {
        // Containers, which have as many as there are.
        Err(error) if error.kind() == ErrorKind::Unsupported && !env.has(Capability::SetVcpus) => {
            return Ok(());
        }
        most => most.doing("asking for the most vCPUs")?,
    };
    ensure!(most > 0, "a guest can have no vCPU");
    Ok(())
}
