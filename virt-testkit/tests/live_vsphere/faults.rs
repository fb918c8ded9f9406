//! The faults that a test can ask for.

use crate::host;
use crate::soap::Client;
use std::time::{Duration, Instant};

const SERVICE: (&str, &str) = ("ServiceInstance", "ServiceInstance");

#[tokio::test]
async fn sessions_end_when_they_are_told_to() {
    let Some((simulator, mut client)) = host().await else {
        return;
    };
    assert_eq!(client.call("CurrentTime", SERVICE, "").await.status, 200);
    assert_eq!(simulator.control().end_sessions().await.expect("a count"), 1);
    assert_eq!(
        client.call("CurrentTime", SERVICE, "").await.fault(),
        "NotAuthenticated"
    );
    assert_eq!(client.login(&simulator).await.status, 200);
    assert_eq!(client.call("CurrentTime", SERVICE, "").await.status, 200);
    // The control is at the API's own address too.
    let ended = client
        .http("POST", "/control/end-sessions", "", b"")
        .await
        .expect("an answer");
    assert_eq!(ended.text().trim(), "1");
    assert_eq!(
        client.call("CurrentTime", SERVICE, "").await.fault(),
        "NotAuthenticated"
    );
}

#[tokio::test]
async fn calls_find_it_unavailable_or_lose_their_connection() {
    let Some((simulator, client)) = host().await else {
        return;
    };
    let control = simulator.control();
    control.be_unavailable(2).await.expect("a control");
    for status in [503, 503, 200] {
        assert_eq!(client.call("CurrentTime", SERVICE, "").await.status, status);
    }
    control.reset_connections(1).await.expect("a control");
    let lost = client.try_call("CurrentTime", SERVICE, "").await;
    assert!(lost.is_err(), "{lost:?}");
    assert_eq!(client.call("CurrentTime", SERVICE, "").await.status, 200);
}

#[tokio::test]
async fn the_next_call_of_a_method_is_late() {
    let Some((simulator, client)) = host().await else {
        return;
    };
    let late = Duration::from_millis(300);
    simulator
        .control()
        .delay("CurrentTime", late)
        .await
        .expect("a control");
    let began = Instant::now();
    client.call("RetrieveServiceContent", SERVICE, "").await;
    assert!(began.elapsed() < late);
    let began = Instant::now();
    client.call("CurrentTime", SERVICE, "").await;
    assert!(began.elapsed() >= late);
    let began = Instant::now();
    client.call("CurrentTime", SERVICE, "").await;
    assert!(began.elapsed() < late);
}

#[tokio::test]
async fn a_locked_account_cannot_log_in() {
    let Some((simulator, _)) = host().await else {
        return;
    };
    let control = simulator.control();
    control.lock(simulator.user()).await.expect("a control");
    let mut client = Client::of(&simulator);
    assert_eq!(client.login(&simulator).await.fault(), "InvalidLogin");
    control.unlock(simulator.user()).await.expect("a control");
    assert_eq!(client.login(&simulator).await.status, 200);
}

#[tokio::test]
async fn a_property_ends_the_connection_once() {
    let Some((simulator, client)) = host().await else {
        return;
    };
    simulator
        .control()
        .crash_at("HostSystem.capability")
        .await
        .expect("a control");
    let specification = "<specSet><propSet><type>HostSystem</type><pathSet>capability</pathSet></propSet>\
        <objectSet><obj type=\"HostSystem\">ha-host</obj></objectSet></specSet><options/>";
    let collector = crate::soap::COLLECTOR;
    let lost = client
        .try_call("RetrievePropertiesEx", collector, specification)
        .await;
    assert!(lost.is_err(), "{lost:?}");
    let again = client
        .call("RetrievePropertiesEx", collector, specification)
        .await;
    assert!(again.text().contains("maxSupportedVcpus"));
}

#[tokio::test]
async fn calls_are_counted_by_their_method() {
    let Some((simulator, client)) = host().await else {
        return;
    };
    let control = simulator.control();
    let before = control.reset_calls().await.expect("the counts");
    assert_eq!(before.of("Login"), 1);
    for _ in 0..3 {
        client.call("CurrentTime", SERVICE, "").await;
    }
    drop(client.http("GET", "/folder?dcPath=ha-datacenter", "", b"").await);
    let calls = simulator.calls().await.expect("the counts");
    assert_eq!(calls.of("CurrentTime"), 3);
    assert_eq!(calls.of("GET /folder"), 1);
    assert_eq!((calls.of("Login"), calls.total()), (0, 4));
}
