//! The examples on the simulator of an ESX host.

use virt_sdk::Connection;
use virt_sdk::credentials::{CredentialKind, CredentialRequest, Secret};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};
use virt_testkit::skip;

use crate::{printed, run_with};

/// Who may log in there, at a URI of this scheme and path.
fn uri(simulator: &Simulator, scheme: &str, path: &str) -> String {
    let pin = simulator.certificate().sha256_thumbprint();
    let (user, server) = (simulator.user(), simulator.host_port());
    format!("{scheme}://{user}@{server}/{path}?thumbprint={pin}")
}

/// Runs an example with the password of who may log in there; it has to succeed and to print these.
async fn prints(simulator: &Simulator, example: &str, arguments: &[&str], wanted: &[&str]) {
    let password = simulator.password().to_owned();
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let name = example.to_owned();
    let ran = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run_with(&name, &arguments, "", &[("VIRT_PASSWORD", &password)])
    });
    printed(example, &ran.await.unwrap(), wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_do_their_job_on_esx() {
    let simulator = match Simulator::start(SimulatorOptions::esx()).await {
        Ok(simulator) => simulator,
        Err(missing) => skip!("{missing}"),
    };
    let at = uri(&simulator, "esx", "");
    prints(
        &simulator,
        "list_domains",
        &[&at],
        &["ha-host_VM0", "ha-host_VM1", "running"],
    )
    .await;
    prints(
        &simulator,
        "take_snapshot",
        &[&at, "ha-host_VM1", "before", "--revert"],
        &[
            "before of ha-host_VM1 is taken",
            "ha-host_VM1 is back: running",
            "before (current)",
        ],
    )
    .await;
    simulator.control().reset_calls().await.unwrap();
    let host = simulator.esx_uri();
    let ended = async {
        // The example has to be there first; what it hears is what somebody else does.
        loop {
            let calls = simulator.calls().await.unwrap();
            if calls.of("WaitForUpdatesEx") >= 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        simulator.virsh(&host, &["suspend", "ha-host_VM0"]).await
    };
    let arguments = [at.as_str(), "3"];
    let watched = prints(
        &simulator,
        "watch_events",
        &arguments,
        &["watching esx://", "ha-host_VM0      Suspended(Paused)"],
    );
    let ((), suspended) = tokio::join!(watched, ended);
    if let Err(missing) = suspended {
        skip!("{missing}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_made_from_a_template_of_a_vcenter() {
    let simulator = match Simulator::start(SimulatorOptions::vcenter().powered_off()).await {
        Ok(simulator) => simulator,
        Err(missing) => skip!("{missing}"),
    };
    let at = uri(&simulator, "vpx", "DC0");
    let (user, password) = (simulator.user().to_owned(), simulator.password().to_owned());
    let answer = move |request: CredentialRequest| {
        let answer = match request.kind {
            CredentialKind::UserName => user.clone(),
            _ => password.clone(),
        };
        async move { Some(Secret::new(answer)) }
    };
    let builder = Connection::builder().backends(virt_sdk::backends());
    let conn = builder.credentials(answer).open(&at).await.unwrap();
    let domain = conn.domain("DC0_H0_VM0").await.unwrap();
    virt_sdk::esx::mark_as_template(&domain).await.unwrap();
    prints(
        &simulator,
        "clone_from_template",
        &[&at],
        &["DC0_H0_VM0", "1 vCPUs"],
    )
    .await;
    prints(
        &simulator,
        "clone_from_template",
        &[&at, "DC0_H0_VM0", "web-7", "DC0_C0"],
        &["web-7", "is made from DC0_H0_VM0: running"],
    )
    .await;
    conn.domain("web-7").await.unwrap();
    conn.shutdown().await.unwrap();
}
