//! The properties of objects: pages, and those that the library has no value for.

use crate::soap::COLLECTOR;
use crate::soap::Client;
use crate::{host, simulator};
use std::time::Duration;
use virt_testkit::live::vsphere::SimulatorOptions;

#[tokio::test]
async fn properties_come_in_pages_of_the_size_that_was_asked_for() {
    let Some(simulator) = simulator(SimulatorOptions::esx().with_machines(5)).await else {
        return;
    };
    let mut client = Client::of(&simulator);
    client.login(&simulator).await;
    let all = client.all("VirtualMachine", &["name"]).await;
    let mut page = client.retrieve(&all, "<maxObjects>2</maxObjects>").await;
    let mut sizes = Vec::new();
    loop {
        sizes.push(page.values("obj").len());
        let token = page.value("token");
        if token.is_empty() {
            break;
        }
        let words = format!("<token>{token}</token>");
        page = client
            .call("ContinueRetrievePropertiesEx", COLLECTOR, &words)
            .await;
    }
    assert_eq!(sizes, [2, 2, 1]);
    let cancelled = client.retrieve(&all, "<maxObjects>2</maxObjects>").await;
    let words = format!("<token>{}</token>", cancelled.value("token"));
    let method = "CancelRetrievePropertiesEx";
    assert_eq!(client.call(method, COLLECTOR, &words).await.status, 200);
    assert_eq!(
        client.call(method, COLLECTOR, &words).await.fault(),
        "InvalidArgument"
    );
}

#[tokio::test]
async fn a_server_may_have_smaller_pages_than_are_asked_for() {
    let options = SimulatorOptions::esx().with_machines(5).with_page(3);
    let Some(simulator) = simulator(options).await else {
        return;
    };
    let mut client = Client::of(&simulator);
    client.login(&simulator).await;
    let all = client.all("VirtualMachine", &["name"]).await;
    for options in ["", "<maxObjects>4</maxObjects>"] {
        let page = client.retrieve(&all, options).await;
        assert_eq!(page.values("obj").len(), 3);
        assert!(!page.value("token").is_empty());
    }
}

#[tokio::test]
async fn items_of_arrays_have_their_type() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let answer = client
        .properties(("HostSystem", "ha-host"), &["vm", "config.network.vnic"])
        .await;
    let text = answer.text();
    for wanted in [
        "<val xsi:type=\"ArrayOfManagedObjectReference\"><ManagedObjectReference xsi:type=\"ManagedObjectReference\" \
         type=\"VirtualMachine\">",
        "<HostVirtualNic xsi:type=\"HostVirtualNic\">",
    ] {
        assert!(text.contains(wanted), "no {wanted} in {text}");
    }
}

#[tokio::test]
async fn what_the_library_has_no_value_for_has_one() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let machines = client.machines().await;
    for (object, path, wanted) in [
        (
            ("EventManager", "ha-eventmgr"),
            "latestEvent",
            "UserLoginSessionEvent",
        ),
        (("HostSystem", "ha-host"), "capability", "vmotionSupported"),
        (
            ("VirtualMachine", &machines[0]),
            "resourceConfig",
            "cpuAllocation",
        ),
        (("VirtualMachine", &machines[0]), "guest", "guestToolsRunning"),
    ] {
        let answer = client.properties(object, &[path]).await;
        assert!(answer.text().contains(wanted), "{path}: {}", answer.text());
    }
    let counter = client
        .call(
            "QueryPerfCounter",
            ("PerformanceManager", "ha-perfmgr"),
            "<counterId>2</counterId>",
        )
        .await;
    assert!(counter.text().contains("<rollupType>"), "{}", counter.text());
}

#[tokio::test]
async fn machines_that_run_have_addresses_and_values_that_move() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let machines = client.machines().await;
    let machine = ("VirtualMachine", machines[0].as_str());
    let guest = client.properties(machine, &["guest"]).await;
    assert!(guest.value("ipAddress").starts_with("10."), "{}", guest.text());
    assert_eq!(guest.value("hostName"), "ha-host-vm0.example.com");
    assert!(guest.text().contains("<net>"));
    let uptime = || async {
        let stats = client.properties(machine, &["summary.quickStats"]).await;
        stats.value("uptimeSeconds").parse::<u32>().expect("a number")
    };
    let before = uptime().await;
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert!(uptime().await > before);
    let off = client.task("PowerOffVM_Task", machine, "").await;
    assert_eq!(off.value("state"), "success");
    assert_eq!(client.property(machine, "guest.ipAddress").await, "");
    assert_eq!(
        client.property(machine, "guest.toolsRunningStatus").await,
        "guestToolsNotRunning"
    );
}

#[tokio::test]
async fn statistics_are_of_several_machines_at_once() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let machines = client.machines().await;
    let manager = ("PerformanceManager", "ha-perfmgr");
    let entity = format!(
        "<entity type=\"VirtualMachine\">{}</entity><intervalId>20</intervalId>",
        machines[0]
    );
    let known = client.call("QueryAvailablePerfMetric", manager, &entity).await;
    let (counters, instances) = (known.values("counterId"), known.values("instance"));
    let of_all = counters
        .iter()
        .zip(&instances)
        .find(|(_, instance)| instance.is_empty());
    let (counter, _) = of_all.expect("a measure of the machine as a whole");
    let queries: String = machines
        .iter()
        .map(|machine| {
            format!(
                "<querySpec><entity type=\"VirtualMachine\">{machine}</entity><maxSample>3</maxSample><metricId>\
                 <counterId>{counter}</counterId><instance></instance></metricId><intervalId>20</intervalId></querySpec>"
            )
        })
        .collect();
    let answer = client.call("QueryPerf", manager, &queries).await;
    assert_eq!(answer.values("entity"), machines);
    let times = answer.values("timestamp");
    assert_eq!(times.len(), 6);
    assert!(times[0] < times[1], "the newest is the last: {times:?}");
    assert_eq!(answer.text().matches("<value>").count(), 6);
}
