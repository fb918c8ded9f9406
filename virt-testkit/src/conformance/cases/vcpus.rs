//! vCPUs and the bound of memory, changed without redefinition.

use virt_core::domain::{ConfigScope, VcpuOptions};
use virt_core::model::ByteSize;
use virt_core::{Domain, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "vcpus";
    the_vcpus_of_the_next_start_are_changed(None, PersistentDomains, SetVcpus);
    more_vcpus_than_the_maximum_are_refused(None, PersistentDomains, SetVcpus);
    the_maximum_of_the_next_start_is_changed(None, PersistentDomains, SetVcpus);
    the_maximum_of_memory_is_changed(None, PersistentDomains, SetMaxMemory);
}

async fn with_two(env: &Env) -> Result<Domain, Failure> {
    let mut config = env.machine("vcpus")?;
    config.vcpu = Some(2.into());
    env.conn()
        .define_domain(&config)
        .await
        .doing("defining a machine with two vCPUs")
}

async fn count(domain: &Domain) -> Result<u32, Failure> {
    Ok(domain.info().await.doing("asking for it")?.vcpus)
}

async fn the_vcpus_of_the_next_start_are_changed(env: &Env) -> Result<(), Failure> {
    let domain = with_two(env).await?;
    for scope in [ConfigScope::Config, ConfigScope::Current] {
        domain.set_vcpus(1, scope).await.doing("taking one vCPU away")?;
        ensure_eq!(count(&domain).await?, 1, "its vCPUs");
        domain.set_vcpus(2, scope).await.doing("giving it back")?;
        ensure_eq!(count(&domain).await?, 2, "its vCPUs");
    }
    Ok(())
}

async fn more_vcpus_than_the_maximum_are_refused(env: &Env) -> Result<(), Failure> {
    let domain = with_two(env).await?;
    for wrong in [0, 3] {
        let set = domain.set_vcpus(wrong, ConfigScope::Config).await;
        refused(set, ErrorKind::InvalidArgument, &format!("{wrong} vCPUs of two"))?;
    }
    ensure_eq!(count(&domain).await?, 2, "its vCPUs after the refusals");
    Ok(())
}

async fn the_maximum_of_the_next_start_is_changed(env: &Env) -> Result<(), Failure> {
    let domain = with_two(env).await?;
    let options = VcpuOptions::default().scope(ConfigScope::Config).maximum();
    domain
        .set_vcpus_with(4, &options)
        .await
        .doing("raising the maximum")?;
    domain
        .set_vcpus(4, ConfigScope::Config)
        .await
        .doing("using all of it")?;
    ensure_eq!(count(&domain).await?, 4, "its vCPUs");
    Ok(())
}

async fn the_maximum_of_memory_is_changed(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("bound").await?;
    let before = domain.info().await.doing("asking for it")?.max_memory;
    let double = ByteSize::bytes(before.as_bytes() * 2);
    domain
        .set_max_memory(double, ConfigScope::Config)
        .await
        .doing("doubling its maximum")?;
    let after = domain.info().await.doing("asking for it again")?;
    ensure_eq!(after.max_memory, double, "its maximum");
    domain
        .set_max_memory(before, ConfigScope::Config)
        .await
        .doing("halving it again")?;
    let after = domain.info().await.doing("asking for it once more")?;
    ensure_eq!(after.max_memory, before, "its maximum");
    ensure!(
        after.memory <= before,
        "it has more memory than its maximum: {}",
        after.memory
    );
    let none = domain.set_max_memory(ByteSize::ZERO, ConfigScope::Config).await;
    refused(none, ErrorKind::InvalidArgument, "no memory at all")?;
    Ok(())
}
