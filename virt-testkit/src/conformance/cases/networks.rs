//! Networks: how they come, are found, start, end and go.

use virt_core::network::NetworkFilter;
use virt_core::{Connection, ErrorKind, Outcome, Subject};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "networks";
    a_list_is_sorted_by_name_and_filters_narrow_it(None, Networks);
    a_network_is_found_by_name_and_uuid(None, Networks);
    what_is_not_there_is_not_found_by_the_name_that_was_asked_for(None, Networks);
    a_definition_is_given_back(None, Networks);
    a_network_starts_and_ends_once(None, Networks);
    a_transient_network_is_gone_when_it_ends(None, Networks);
    an_active_network_goes_on_without_its_definition(None, Networks);
    a_transient_network_becomes_persistent_when_it_is_defined(None, Networks);
    a_name_or_uuid_of_another_network_is_refused(None, Networks);
    autostart_is_kept_and_needs_a_definition(None, Networks);
    a_refusal_tells_operation_driver_and_subject(None, Networks);
    a_handle_says_not_found_once_its_network_is_gone(None, Networks);
    a_read_only_connection_reads_networks_and_changes_none(None, Networks);
}

async fn names(conn: &Connection, filter: &NetworkFilter) -> Result<Vec<String>, Failure> {
    let infos = conn.network_infos(filter).await.doing("listing networks")?;
    Ok(infos.into_iter().map(|info| info.network.name).collect())
}

async fn a_list_is_sorted_by_name_and_filters_narrow_it(env: &Env) -> Result<(), Failure> {
    let off = env.defined_network("off").await?.name().to_owned();
    let on = env.active_network("on").await?;
    on.set_autostart(true).await.doing("setting autostart")?;
    let on = on.name().to_owned();
    let config = env.network("transient")?;
    let transient = env.conn().create_network(&config).await;
    let transient = transient.doing("creating a network")?.name().to_owned();
    let all = NetworkFilter::all;
    for (what, filter, inside, outside) in [
        ("all", all(), vec![&off, &on, &transient], vec![]),
        ("active", all().active(), vec![&on, &transient], vec![&off]),
        ("inactive", all().inactive(), vec![&off], vec![&on, &transient]),
        (
            "persistent",
            all().persistent(),
            vec![&on, &off],
            vec![&transient],
        ),
        ("transient", all().transient(), vec![&transient], vec![&on, &off]),
        ("autostart", all().autostart(), vec![&on], vec![&off, &transient]),
        (
            "no autostart",
            all().no_autostart(),
            vec![&off, &transient],
            vec![&on],
        ),
        (
            "active and persistent",
            all().active().persistent(),
            vec![&on],
            vec![&off, &transient],
        ),
    ] {
        let listed = names(env.conn(), &filter).await?;
        ensure!(listed.is_sorted(), "the list of {what} is not sorted: {listed:?}");
        for name in inside {
            ensure!(
                listed.contains(name),
                "{name} is not listed as {what}: {listed:?}"
            );
        }
        for name in outside {
            ensure!(!listed.contains(name), "{name} is listed as {what}: {listed:?}");
        }
    }
    let handles = env.conn().networks().await.doing("listing handles")?;
    let of_handles: Vec<String> = handles.iter().map(|network| network.name().to_owned()).collect();
    ensure!(
        of_handles.contains(&on),
        "{on} has no handle in the list: {of_handles:?}"
    );
    Ok(())
}

async fn a_network_is_found_by_name_and_uuid(env: &Env) -> Result<(), Failure> {
    let defined = env.defined_network("found").await?;
    let by_name = env.conn().network(defined.name()).await.doing("by name")?;
    let by_uuid = env.conn().network(defined.uuid()).await.doing("by uuid")?;
    ensure_eq!(
        by_name.uuid(),
        defined.uuid(),
        "the uuid of the one found by name"
    );
    ensure_eq!(
        by_uuid.name(),
        defined.name(),
        "the name of the one found by uuid"
    );
    Ok(())
}

async fn what_is_not_there_is_not_found_by_the_name_that_was_asked_for(env: &Env) -> Result<(), Failure> {
    let uuid = uuid::Uuid::new_v4();
    for (asked, result) in [
        (
            "no-such-network".to_owned(),
            env.conn().network("no-such-network").await,
        ),
        (uuid.to_string(), env.conn().network(uuid).await),
    ] {
        let error = refused(result, ErrorKind::NotFound, &format!("looking up {asked}"))?;
        ensure!(
            error.to_string().contains(&asked),
            "{asked} is not named: {error}"
        );
        ensure_eq!(error.subject(), Some(&Subject::Network(asked)), "the subject");
    }
    Ok(())
}

