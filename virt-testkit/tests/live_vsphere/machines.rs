//! What is done to machines, beyond what the library does.

use crate::soap::{Answer, Client};
use crate::{host, simulator};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

#[tokio::test]
async fn guests_reboot_and_stand_by_only_with_their_tools() {
    let Some((simulator, client)) = host().await else {
        return;
    };
    let machines = client.machines().await;
    let machine = ("VirtualMachine", machines[0].as_str());
    let control = simulator.control();
    assert_eq!(client.call("RebootGuest", machine, "").await.status, 200);
    control.remove_tools("ha-host_VM0").await.expect("a control");
    assert_eq!(
        client.call("RebootGuest", machine, "").await.fault(),
        "ToolsUnavailable"
    );
    assert_eq!(
        client.call("ShutdownGuest", machine, "").await.fault(),
        "ToolsUnavailable"
    );
    control.restore_tools("ha-host_VM0").await.expect("a control");
    assert_eq!(client.call("StandbyGuest", machine, "").await.status, 200);
    assert_eq!(client.property(machine, "runtime.powerState").await, "suspended");
    assert_eq!(
        client.call("RebootGuest", machine, "").await.fault(),
        "InvalidPowerState"
    );
}

#[tokio::test]
async fn names_are_given_once_and_changes_are_of_what_was_read() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let machines = client.machines().await;
    let machine = ("VirtualMachine", machines[0].as_str());
    let renamed = client
        .task("Rename_Task", machine, "<newName>ha-host_VM1</newName>")
        .await;
    assert!(renamed.text().contains("DuplicateName"), "{}", renamed.text());
    let version = client.property(machine, "config.changeVersion").await;
    assert!(!version.is_empty());
    let change =
        format!("<spec><changeVersion>{version}</changeVersion><annotation>read</annotation></spec>");
    let changed = client.task("ReconfigVM_Task", machine, &change).await;
    assert_eq!(changed.value("state"), "success");
    let again = client.task("ReconfigVM_Task", machine, &change).await;
    assert!(again.text().contains("ConcurrentAccess"), "{}", again.text());
    assert_eq!(client.property(machine, "config.annotation").await, "read");
}

#[tokio::test]
async fn a_snapshot_is_renamed_and_brings_back_the_power_it_had() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let machines = client.machines().await;
    let machine = ("VirtualMachine", machines[0].as_str());
    let words = "<name>a</name><memory>false</memory><quiesce>false</quiesce>";
    let made = client.task("CreateSnapshot_Task", machine, words).await;
    let snapshot = ("VirtualMachineSnapshot", made.value("result"));
    let snapshot = (snapshot.0, snapshot.1.as_str());
    let words = "<name>b</name><description>later</description>";
    assert_eq!(client.call("RenameSnapshot", snapshot, words).await.status, 200);
    let tree = client.properties(machine, &["snapshot.rootSnapshotList"]).await;
    assert!(
        tree.text()
            .contains("<name>b</name><description>later</description>")
    );
    client.task("CreateSnapshot_Task", machine, words).await;
    let reverted = client.task("RevertToSnapshot_Task", snapshot, "").await;
    assert_eq!(reverted.value("state"), "success");
    assert_eq!(client.property(machine, "runtime.powerState").await, "poweredOff");
}

#[tokio::test]
async fn machines_start_with_their_host() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let machines = client.machines().await;
    let host = ("HostSystem", "ha-host");
    let manager = client.property(host, "configManager.autoStartManager").await;
    let manager = ("HostAutoStartManager", manager.as_str());
    let entry = |action: &str| {
        format!(
            "<spec><defaults><enabled>true</enabled></defaults><powerInfo><key type=\"VirtualMachine\">{}</key>\
             <startOrder>1</startOrder><startDelay>-1</startDelay><waitForHeartbeat>systemDefault</waitForHeartbeat>\
             <startAction>{action}</startAction><stopDelay>-1</stopDelay><stopAction>systemDefault</stopAction>\
             </powerInfo></spec>",
            machines[0]
        )
    };
    client
        .call("ReconfigureAutostart", manager, &entry("powerOn"))
        .await;
    let config = client.properties(manager, &["config"]).await;
    assert_eq!(config.value("enabled"), "true");
    assert_eq!(config.value("key"), machines[0]);
    let config = client.properties(host, &["config.autoStart"]).await;
    assert_eq!(config.value("key"), machines[0]);
    client.call("ReconfigureAutostart", manager, &entry("none")).await;
    let config = client.properties(manager, &["config"]).await;
    assert_eq!(config.value("key"), "");
}

#[tokio::test]
async fn consoles_have_tickets() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let machines = client.machines().await;
    let machine = ("VirtualMachine", machines[0].as_str());
    let ticket = client
        .call("AcquireTicket", machine, "<ticketType>webmks</ticketType>")
        .await;
    assert!(ticket.value("url").starts_with("wss://127.0.0.1:"));
    let wrong = client
        .call("AcquireTicket", machine, "<ticketType>x</ticketType>")
        .await;
    assert_eq!(wrong.fault(), "InvalidArgument");
    assert_eq!(
        client.call("AcquireMksTicket", machine, "").await.value("host"),
        "127.0.0.1"
    );
}

