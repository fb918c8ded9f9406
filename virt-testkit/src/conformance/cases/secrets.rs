//! Secrets.

use virt_core::ErrorKind;
use virt_core::event::{Event, ObjectKind, SecretChange};
use virt_core::model::SecretConfig;
use virt_core::model::secret::SecretUsageType;
use virt_core::model::value::YesNo;
use virt_core::secret::{SecretFilter, SecretUsageId, SecretValue};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "secrets";
    a_secret_is_found_by_uuid_and_by_its_use(None, Secrets);
    a_value_is_kept_and_replaced(None, Secrets);
    a_value_of_any_bytes_is_kept(None, Secrets);
    a_private_value_is_shown_to_nobody(None, Secrets);
    filters_narrow_a_list(None, Secrets);
    a_use_that_another_secret_has_is_refused(None, Secrets);
    a_new_document_keeps_the_value(None, Secrets);
    a_secret_that_is_gone_is_not_found(None, Secrets);
    the_life_of_a_secret_is_told_without_its_value(None, Secrets, Events);
    a_value_that_is_too_large_is_refused(None, Secrets);
    a_read_only_connection_shows_no_value(None, Secrets);
}

async fn a_secret_is_found_by_uuid_and_by_its_use(env: &Env) -> Result<(), Failure> {
    let defined = env.defined_secret("found").await?;
    let usage = defined.usage().cloned();
    let usage = usage.ok_or_else(|| Failure::new("the secret has no use"))?;
    ensure_eq!(usage.kind, SecretUsageType::Ceph, "what it is for");
    let by_uuid = env.conn().secret(defined.uuid()).await.doing("by uuid")?;
    ensure_eq!(by_uuid.usage(), Some(&usage), "the use of the one found by uuid");
    let by_usage = env.conn().secret(usage.clone()).await.doing("by use")?;
    ensure_eq!(
        by_usage.uuid(),
        defined.uuid(),
        "the uuid of the one found by use"
    );
    let config = defined.config().await.doing("reading it")?;
    let id = config
        .usage
        .as_ref()
        .and_then(|usage| usage.id().map(str::to_owned));
    ensure_eq!(id, Some(usage.id), "the use in its document");
    ensure_eq!(config.uuid, Some(defined.uuid()), "the uuid in its document");
    Ok(())
}

async fn a_value_is_kept_and_replaced(env: &Env) -> Result<(), Failure> {
    let secret = env.defined_secret("valued").await?;
    let none = secret.value().await.doing("asking for a value there is not")?;
    ensure!(none.is_none(), "a secret that was just defined has a value");
    for text in ["first", "second", "a longer one than those before"] {
        secret.set_value(&text.into()).await.doing("setting a value")?;
        let value = secret.value().await.doing("reading it")?;
        ensure_eq!(value, Some(SecretValue::from(text)), "the value");
    }
    Ok(())
}

async fn a_value_of_any_bytes_is_kept(env: &Env) -> Result<(), Failure> {
    let secret = env.defined_secret("bytes").await?;
    let bytes: Vec<u8> = (0..=255).cycle().take(4096).collect();
    let wanted = SecretValue::new(bytes);
    secret.set_value(&wanted).await.doing("setting 4096 bytes")?;
    let value = secret.value().await.doing("reading them")?;
    ensure!(
        value.as_ref() == Some(&wanted),
        "the bytes are not those that were set"
    );
    Ok(())
}

async fn a_private_value_is_shown_to_nobody(env: &Env) -> Result<(), Failure> {
    let mut config = env.secret("private")?;
    config.private = Some(YesNo::Yes);
    let secret = env
        .conn()
        .define_secret(&config)
        .await
        .doing("defining a private secret")?;
    secret
        .set_value(&"hidden".into())
        .await
        .doing("setting its value")?;
    let error = refused(secret.value().await, ErrorKind::Denied, "reading a private value")?;
    ensure!(
        !format!("{error:?}").contains("hidden"),
        "the error shows the value"
    );
    config.private = Some(YesNo::No);
    refused(
        env.conn().define_secret(&config).await,
        ErrorKind::Denied,
        "making a private secret readable",
    )?;
    refused(secret.value().await, ErrorKind::Denied, "reading it after that")?;
    Ok(())
}

async fn filters_narrow_a_list(env: &Env) -> Result<(), Failure> {
    let plain = env.defined_secret("plain").await?.uuid();
    let mut hidden = env.secret("hidden")?;
    hidden.private = Some(YesNo::Yes);
    hidden.ephemeral = Some(YesNo::Yes);
    let hidden = env
        .conn()
        .define_secret(&hidden)
        .await
        .doing("defining a hidden one")?
        .uuid();
    let all = SecretFilter::all;
    for (what, filter, has_plain, has_hidden) in [
        ("all", all(), true, true),
        ("ephemeral", all().ephemeral(), false, true),
        ("persistent", all().persistent(), true, false),
        ("private", all().private(), false, true),
        ("readable", all().readable(), true, false),
        (
            "ephemeral and readable",
            all().ephemeral().readable(),
            false,
            false,
        ),
    ] {
        let infos = env.conn().secret_infos(&filter).await.doing("listing secrets")?;
        let listed: Vec<uuid::Uuid> = infos.iter().map(|info| info.secret.uuid).collect();
        ensure!(listed.is_sorted(), "the list of {what} is not sorted");
        ensure_eq!(
            listed.contains(&plain),
            has_plain,
            "whether the plain one is {what}"
        );
        ensure_eq!(
            listed.contains(&hidden),
            has_hidden,
            "whether the hidden one is {what}"
        );
        let shown = infos.iter().find(|info| info.secret.uuid == hidden);
        if let Some(info) = shown {
            ensure!(
                info.ephemeral && info.private,
                "the hidden one is shown as {info:?}"
            );
        }
    }
    let handles = env.conn().secrets().await.doing("listing handles")?;
    ensure!(
        handles.iter().any(|one| one.uuid() == plain),
        "it has no handle in the list"
    );
    Ok(())
}