async fn a_definition_is_given_back(env: &Env) -> Result<(), Failure> {
    let config = env.network("given")?;
    let network = env.conn().define_network(&config).await.doing("defining it")?;
    let back = network.config().await.doing("reading it")?;
    ensure_eq!(back.name, config.name, "the name");
    ensure_eq!(back.uuid, config.uuid, "the uuid");
    ensure_eq!(back.ips.len(), 1, "how many addresses it has");
    let address = |config: &virt_core::model::NetworkConfig| config.ips.first().and_then(|ip| ip.address);
    ensure_eq!(address(&back), address(&config), "its address");
    let xml = network.xml().await.doing("reading its XML")?;
    ensure!(xml.contains(&config.name), "its XML does not name it: {xml}");
    let mut again = env.network("uuid")?;
    again.uuid = None;
    let made = env
        .conn()
        .define_network(&again)
        .await
        .doing("defining one without uuid")?;
    ensure!(!made.uuid().is_nil(), "no uuid was made up");
    Ok(())
}

async fn a_network_starts_and_ends_once(env: &Env) -> Result<(), Failure> {
    let network = env.defined_network("once").await?;
    let info = network.info().await.doing("asking for it")?;
    ensure!(!info.active, "a network that was only defined is active");
    ensure!(info.persistent, "a network that was defined is not persistent");
    refused(
        network.destroy().await,
        ErrorKind::InvalidState,
        "destroying an inactive network",
    )?;
    network.start().await.doing("starting it")?;
    let info = network.info().await.doing("asking for it")?;
    ensure!(info.active, "a network that was started is not active");
    let config = network.config().await.doing("reading it")?;
    let bridge = config.bridge.and_then(|bridge| bridge.name);
    ensure!(bridge.is_some(), "an active network has no bridge");
    ensure_eq!(info.bridge, bridge, "the bridge it tells of");
    refused(
        network.start().await,
        ErrorKind::InvalidState,
        "starting an active network",
    )?;
    network.destroy().await.doing("destroying it")?;
    let info = network.info().await.doing("asking for it")?;
    ensure!(!info.active && info.persistent, "after its end it is {info:?}");
    Ok(())
}

async fn a_transient_network_is_gone_when_it_ends(env: &Env) -> Result<(), Failure> {
    let config = env.network("transient")?;
    let network = env.conn().create_network(&config).await.doing("creating it")?;
    let info = network.info().await.doing("asking for it")?;
    ensure!(info.active && !info.persistent, "a created network is {info:?}");
    refused(
        network.undefine().await,
        ErrorKind::InvalidState,
        "undefining a transient network",
    )?;
    network.destroy().await.doing("destroying it")?;
    refused(
        network.info().await,
        ErrorKind::NotFound,
        "asking for it afterwards",
    )?;
    Ok(())
}

async fn an_active_network_goes_on_without_its_definition(env: &Env) -> Result<(), Failure> {
    let network = env.active_network("kept").await?;
    match network.undefine().await {
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            return Err(Failure::not_here("an active network keeps its definition"));
        }
        undefined => undefined.doing("undefining it")?,
    }
    let info = network.info().await.doing("asking for it")?;
    ensure!(
        info.active && !info.persistent,
        "undefined while active, it is {info:?}"
    );
    network.destroy().await.doing("destroying it")?;
    refused(
        network.info().await,
        ErrorKind::NotFound,
        "asking for it afterwards",
    )?;
    Ok(())
}

async fn a_transient_network_becomes_persistent_when_it_is_defined(env: &Env) -> Result<(), Failure> {
    let config = env.network("becomes")?;
    let network = env.conn().create_network(&config).await.doing("creating it")?;
    let defined = env.conn().define_network(&config).await.doing("defining it")?;
    ensure_eq!(defined.uuid(), network.uuid(), "the uuid of the definition");
    let info = network.info().await.doing("asking for it")?;
    ensure!(
        info.active && info.persistent,
        "defined while active, it is {info:?}"
    );
    Ok(())
}

