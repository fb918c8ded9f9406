//! Errors: kind, operation, driver, subject, outcome, and a sentence for people.

use std::error::Error as _;

use virt_core::domain::DomainName;
use virt_core::{Error, ErrorKind, Outcome, Retry, Subject};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "errors";
    a_refusal_tells_operation_driver_and_subject(None, PersistentDomains);
    what_is_not_found_is_told_by_the_name_that_was_asked_for(None);
    a_sentence_is_lower_case_and_on_one_level(None, PersistentDomains);
    a_refused_definition_has_changed_nothing_and_says_so(None, PersistentDomains);
    names_are_shown_so_that_they_cannot_be_mistaken(None);
}

async fn a_refusal_tells_operation_driver_and_subject(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("refused").await?;
    let invalid = ErrorKind::InvalidState;
    for (operation, result) in [
        ("destroy", domain.destroy().await),
        ("suspend", domain.suspend().await),
        ("reset", domain.reset().await),
    ] {
        let error = match result {
            Err(error) if error.kind() == ErrorKind::Unsupported => continue,
            result => refused(result, invalid, operation)?,
        };
        ensure_eq!(error.operation(), Some(operation), "the operation in the error");
        ensure_eq!(
            error.driver(),
            Some(env.conn().driver_name()),
            "the driver in the error"
        );
        let wanted = Subject::Domain(domain.name().to_owned());
        ensure_eq!(error.subject(), Some(&wanted), "the subject of the error");
        ensure_eq!(error.outcome(), Outcome::NotApplied, "the outcome in the error");
        ensure_eq!(error.retry(), Retry::Never, "what the error advises");
    }
    Ok(())
}

async fn what_is_not_found_is_told_by_the_name_that_was_asked_for(env: &Env) -> Result<(), Failure> {
    let uuid = uuid::Uuid::new_v4();
    for (asked, result) in [
        ("no-such-name".to_owned(), env.conn().domain("no-such-name").await),
        (uuid.to_string(), env.conn().domain(uuid).await),
        ("4294967295".to_owned(), env.conn().domain(u32::MAX).await),
    ] {
        let error = refused(result, ErrorKind::NotFound, &format!("looking up {asked}"))?;
        ensure!(
            error.to_string().contains(&asked),
            "{asked} is not named: {error}"
        );
    }
    Ok(())
}

async fn a_sentence_is_lower_case_and_on_one_level(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("sentence").await?;
    let mut errors: Vec<Error> = Vec::new();
    let mut second = env.machine("other")?;
    second.name = domain.name().to_owned();
    errors.extend(env.conn().define_domain(&second).await.err());
    errors.extend(env.conn().domain("no-such-name").await.err());
    errors.extend(domain.destroy().await.err());
    errors.extend(domain.console().await.err());
    errors.extend(domain.agent().ping().await.err());
    ensure!(errors.len() >= 4, "only {} of 5 refusals came", errors.len());
    for error in errors {
        let said = error.to_string();
        let first = said.chars().next();
        ensure!(
            !first.is_some_and(char::is_uppercase),
            "it begins upper case: {said}"
        );
        ensure!(!said.ends_with('.'), "it ends with a full stop: {said}");
        ensure!(!said.contains('\n'), "it has more than one line: {said}");
        if let Some(source) = error.source() {
            let cause = source.to_string();
            ensure!(!said.contains(&cause), "it repeats its cause: {said}");
        }
    }
    Ok(())
}

async fn a_refused_definition_has_changed_nothing_and_says_so(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("kept").await?;
    let before = domain.xml().await.doing("reading it")?;
    let mut second = env.machine("other")?;
    second.name = domain.name().to_owned();
    let defined = env.conn().define_domain(&second).await;
    let error = refused(defined, ErrorKind::AlreadyExists, "a conflicting definition")?;
    ensure_eq!(error.outcome(), Outcome::NotApplied, "the outcome in the error");
    ensure_eq!(
        error.operation(),
        Some("define_domain"),
        "the operation in the error"
    );
    let after = domain.xml().await.doing("reading it again")?;
    ensure_eq!(after, before, "the definition after the refusal");
    Ok(())
}

async fn names_are_shown_so_that_they_cannot_be_mistaken(env: &Env) -> Result<(), Failure> {
    let odd = "odd\nname\u{1b}[31m";
    let error = refused(
        env.conn().domain(odd).await,
        ErrorKind::NotFound,
        "looking up an odd name",
    )?;
    let said = error.to_string();
    ensure!(
        !said.chars().any(char::is_control),
        "the error shows control characters as they are: {said:?}"
    );
    let error = refused(DomainName::new(odd), ErrorKind::InvalidArgument, "an odd name")?;
    let said = error.to_string();
    ensure!(
        !said.chars().any(char::is_control),
        "so does the refusal of a name: {said:?}"
    );
    Ok(())
}