async fn a_use_that_another_secret_has_is_refused(env: &Env) -> Result<(), Failure> {
    let config = env.secret("used")?;
    env.conn().define_secret(&config).await.doing("defining it")?;
    let mut double = config.clone();
    double.uuid = Some(uuid::Uuid::new_v4());
    let exists = ErrorKind::AlreadyExists;
    refused(
        env.conn().define_secret(&double).await,
        exists,
        "defining a second secret for one use",
    )?;
    let mut other = env.secret("other")?;
    other.uuid = config.uuid;
    refused(
        env.conn().define_secret(&other).await,
        exists,
        "giving a secret another use",
    )?;
    Ok(())
}

async fn a_new_document_keeps_the_value(env: &Env) -> Result<(), Failure> {
    let mut config = env.secret("redefined")?;
    let secret = env.conn().define_secret(&config).await.doing("defining it")?;
    secret
        .set_value(&"kept".into())
        .await
        .doing("setting its value")?;
    config.description = Some("another".to_owned());
    let again = env
        .conn()
        .define_secret(&config)
        .await
        .doing("defining it anew")?;
    ensure_eq!(again.uuid(), secret.uuid(), "its uuid");
    let back = secret.config().await.doing("reading it")?;
    ensure_eq!(back.description.as_deref(), Some("another"), "its description");
    let value = secret.value().await.doing("reading its value")?;
    ensure_eq!(value, Some("kept".into()), "its value");
    Ok(())
}

async fn a_secret_that_is_gone_is_not_found(env: &Env) -> Result<(), Failure> {
    let secret = env.defined_secret("gone").await?;
    secret.undefine().await.doing("undefining it")?;
    for (what, result) in [
        ("its value", secret.value().await.map(drop)),
        ("setting its value", secret.set_value(&"x".into()).await),
        ("its document", secret.config().await.map(drop)),
        ("undefining it", secret.undefine().await),
        ("looking it up", env.conn().secret(secret.uuid()).await.map(drop)),
    ] {
        refused(result, ErrorKind::NotFound, &format!("{what} once it is gone"))?;
    }
    let usage = SecretUsageId::new(SecretUsageType::Iscsi, env.name("never"));
    let error = refused(
        env.conn().secret(usage.clone()).await,
        ErrorKind::NotFound,
        "looking up a use nobody has",
    )?;
    ensure!(
        error.to_string().contains(&usage.id),
        "the use is not named: {error}"
    );
    Ok(())
}

async fn the_life_of_a_secret_is_told_without_its_value(env: &Env) -> Result<(), Failure> {
    let mut events = env.events_of(ObjectKind::Secret).await?;
    let secret = env.defined_secret("told").await?;
    secret
        .set_value(&"unspoken".into())
        .await
        .doing("setting its value")?;
    secret.undefine().await.doing("undefining it")?;
    for wanted in [
        SecretChange::Defined,
        SecretChange::ValueChanged,
        SecretChange::Undefined,
    ] {
        let told = env
            .next_event(&mut events, |event| match event {
                Event::Secret(event) if event.secret.uuid == secret.uuid() => Some(event),
                _ => None,
            })
            .await?;
        ensure_eq!(told.change, wanted, "what was told");
        ensure_eq!(told.secret.usage.as_ref(), secret.usage(), "what it is for");
        ensure!(
            !format!("{told:?}").contains("unspoken"),
            "the event shows the value"
        );
    }
    Ok(())
}

async fn a_value_that_is_too_large_is_refused(env: &Env) -> Result<(), Failure> {
    let secret = env.defined_secret("large").await?;
    let largest = SecretValue::new(vec![7; SecretValue::MAX_LEN]);
    secret
        .set_value(&largest)
        .await
        .doing("setting the largest value")?;
    let larger = SecretValue::new(vec![7; SecretValue::MAX_LEN + 1]);
    refused(
        secret.set_value(&larger).await,
        ErrorKind::InvalidArgument,
        "setting a larger one",
    )?;
    Ok(())
}

async fn a_read_only_connection_shows_no_value(env: &Env) -> Result<(), Failure> {
    let config: SecretConfig = env.secret("seen")?;
    let conn = env.connect(|builder| builder.read_only()).await;
    let conn = match conn {
        // One manager at a time, and the first is still there.
        Err(error) if error.kind() == ErrorKind::Busy => {
            return Err(Failure::not_here("the place is held by one connection at a time"));
        }
        other => other.doing("opening it read-only")?,
    };
    refused(
        conn.define_secret(&config).await,
        ErrorKind::Denied,
        "defining a secret on a read-only connection",
    )?;
    let secret = env.conn().define_secret(&config).await.doing("defining it")?;
    secret
        .set_value(&"unseen".into())
        .await
        .doing("setting its value")?;
    match conn.secret(secret.uuid()).await {
        // Where every connection is a world of its own, it is not there.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        found => {
            let found = found.doing("looking it up")?;
            let denied = ErrorKind::Denied;
            refused(
                found.value().await,
                denied,
                "reading a value on a read-only connection",
            )?;
            refused(
                found.set_value(&"x".into()).await,
                denied,
                "setting a value on it",
            )?;
            refused(found.undefine().await, denied, "undefining a secret on it")?;
            Ok(())
        }
    }
}
