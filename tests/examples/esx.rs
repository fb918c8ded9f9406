//! The examples on the simulator of an ESX host.

use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};
use virt_testkit::skip;

use crate::{printed, run_with};

/// Runs an example as who may log in there; it has to succeed and to print these.
async fn prints(simulator: &Simulator, example: &str, more: &[&str], wanted: &[&str]) {
    let pin = simulator.certificate().sha256_thumbprint();
    let uri = format!(
        "esx://{}@{}/?thumbprint={pin}",
        simulator.user(),
        simulator.host_port()
    );
    let (example, password) = (example.to_owned(), simulator.password().to_owned());
    let more: Vec<String> = more.iter().map(|more| (*more).to_owned()).collect();
    let name = example.clone();
    let ran = tokio::task::spawn_blocking(move || {
        let mut arguments = vec![uri.as_str()];
        arguments.extend(more.iter().map(String::as_str));
        run_with(&example, &arguments, "", &[("VIRT_PASSWORD", &password)])
    });
    printed(&name, &ran.await.unwrap(), wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_do_their_job_on_esx() {
    let simulator = match Simulator::start(SimulatorOptions::esx()).await {
        Ok(simulator) => simulator,
        Err(missing) => skip!("{missing}"),
    };
    prints(
        &simulator,
        "list_domains",
        &[],
        &["ha-host_VM0", "ha-host_VM1", "running"],
    )
    .await;
    let ended = async {
        let uri = simulator.esx_uri();
        // The example has to be there first; what it hears is what somebody else does.
        loop {
            let calls = simulator.calls().await.unwrap();
            if calls.of("WaitForUpdatesEx") > 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        simulator.virsh(&uri, &["suspend", "ha-host_VM0"]).await
    };
    let watched = prints(
        &simulator,
        "watch_events",
        &["3"],
        &["watching esx://", "ha-host_VM0      Suspended(Paused)"],
    );
    let ((), suspended) = tokio::join!(watched, ended);
    if let Err(missing) = suspended {
        skip!("{missing}");
    }
}