async fn a_name_or_uuid_of_another_network_is_refused(env: &Env) -> Result<(), Failure> {
    let config = env.network("taken")?;
    env.conn().define_network(&config).await.doing("defining it")?;
    let mut namesake = env.network("namesake")?;
    namesake.name.clone_from(&config.name);
    let exists = ErrorKind::AlreadyExists;
    let error = refused(
        env.conn().define_network(&namesake).await,
        exists,
        "defining a network of the same name and another uuid",
    )?;
    ensure_eq!(error.outcome(), Outcome::NotApplied, "the outcome");
    let mut double = env.network("double")?;
    double.uuid = config.uuid;
    refused(
        env.conn().define_network(&double).await,
        exists,
        "defining a network of the same uuid and another name",
    )?;
    let back = env
        .conn()
        .network(config.name.as_str())
        .await
        .doing("looking it up")?;
    ensure_eq!(Some(back.uuid()), config.uuid, "the uuid of the first one");
    Ok(())
}

async fn autostart_is_kept_and_needs_a_definition(env: &Env) -> Result<(), Failure> {
    let network = env.defined_network("auto").await?;
    for wanted in [true, true, false] {
        network.set_autostart(wanted).await.doing("setting autostart")?;
        let info = network.info().await.doing("asking for it")?;
        ensure_eq!(info.autostart, wanted, "whether it starts by itself");
    }
    let config = env.network("transient")?;
    let transient = env.conn().create_network(&config).await.doing("creating one")?;
    refused(
        transient.set_autostart(true).await,
        ErrorKind::InvalidState,
        "setting autostart of a transient network",
    )?;
    Ok(())
}

async fn a_refusal_tells_operation_driver_and_subject(env: &Env) -> Result<(), Failure> {
    let network = env.defined_network("refused").await?;
    let error = refused(network.destroy().await, ErrorKind::InvalidState, "destroying it")?;
    ensure_eq!(error.operation(), Some("network_destroy"), "the operation");
    ensure_eq!(error.driver(), Some(env.conn().driver_name()), "the driver");
    let wanted = Subject::Network(network.name().to_owned());
    ensure_eq!(error.subject(), Some(&wanted), "the subject");
    ensure_eq!(error.outcome(), Outcome::NotApplied, "the outcome");
    Ok(())
}

async fn a_handle_says_not_found_once_its_network_is_gone(env: &Env) -> Result<(), Failure> {
    let network = env.defined_network("gone").await?;
    network.undefine().await.doing("undefining it")?;
    for (what, result) in [
        ("info", network.info().await.map(drop)),
        ("config", network.config().await.map(drop)),
        ("start", network.start().await),
        ("destroy", network.destroy().await),
        ("undefine", network.undefine().await),
        ("set_autostart", network.set_autostart(true).await),
    ] {
        refused(
            result,
            ErrorKind::NotFound,
            &format!("{what} of a network that is gone"),
        )?;
    }
    Ok(())
}

async fn a_read_only_connection_reads_networks_and_changes_none(env: &Env) -> Result<(), Failure> {
    let defined = env.defined_network("seen").await?;
    let conn = env.connect(|builder| builder.read_only()).await;
    let conn = match conn {
        // One manager at a time, and the first is still there.
        Err(error) if error.kind() == ErrorKind::Busy => {
            env.conn()
                .shutdown()
                .await
                .doing("shutting the first connection down")?;
            env.connect(|builder| builder.read_only()).await
        }
        other => other,
    }
    .doing("opening it read-only")?;
    let all = conn.networks().await.doing("listing on a read-only connection")?;
    // Where every connection is a world of its own, there is another network instead.
    let found = all
        .iter()
        .find(|one| one.uuid() == defined.uuid())
        .or(all.first());
    let network = found.ok_or_else(|| Failure::new("a read-only connection sees no network"))?;
    network.info().await.doing("asking for it")?;
    network.config().await.doing("reading it")?;
    let config = env.network("new")?;
    for (what, result) in [
        ("defining", conn.define_network(&config).await.map(drop)),
        ("creating", conn.create_network(&config).await.map(drop)),
        ("starting", network.start().await),
        ("destroying", network.destroy().await),
        ("undefining", network.undefine().await),
        ("setting autostart of", network.set_autostart(true).await),
    ] {
        let what = format!("{what} a network on a read-only connection");
        refused(result, ErrorKind::Denied, &what)?;
    }
    Ok(())
}
