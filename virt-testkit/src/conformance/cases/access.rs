//! Read-only connections.

use virt_core::domain::{
    ConfigScope, CoreDumpOptions, DomainName, LifecycleAction, LifecycleEvent, MetadataItem, XmlOptions,
};
use virt_core::event::EventFilter;
use virt_core::model::ByteSize;
use virt_core::{Connection, Domain, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "access";
    a_read_only_connection_reads(None, PersistentDomains);
    a_read_only_connection_changes_nothing(None, PersistentDomains);
}

/// A read-only connection, and a domain on it.
async fn read_only(env: &Env) -> Result<(Connection, Domain), Failure> {
    let domain = env.defined("seen").await?;
    env.conn()
        .shutdown()
        .await
        .doing("shutting the first connection down")?;
    let conn = env
        .connect(|builder| builder.read_only())
        .await
        .doing("opening it read-only")?;
    let all = conn.domains().await.doing("listing on a read-only connection")?;
    // Where every connection is a world of its own, there is another domain instead.
    let seen = all
        .iter()
        .find(|one| one.uuid() == domain.uuid())
        .or(all.first())
        .cloned();
    let seen = seen.ok_or_else(|| Failure::new("a read-only connection sees no domain"))?;
    Ok((conn, seen))
}

async fn a_read_only_connection_reads(env: &Env) -> Result<(), Failure> {
    let (conn, domain) = read_only(env).await?;
    conn.node_info().await.doing("asking for the machine")?;
    conn.domain(domain.name()).await.doing("looking a domain up")?;
    domain.info().await.doing("asking for a domain")?;
    domain.xml().await.doing("reading its XML")?;
    domain.job().await.doing("asking for its job")?;
    drop(conn.events(EventFilter::all()).await.doing("subscribing")?);
    conn.domain_stats(virt_core::stats::StatsGroups::all())
        .await
        .doing("reading statistics")?;
    conn.shutdown().await.doing("shutting it down")
}

async fn a_read_only_connection_changes_nothing(env: &Env) -> Result<(), Failure> {
    let (conn, domain) = read_only(env).await?;
    let before = domain.info().await.doing("asking for it")?;
    let config = env.machine("new")?;
    let current = ConfigScope::Current;
    let name = DomainName::new(env.name("renamed")).doing("making a name")?;
    let dump = env.path("core").to_string_lossy().into_owned();
    let title = MetadataItem::Title(Some("new".to_owned()));
    let crash = (LifecycleEvent::Crash, LifecycleAction::Destroy);
    let secure = XmlOptions::default().secure();
    let agent = domain.agent();
    for (what, result) in [
        ("define", conn.define_domain(&config).await.map(drop)),
        ("create", conn.create_domain(&config).await.map(drop)),
        ("undefine", domain.undefine().await),
        ("start", domain.start().await),
        ("shutdown", domain.shutdown().await),
        ("reboot", domain.reboot().await),
        ("reset", domain.reset().await),
        ("destroy", domain.destroy().await),
        ("suspend", domain.suspend().await),
        ("resume", domain.resume().await),
        ("rename", domain.rename(&name).await.map(drop)),
        ("set_autostart", domain.set_autostart(true).await),
        ("set_metadata", domain.set_metadata(&title, current).await),
        (
            "set_lifecycle_action",
            domain.set_lifecycle_action(crash.0, crash.1, current).await,
        ),
        ("set_memory", domain.set_memory(ByteSize::mib(32), current).await),
        ("console", domain.console().await.map(drop)),
        (
            "core_dump",
            domain
                .core_dump(&dump, &CoreDumpOptions::default())
                .await
                .map(drop),
        ),
        ("secure XML", domain.xml_with(&secure).await.map(drop)),
        ("agent ping", agent.ping().await),
        ("agent freeze", agent.fs_freeze().await.map(drop)),
        ("agent thaw", agent.fs_thaw().await.map(drop)),
        ("agent write_file", agent.write_file("/tmp/x", b"x").await),
    ] {
        let what = format!("{what} on a read-only connection");
        let error = refused(result, ErrorKind::Denied, &what)?;
        ensure!(
            error.to_string().contains("read-only"),
            "{what} does not say why: {error}"
        );
    }
    let after = domain.info().await.doing("asking for it again")?;
    ensure_eq!(after.state, before.state, "its state after the refusals");
    ensure_eq!(
        after.domain.name,
        before.domain.name,
        "its name after the refusals"
    );
    let missing = conn.domain(config.name.as_str()).await;
    refused(
        missing,
        ErrorKind::NotFound,
        "looking up what could not be defined",
    )?;
    conn.shutdown().await.doing("shutting it down")
}
