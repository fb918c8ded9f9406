//! Connections: what they tell, how they end, and that they can be opened again.

use futures::future::join_all;
use virt_core::domain::DomainFilter;
use virt_core::{Connection, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "connection";
    it_tells_its_driver_its_uri_and_its_machine(None);
    it_tells_the_version_of_its_hypervisor(None);
    a_malformed_uri_is_refused(None);
    a_uri_without_a_backend_names_those_there_are(None);
    after_shutdown_every_call_says_that_the_connection_is_lost(None, PersistentDomains);
    shutdown_and_close_can_be_repeated(None);
    close_cuts_at_once(None);
    dropping_the_last_handle_gives_the_place_back(None);
    a_clone_keeps_it_open(None);
    what_is_defined_is_there_when_it_is_opened_again(None, PersistentDomains);
    many_calls_at_a_time_are_all_answered(None);
}

async fn it_tells_its_driver_its_uri_and_its_machine(env: &Env) -> Result<(), Failure> {
    ensure!(!env.conn().driver_name().is_empty(), "the driver has no name");
    let uri = env.target().uri(env.place());
    let wanted: virt_core::ConnectUri = uri.parse().doing("reading the target's URI")?;
    ensure_eq!(env.conn().uri(), &wanted, "the connection's URI");
    ensure!(env.conn().is_alive(), "a connection just opened is not alive");
    let node = env.conn().node_info().await.doing("asking for the machine")?;
    ensure!(!node.hostname.is_empty(), "the machine has no host name");
    ensure!(!node.arch.is_empty(), "the machine has no architecture");
    ensure!(node.cpus > 0, "the machine has no processors");
    ensure!(node.memory_kib > 0, "the machine has no memory");
    Ok(())
}

async fn it_tells_the_version_of_its_hypervisor(env: &Env) -> Result<(), Failure> {
    let version = env.conn().version().await.doing("asking for the version")?;
    let number = (version.major, version.minor, version.micro);
    ensure!(number > (0, 0, 0), "the hypervisor's version is {version}");
    Ok(())
}

async fn a_malformed_uri_is_refused(env: &Env) -> Result<(), Failure> {
    for bad in [
        "",
        "no uri",
        "://",
        "qemu",
        "qemu:///embed?root",
        "qemu://user:secret@host/embed",
    ] {
        let opened = env.target().builder().open(bad).await;
        let what = format!("opening {bad:?}");
        let error = match opened {
            Ok(_) => return Err(Failure::new(format!("{what} went well"))),
            Err(error) => error,
        };
        ensure!(
            matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::Unsupported),
            "{what} is {:?}: {error}",
            error.kind()
        );
        ensure!(
            !error.to_string().contains("secret"),
            "{what} shows the password: {error}"
        );
    }
    Ok(())
}

async fn a_uri_without_a_backend_names_those_there_are(env: &Env) -> Result<(), Failure> {
    let opened = env.target().builder().open("zvm:///system").await;
    let error = refused(opened, ErrorKind::Unsupported, "opening zvm:///system")?;
    ensure!(
        error.to_string().contains("zvm:///system"),
        "the error does not name the URI: {error}"
    );
    ensure!(
        error.to_string().contains("test://"),
        "the error does not name the backends there are: {error}"
    );
    Ok(())
}

async fn after_shutdown_every_call_says_that_the_connection_is_lost(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("lost").await?;
    let mut events = env
        .conn()
        .events(virt_core::event::EventFilter::all())
        .await
        .doing("subscribing")?;
    env.conn().shutdown().await.doing("shutting down")?;
    ensure!(
        !env.conn().is_alive(),
        "the connection is alive after its shutdown"
    );
    let lost = ErrorKind::ConnectionLost;
    let conn = env.conn();
    refused(conn.domains().await, lost, "listing domains after the shutdown")?;
    refused(
        conn.domain("x").await,
        lost,
        "looking a domain up after the shutdown",
    )?;
    refused(
        conn.events(virt_core::event::EventFilter::all()).await,
        lost,
        "subscribing after the shutdown",
    )?;
    refused(
        conn.define_domain(&env.machine("late")?).await,
        lost,
        "defining a domain after the shutdown",
    )?;
    refused(domain.info().await, lost, "asking a domain after the shutdown")?;
    let error = refused(domain.start().await, lost, "starting a domain after the shutdown")?;
    ensure_eq!(
        error.retry(),
        virt_core::Retry::Reconnect,
        "what the error of a lost connection advises"
    );
    let ended = env.soon("the end of the events after the shutdown", async {
        while events.next().await.is_some() {}
    });
    ended.await
}

