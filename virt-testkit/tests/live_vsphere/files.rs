//! Files of datastores, disks, pictures.

use crate::host;

const DISKS: (&str, &str) = ("VirtualDiskManager", "ha-vdiskmanager");
const PLACE: &str = "dcPath=ha-datacenter&dsName=LocalDS_0";

#[tokio::test]
async fn files_are_for_who_is_logged_in() {
    let Some((simulator, client)) = host().await else {
        return;
    };
    let path = format!("/folder/notes/a%20b.txt?{PLACE}");
    let mut stranger = client.clone();
    stranger.cookie = None;
    let request = |client: crate::soap::Client, method: &'static str, more: &'static str| {
        let path = path.clone();
        async move {
            client
                .http(method, &path, more, b"hello")
                .await
                .expect("an answer")
        }
    };
    let refused = request(stranger.clone(), "PUT", "").await;
    assert_eq!(refused.status, 401);
    assert!(refused.head.contains("Basic realm"), "{}", refused.head);
    // root:secret
    let basic = "Authorization: Basic cm9vdDpzZWNyZXQ=\r\n";
    assert_eq!(request(stranger, "PUT", basic).await.status, 201);
    assert_eq!(request(client.clone(), "PUT", "").await.status, 200);
    let part = request(client.clone(), "GET", "Range: bytes=1-2\r\n").await;
    assert_eq!((part.status, part.text().as_str()), (206, "el"));
    assert_eq!(request(client.clone(), "DELETE", "").await.status, 204);
    assert_eq!(request(client, "GET", "").await.status, 404);
    let calls = simulator.calls().await.expect("the counts");
    assert_eq!(calls.of("PUT /folder"), 3);
}

#[tokio::test]
async fn a_disk_grows_and_its_size_is_found() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let disk = "<name>[LocalDS_0] disk.vmdk</name>";
    let words = format!(
        "{disk}<spec xsi:type=\"FileBackedVirtualDiskSpec\"><diskType>thin</diskType>\
         <adapterType>lsiLogic</adapterType><capacityKb>2048</capacityKb></spec>"
    );
    let made = client.task("CreateVirtualDisk_Task", DISKS, &words).await;
    assert_eq!(made.value("state"), "success");
    let grow = |kilobytes: u32| format!("{disk}<newCapacityKb>{kilobytes}</newCapacityKb>");
    let grown = client.task("ExtendVirtualDisk_Task", DISKS, &grow(4096)).await;
    assert_eq!(grown.value("state"), "success");
    let shrunk = client.task("ExtendVirtualDisk_Task", DISKS, &grow(1024)).await;
    assert!(shrunk.text().contains("InvalidArgument"));
    let zeroed = client.task("ZeroFillVirtualDisk_Task", DISKS, disk).await;
    assert_eq!(zeroed.value("state"), "success");
    let missing = "<name>[LocalDS_0] none.vmdk</name>";
    let missing = client.task("ZeroFillVirtualDisk_Task", DISKS, missing).await;
    assert!(missing.text().contains("FileNotFound"));
    let stores = client.all("Datastore", &["browser"]).await;
    let browser = client.retrieve(&stores, "").await.value("val");
    let words = "<datastorePath>[LocalDS_0]</datastorePath><searchSpec><query xsi:type=\"VmDiskFileQuery\"/>\
        <details><fileType>true</fileType><fileSize>true</fileSize><modification>false</modification></details>\
        </searchSpec>";
    let browser = ("HostDatastoreBrowser", browser.as_str());
    let found = client.task("SearchDatastore_Task", browser, words).await;
    assert_eq!(found.value("capacityKb"), "4096", "{}", found.text());
    assert_eq!(found.value("thin"), "true");
}

#[tokio::test]
async fn a_screenshot_is_a_file_beside_the_machine() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let machines = client.machines().await;
    let machine = ("VirtualMachine", machines[0].as_str());
    let made = client.task("CreateScreenshot_Task", machine, "").await;
    let path = made.value("result");
    assert_eq!(path, "[LocalDS_0] ha-host_VM0/ha-host_VM0-0.png");
    let file = path.trim_start_matches("[LocalDS_0] ");
    let picture = client
        .http("GET", &format!("/folder/{file}?{PLACE}"), "", b"")
        .await
        .expect("an answer");
    assert_eq!(picture.status, 200);
    assert!(picture.body.starts_with(b"\x89PNG\r\n"));
    let screen = format!("/screen?id={}", machines[0]);
    let screen = client.http("GET", &screen, "", b"").await.expect("an answer");
    assert_eq!(screen.body, picture.body);
}

#[tokio::test]
async fn a_machine_has_its_vmx_file() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let path = format!("/folder/ha-host_VM0/ha-host_VM0.vmx?{PLACE}");
    let file = client.http("GET", &path, "", b"").await.expect("an answer");
    let text = file.text();
    for line in [
        "displayName = \"ha-host_VM0\"",
        "memsize = \"32\"",
        "scsi0:0.fileName = \"disk1.vmdk\"",
    ] {
        assert!(text.contains(line), "no {line} in {text}");
    }
}

#[tokio::test]
async fn a_machine_is_registered_with_what_its_vmx_file_says() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let vmx = "displayName = \"sent\"\nmemsize = \"256\"\nnumvcpus = \"2\"\nscsi0.present = \"TRUE\"\n\
        scsi0.virtualDev = \"pvscsi\"\nscsi0:1.present = \"TRUE\"\nscsi0:1.fileName = \"root.vmdk\"\n";
    let path = format!("/folder/sent/sent.vmx?{PLACE}");
    let sent = client.http("PUT", &path, "", vmx.as_bytes()).await;
    assert_eq!(sent.expect("an answer").status, 201);
    let words = "<path>[LocalDS_0] sent/sent.vmx</path><asTemplate>false</asTemplate>\
        <pool type=\"ResourcePool\">ha-root-pool</pool>";
    let folder = ("Folder", "ha-folder-vm");
    let registered = client.task("RegisterVM_Task", folder, words).await;
    assert_eq!(registered.value("state"), "success", "{}", registered.text());
    let machine = registered.value("result");
    let hardware = client
        .properties(("VirtualMachine", &machine), &["name", "config.hardware"])
        .await;
    assert_eq!(hardware.value("memoryMB"), "256");
    assert_eq!(hardware.value("fileName"), "[LocalDS_0] sent/root.vmdk");
    assert!(hardware.text().contains("ParaVirtualSCSIController"));
    assert!(hardware.text().contains(">sent</val>"));
}
