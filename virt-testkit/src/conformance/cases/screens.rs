//! Screens and keyboards.

use std::time::Duration;

use virt_core::ErrorKind;
use virt_core::domain::KeyCodes;

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "screens";
    a_machine_that_does_not_run_has_no_picture(None, PersistentDomains, Screenshot);
    keys_are_pressed_and_too_many_refused(Machine, PersistentDomains, SendKeys);
    a_machine_that_does_not_run_takes_no_keys(None, PersistentDomains, SendKeys);
    a_running_machine_is_interrupted(Machine, PersistentDomains, InjectNmi);
}

async fn a_machine_that_does_not_run_has_no_picture(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("dark").await?;
    let picture = domain.screenshot(0).await;
    refused(
        picture,
        ErrorKind::InvalidState,
        "a picture of a machine that does not run",
    )?;
    Ok(())
}

async fn keys_are_pressed_and_too_many_refused(env: &Env) -> Result<(), Failure> {
    let domain = env.running("typed").await?;
    let hold = Duration::from_millis(20);
    domain
        .send_keys(KeyCodes::Linux, &[29, 56, 111], hold)
        .await
        .doing("pressing three keys")?;
    domain
        .send_keys(KeyCodes::Qnum, &[30], hold)
        .await
        .doing("pressing a key by another number")?;
    for wrong in [Vec::new(), vec![30; 17]] {
        let pressed = domain.send_keys(KeyCodes::Linux, &wrong, hold).await;
        refused(
            pressed,
            ErrorKind::InvalidArgument,
            &format!("pressing {} keys", wrong.len()),
        )?;
    }
    Ok(())
}

async fn a_machine_that_does_not_run_takes_no_keys(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("off").await?;
    let pressed = domain
        .send_keys(KeyCodes::Linux, &[30], Duration::from_millis(20))
        .await;
    refused(
        pressed,
        ErrorKind::InvalidState,
        "typing at a machine that does not run",
    )?;
    Ok(())
}

async fn a_running_machine_is_interrupted(env: &Env) -> Result<(), Failure> {
    let domain = env.running("interrupted").await?;
    domain.inject_nmi().await.doing("interrupting it")?;
    domain.destroy().await.doing("destroying it")?;
    let off = domain.inject_nmi().await;
    refused(
        off,
        ErrorKind::InvalidState,
        "interrupting a machine that does not run",
    )?;
    Ok(())
}