async fn shutdown_and_close_can_be_repeated(env: &Env) -> Result<(), Failure> {
    env.conn().shutdown().await.doing("shutting down")?;
    env.conn().shutdown().await.doing("shutting down once more")?;
    env.conn().close();
    env.conn().close();
    Ok(())
}

async fn close_cuts_at_once(env: &Env) -> Result<(), Failure> {
    env.conn().close();
    refused(
        env.conn().domains().await,
        ErrorKind::ConnectionLost,
        "listing domains after the close",
    )?;
    reopened(env).await?;
    Ok(())
}

async fn dropping_the_last_handle_gives_the_place_back(env: &Env) -> Result<(), Failure> {
    env.conn().shutdown().await.doing("shutting the first one down")?;
    let uri = env.target().uri(env.place());
    let second = env
        .target()
        .builder()
        .open(&uri)
        .await
        .doing("opening it again")?;
    drop(second);
    reopened(env).await?;
    Ok(())
}

async fn a_clone_keeps_it_open(env: &Env) -> Result<(), Failure> {
    env.conn().shutdown().await.doing("shutting the first one down")?;
    let uri = env.target().uri(env.place());
    let second = env
        .target()
        .builder()
        .open(&uri)
        .await
        .doing("opening it again")?;
    let clone = second.clone();
    drop(second);
    clone
        .domains()
        .await
        .doing("using the clone of a dropped handle")?;
    clone.shutdown().await.doing("shutting the clone down")
}

async fn what_is_defined_is_there_when_it_is_opened_again(env: &Env) -> Result<(), Failure> {
    if !env.target().keeps_state() {
        return Err(Failure::not_here("every connection is a world of its own"));
    }
    let domain = env.defined("kept").await?;
    domain.set_autostart(true).await.doing("setting autostart")?;
    let before = domain.xml().await.doing("reading the definition")?;
    env.conn().shutdown().await.doing("shutting down")?;
    let again = env.connect(|builder| builder).await.doing("opening again")?;
    let found = again
        .domain(domain.uuid())
        .await
        .doing("looking up what was defined before")?;
    ensure_eq!(found.name(), domain.name(), "the name it is found by");
    ensure_eq!(
        found.xml().await.doing("reading the definition again")?,
        before,
        "the definition after opening again"
    );
    let info = found.info().await.doing("asking for it")?;
    ensure!(info.autostart, "its autostart is lost");
    ensure!(info.persistent, "it is no longer persistent");
    Ok(())
}

async fn many_calls_at_a_time_are_all_answered(env: &Env) -> Result<(), Failure> {
    let filter = DomainFilter::all();
    let calls = (0..200).map(|_| env.conn().domain_infos(&filter));
    for answer in join_all(calls).await {
        answer.doing("one of 200 lists at a time")?;
    }
    Ok(())
}

/// Opens the place again, as soon as it is given back.
async fn reopened(env: &Env) -> Result<Connection, Failure> {
    let opening = async {
        loop {
            match env.connect(|builder| builder).await {
                Err(error) if error.kind() == ErrorKind::Busy => {
                    tokio::time::sleep(env.times().quiet / 10).await;
                }
                other => return other,
            }
        }
    };
    let opened = env.soon("giving the place back", opening).await?;
    opened.doing("opening the place again")
}