#[tokio::test]
async fn events_can_be_asked_for_on_a_host() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let machines = client.machines().await;
    client
        .call("RebootGuest", ("VirtualMachine", &machines[0]), "")
        .await;
    let words = "<filter><maxCount>2</maxCount></filter>";
    let events = client
        .call("QueryEvents", ("EventManager", "ha-eventmgr"), words)
        .await;
    let found = events.text();
    let login = found.find("UserLoginSessionEvent").expect("the login");
    assert!(found.find("VmGuestRebootEvent").expect("the reboot") > login);
}

/// A vCenter with one machine in a cluster, and who is logged in to it.
struct Center {
    _simulator: Simulator,
    client: Client,
    index: String,
    collector: String,
}

impl Center {
    async fn start() -> Option<Self> {
        let options = SimulatorOptions::vcenter()
            .with_standalone_hosts(0)
            .with_machines(1);
        let simulator = simulator(options).await?;
        let mut client = Client::of(&simulator);
        client.login(&simulator).await;
        let service = ("ServiceInstance", "ServiceInstance");
        let content = client.call("RetrieveServiceContent", service, "").await;
        Some(Self {
            _simulator: simulator,
            client,
            index: content.value("searchIndex"),
            collector: content.value("propertyCollector"),
        })
    }

    async fn find(&self, path: &str) -> String {
        let words = format!("<inventoryPath>{path}</inventoryPath>");
        let index = ("SearchIndex", self.index.as_str());
        let answer = self.client.call("FindByInventoryPath", index, &words).await;
        answer.value("returnval")
    }

    async fn property(&self, (kind, value): (&str, &str), path: &str) -> Answer {
        let words = format!(
            "<specSet><propSet><type>{kind}</type><pathSet>{path}</pathSet></propSet><objectSet>\
             <obj type=\"{kind}\">{value}</obj></objectSet></specSet><options/>"
        );
        let collector = ("PropertyCollector", self.collector.as_str());
        self.client.call("RetrievePropertiesEx", collector, &words).await
    }
}

#[tokio::test]
async fn a_machine_moves_to_another_host_of_its_cluster() {
    let Some(center) = Center::start().await else {
        return;
    };
    let machine = center.find("/DC0/vm/DC0_C0_RP0_VM0").await;
    for path in ["/DC0/host/DC0_C0/DC0_C0_H0", "/DC0/host/DC0_C0/DC0_C0_H1"] {
        let host = center.find(path).await;
        let words = format!("<host type=\"HostSystem\">{host}</host><priority>defaultPriority</priority>");
        let moved = center
            .client
            .call("MigrateVM_Task", ("VirtualMachine", &machine), &words)
            .await;
        assert_eq!(moved.status, 200, "{}", moved.text());
        let on_it = center.property(("HostSystem", &host), "vm").await;
        assert_eq!(on_it.values("ManagedObjectReference"), [machine.as_str()]);
    }
    let left = center.find("/DC0/host/DC0_C0/DC0_C0_H0").await;
    let left = center.property(("HostSystem", &left), "vm").await;
    assert_eq!(left.values("ManagedObjectReference").len(), 0);
}

#[tokio::test]
async fn a_clone_has_disks_of_its_own() {
    let Some(center) = Center::start().await else {
        return;
    };
    let folder = center.find("/DC0/vm").await;
    let machine = center.find("/DC0/vm/DC0_C0_RP0_VM0").await;
    let clone = |name: &str| {
        format!(
            "<folder type=\"Folder\">{folder}</folder><name>{name}</name><spec><location/><template>false</template>\
             <powerOn>false</powerOn></spec>"
        )
    };
    let source = ("VirtualMachine", machine.as_str());
    let made = center
        .client
        .call("CloneVM_Task", source, &clone("copy"))
        .await
        .value("returnval");
    let made = center.property(("Task", &made), "info").await;
    assert_eq!(made.value("state"), "success", "{}", made.text());
    let copy = center.find("/DC0/vm/copy").await;
    for (machine, file) in [
        (&machine, "[LocalDS_0] DC0_C0_RP0_VM0/disk1.vmdk"),
        (&copy, "[LocalDS_0] copy/copy.vmdk"),
    ] {
        let devices = center
            .property(("VirtualMachine", machine), "config.hardware.device")
            .await;
        assert_eq!(devices.value("fileName"), file);
    }
    let again = center
        .client
        .call("CloneVM_Task", source, &clone("copy"))
        .await
        .value("returnval");
    let again = center.property(("Task", &again), "info.error").await;
    assert!(again.text().contains("DuplicateName"), "{}", again.text());
}
