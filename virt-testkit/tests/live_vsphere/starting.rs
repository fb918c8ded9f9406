//! What it is: a host or a vCenter of a size, with a login and a certificate.

use crate::soap::Client;
use crate::{host, simulator};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use virt_testkit::live::leftovers;
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions, SimulatorProgram};
use virt_testkit::skip;

#[tokio::test]
async fn a_host_has_its_machines_and_lets_in_who_knows_the_password() {
    let Some(simulator) = simulator(SimulatorOptions::esx().with_machines(3)).await else {
        return;
    };
    let mut client = Client::of(&simulator);
    let refused = client.login_as(simulator.user(), "wrong").await;
    assert_eq!(refused.fault(), "InvalidLogin");
    let refused = client.login_as("nobody", simulator.password()).await;
    assert_eq!(refused.fault(), "InvalidLogin");
    assert_eq!(client.login(&simulator).await.status, 200);
    assert_eq!(client.machines().await.len(), 3);
    let content = client
        .call(
            "RetrieveServiceContent",
            ("ServiceInstance", "ServiceInstance"),
            "",
        )
        .await;
    assert_eq!(content.value("apiType"), "HostAgent");
}

#[tokio::test]
async fn a_vcenter_has_the_sizes_that_it_was_asked_for() {
    let options = SimulatorOptions::vcenter()
        .with_datacenters(2)
        .with_clusters(1)
        .with_cluster_hosts(2)
        .with_machines(1)
        .powered_off();
    let Some(simulator) = simulator(options).await else {
        return;
    };
    let mut client = Client::of(&simulator);
    client.login(&simulator).await;
    let service = ("ServiceInstance", "ServiceInstance");
    let content = client.call("RetrieveServiceContent", service, "").await;
    assert_eq!(content.value("apiType"), "VirtualCenter");
    let root = content.value("rootFolder");
    for (kind, wanted) in [("Datacenter", 2), ("HostSystem", 6), ("VirtualMachine", 4)] {
        let words = format!(
            "<container type=\"Folder\">{root}</container><type>{kind}</type><recursive>true</recursive>"
        );
        let view = client
            .call(
                "CreateContainerView",
                ("ViewManager", &content.value("viewManager")),
                &words,
            )
            .await;
        let words = format!(
            "<specSet><propSet><type>ContainerView</type><pathSet>view</pathSet></propSet>\
             <objectSet><obj type=\"ContainerView\">{}</obj></objectSet></specSet><options/>",
            view.value("returnval")
        );
        let collector = content.value("propertyCollector");
        let found = client
            .call("RetrievePropertiesEx", ("PropertyCollector", &collector), &words)
            .await;
        assert_eq!(found.values("ManagedObjectReference").len(), wanted, "{kind}");
    }
}

#[tokio::test]
async fn it_shows_its_certificate_and_another_one_after_a_restart() {
    if let Err(missing) = SimulatorProgram::check() {
        skip!("{missing}");
    }
    let mut simulator = Simulator::start(SimulatorOptions::esx())
        .await
        .expect("a simulator");
    assert!(simulator.url().starts_with("https://127.0.0.1:"));
    let before = simulator.certificate().clone();
    assert_eq!(before.sha1_thumbprint().len(), 59);
    assert_eq!(handshake(&simulator, before.der()).await, Ok("405".to_owned()));
    let port = simulator.port();
    simulator.restart_with_new_certificate().await.expect("a restart");
    assert_eq!(simulator.port(), port);
    assert_ne!(
        simulator.certificate().sha256_thumbprint(),
        before.sha256_thumbprint()
    );
    assert!(handshake(&simulator, before.der()).await.is_err());
    let after = simulator.certificate().der().to_vec();
    assert!(handshake(&simulator, &after).await.is_ok());
}

/// The status of an answer to who trusts this certificate and no other.
async fn handshake(simulator: &Simulator, trusted: &[u8]) -> Result<String, String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.to_vec().into()).expect("a certificate");
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(simulator.host_port())
        .await
        .expect("a connection");
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    let connector = TlsConnector::from(Arc::new(config));
    let mut stream = connector
        .connect(name, stream)
        .await
        .map_err(|error| error.to_string())?;
    stream
        .write_all(b"GET /sdk HTTP/1.0\r\n\r\n")
        .await
        .expect("a request");
    let mut said = Vec::new();
    drop(stream.read_to_end(&mut said).await);
    let said = String::from_utf8_lossy(&said).into_owned();
    Ok(said.split(' ').nth(1).unwrap_or_default().to_owned())
}

#[tokio::test]
async fn nothing_of_it_stays() {
    let Some((simulator, _)) = host().await else {
        return;
    };
    let directory = simulator.directory().to_path_buf();
    let running = || leftovers::processes_in(&directory).expect("a look");
    assert!(directory.exists());
    drop(simulator);
    let until = Instant::now() + Duration::from_secs(10);
    while !running().is_empty() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(running(), []);
    assert!(!directory.exists());
}

#[tokio::test]
async fn a_restart_forgets_sessions_and_keeps_the_port() {
    let Some((mut simulator, client)) = host().await else {
        return;
    };
    let port = simulator.port();
    simulator.kill().await.expect("an end");
    let refused = client
        .try_call("CurrentTime", ("ServiceInstance", "ServiceInstance"), "")
        .await;
    assert!(refused.is_err());
    simulator.restart().await.expect("a restart");
    assert_eq!(simulator.port(), port);
    let answer = client
        .call("CurrentTime", ("ServiceInstance", "ServiceInstance"), "")
        .await;
    assert_eq!(answer.fault(), "NotAuthenticated");
}

#[tokio::test]
async fn each_call_takes_the_time_that_was_asked_for() {
    let options = SimulatorOptions::esx().with_delay(Duration::from_millis(200));
    let Some(simulator) = simulator(options).await else {
        return;
    };
    let began = Instant::now();
    let client = Client::of(&simulator);
    client
        .call(
            "RetrieveServiceContent",
            ("ServiceInstance", "ServiceInstance"),
            "",
        )
        .await;
    assert!(began.elapsed() >= Duration::from_millis(200));
}
