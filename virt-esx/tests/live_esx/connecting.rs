//! Connecting: by which certificate, as whom, to what of the inventory; and what goes wrong.

use virt_core::ErrorKind;
use virt_core::credentials::Secret;
use virt_core::domain::DomainFilter;
use virt_testkit::live::vsphere::SimulatorOptions;

use crate::fixture::{bare, builder, connected, open, simulator};

#[tokio::test]
async fn a_host_tells_what_it_is_and_lists_its_machines() {
    let Some((_simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    assert_eq!(conn.driver_name(), "ESX");
    let version = conn.version().await.expect("its version");
    assert!(version.major >= 6, "{version}");
    let node = conn.node_info().await.expect("its host");
    assert!(
        node.memory_kib > 0 && node.cpus > 0 && !node.hostname.is_empty(),
        "{node:?}"
    );
    let infos = conn
        .domain_infos(&DomainFilter::all())
        .await
        .expect("its machines");
    assert_eq!(infos.len(), 2, "{infos:?}");
    for info in &infos {
        assert!(
            info.state.is_active() && info.id.is_some() && info.persistent,
            "{info:?}"
        );
        assert!(info.memory.as_bytes() > 0 && info.vcpus > 0, "{info:?}");
    }
    let first = infos.first().expect("one").domain.clone();
    let by_name = conn.domain(first.name.as_str()).await.expect("by its name");
    let by_uuid = conn.domain(first.uuid).await.expect("by its uuid");
    assert_eq!(
        (by_name.uuid(), by_uuid.name()),
        (first.uuid, first.name.as_str())
    );
    let error = conn.domain("nobody").await.expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains(&first.name), "{error}");
    conn.shutdown().await.expect("it ends");
    let error = conn.domain(first.name.as_str()).await.expect_err("it is closed");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost);
}

#[tokio::test]
async fn a_list_of_a_hundred_costs_no_more_calls_than_one_of_two() {
    let options = SimulatorOptions::esx().with_machines(100);
    let Some((simulator, conn)) = connected(options).await else {
        return;
    };
    let infos = conn
        .domain_infos(&DomainFilter::all())
        .await
        .expect("its machines");
    assert_eq!(infos.len(), 100);
    let calls = simulator.calls().await.expect("counts");
    let asked: u64 = calls.iter().map(|(_, count)| count).sum();
    assert!(asked <= 8, "{:?}", calls.iter().collect::<Vec<_>>());
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_vcenter_is_seen_whole_or_by_a_part_of_its_inventory() {
    let Some(simulator) = simulator(SimulatorOptions::vcenter()).await else {
        return;
    };
    let root = format!("vpx://{}", simulator.host_port());
    let count = async |path: &str| {
        let conn = open(&simulator, &format!("{root}/{path}"), "").await?;
        let infos = conn.domain_infos(&DomainFilter::all()).await?;
        conn.shutdown().await?;
        Ok::<_, virt_core::Error>(infos.len())
    };
    let all = count("").await.expect("all of it");
    let of_cluster = count("DC0/DC0_C0").await.expect("a cluster");
    let of_host = count("DC0/DC0_H0/DC0_H0").await.expect("a host");
    assert!(all > of_host && all >= of_cluster, "{all} {of_cluster} {of_host}");
    let error = count("DC0/nowhere").await.expect_err("it is nowhere");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = open(&simulator, &format!("esx://{}/", simulator.host_port()), "").await;
    let error = error.map(drop).expect_err("it is a vCenter");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
}

#[tokio::test]
async fn who_cannot_be_believed_is_refused_and_its_thumbprint_is_told() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let pin = simulator.certificate().sha256_thumbprint();
    let uri = bare(&simulator.esx_uri());
    let error = builder(&simulator)
        .open(&uri)
        .await
        .map(drop)
        .expect_err("nobody signed it");
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{error}");
    let told = error.to_string().replace(':', "");
    assert!(told.contains(&pin.replace(':', "")), "{error}");
    let other = format!("{uri}?thumbprint=00112233445566778899AABBCCDDEEFF00112233");
    let error = builder(&simulator)
        .open(&other)
        .await
        .map(drop)
        .expect_err("it is another's");
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{error}");
    for way in [
        "no_verify=1".to_owned(),
        format!("thumbprint={}", simulator.certificate().sha1_thumbprint()),
    ] {
        let conn = builder(&simulator).open(&format!("{uri}?{way}")).await;
        conn.expect("it opens").shutdown().await.expect("it ends");
    }
}

#[tokio::test]
async fn a_wrong_password_is_asked_for_again_and_then_refused() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counter = std::sync::Arc::clone(&asked);
    let builder =
        builder(&simulator).credentials(move |request: virt_core::credentials::CredentialRequest| {
            let counter = std::sync::Arc::clone(&counter);
            async move {
                counter.fetch_max(request.attempt + 1, std::sync::atomic::Ordering::Relaxed);
                Some(Secret::new("wrong"))
            }
        });
    let uri = format!(
        "{}?no_verify=1",
        simulator.esx_uri().split('?').next().unwrap_or_default()
    );
    let error = builder.open(&uri).await.map(drop).expect_err("it is wrong");
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{error}");
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 3);
}

#[tokio::test]
async fn what_is_no_server_is_told_as_such() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let builder = builder(&simulator);
    let port = simulator.port();
    let error = builder
        .clone()
        .open(&format!("esx://root@127.0.0.1:{port}/?transport=http"))
        .await;
    let error = error.map(drop).expect_err("it speaks TLS");
    assert!(
        matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::ConnectionLost),
        "{error}"
    );
    let error = builder
        .open("esx://root@127.0.0.1:1/")
        .await
        .map(drop)
        .expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
}
