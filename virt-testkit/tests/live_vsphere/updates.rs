//! Updates: versions, cuts, waits that end.

use crate::host;
use crate::soap::{Answer, COLLECTOR, Client};
use std::time::{Duration, Instant};

async fn wait(client: &Client, version: &str, options: &str) -> Answer {
    let words = format!("<version>{version}</version><options>{options}</options>");
    client.call("WaitForUpdatesEx", COLLECTOR, &words).await
}

/// A client that has a filter for the names and the power of all machines, and knows all of them.
async fn watching(client: &Client) -> Answer {
    let all = client
        .all("VirtualMachine", &["name", "runtime.powerState"])
        .await;
    let words = format!("<spec>{all}</spec><partialUpdates>false</partialUpdates>");
    assert_eq!(client.call("CreateFilter", COLLECTOR, &words).await.status, 200);
    wait(client, "", "").await
}

#[tokio::test]
async fn versions_count_up_and_an_answer_can_be_had_again() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let first = watching(&client).await;
    assert_eq!(first.values("kind"), ["enter", "enter"]);
    assert_eq!(first.value("version"), "1");
    let machines = client.machines().await;
    let machine = ("VirtualMachine", machines[1].as_str());
    client.task("PowerOffVM_Task", machine, "").await;
    for _ in 0..2 {
        // The second time as whoever lost the answer.
        let second = wait(&client, "1", "").await;
        assert_eq!(second.value("version"), "2");
        assert_eq!(second.values("kind"), ["modify"]);
        assert_eq!(second.values("name"), ["runtime.powerState"]);
        assert_eq!(second.value("val"), "poweredOff");
    }
    client.task("Destroy_Task", machine, "").await;
    let third = wait(&client, "2", "").await;
    assert_eq!(third.values("kind"), ["leave"]);
    assert_eq!(wait(&client, "1", "").await.fault(), "InvalidCollectorVersion");
    assert_eq!(wait(&client, "99", "").await.fault(), "InvalidCollectorVersion");
    let empty = wait(&client, "3", "<maxWaitSeconds>0</maxWaitSeconds>").await;
    assert_eq!(empty.value("returnval"), "");
}

#[tokio::test]
async fn updates_are_cut_on_demand_or_as_the_caller_says() {
    let Some((simulator, client)) = host().await else {
        return;
    };
    simulator
        .control()
        .truncate_next_update()
        .await
        .expect("a control");
    let first = watching(&client).await;
    assert_eq!(first.values("kind").len(), 1);
    assert_eq!(first.value("truncated"), "true");
    let second = wait(&client, &first.value("version"), "").await;
    assert_eq!(second.values("kind").len(), 1);
    assert_eq!(second.value("truncated"), "");
    let cut = wait(&client, "", "<maxObjectUpdates>1</maxObjectUpdates>").await;
    assert_eq!(cut.values("kind").len(), 1);
    assert_eq!(cut.value("truncated"), "true");
}

#[tokio::test]
async fn a_wait_ends_at_once_with_a_change_a_cancel_or_the_session() {
    let Some((simulator, client)) = host().await else {
        return;
    };
    let version = watching(&client).await.value("version");
    let machines = client.machines().await;
    let waiting = tokio::spawn({
        let client = client.clone();
        let version = version.clone();
        async move { wait(&client, &version, "").await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    client
        .task("SuspendVM_Task", ("VirtualMachine", &machines[0]), "")
        .await;
    let changed = waiting.await.expect("an answer");
    assert_eq!(changed.value("val"), "suspended");
    assert!(began.elapsed() < Duration::from_millis(500));
    for ends_by_cancel in [true, false] {
        let version = changed.value("version");
        let waiting = tokio::spawn({
            let client = client.clone();
            async move { wait(&client, &version, "").await }
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        if ends_by_cancel {
            client.call("CancelWaitForUpdates", COLLECTOR, "").await;
            assert_eq!(waiting.await.expect("an answer").fault(), "RequestCanceled");
        } else {
            simulator.control().end_sessions().await.expect("a control");
            assert_eq!(waiting.await.expect("an answer").fault(), "NotAuthenticated");
        }
    }
}
