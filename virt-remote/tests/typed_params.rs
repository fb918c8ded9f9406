//! A daemon that tells more than is known: fields of tomorrow are kept with every typed struct, and a value of a type of
//! tomorrow costs the one call alone.
#![cfg(feature = "rpc")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;

use tokio::net::TcpListener;
use uuid::Uuid;
use virt_core::backend::{BackendTable, PathRule};
use virt_core::params::{ParamValue, Params};
use virt_core::stats::StatsGroups;
use virt_core::{Connection, Domain, ErrorKind};
use virt_remote::driver::RemoteBackend;
use virt_remote::protocol::ProcedureInfo;
use virt_remote::protocol::remote::auth::{AuthList, AuthListRet};
use virt_remote::protocol::remote::connect::{
    ConnectClose, ConnectGetAllDomainStats, ConnectGetAllDomainStatsRet, ConnectGetLibVersion,
    ConnectGetLibVersionRet, ConnectGetType, ConnectGetTypeRet, ConnectOpen, ConnectSupportsFeature,
    ConnectSupportsFeatureRet,
};
use virt_remote::protocol::remote::domain::{DomainLookupByName, DomainLookupByNameRet, DomainStatsRecord};
use virt_remote::protocol::remote::domain_guest::{DomainGetGuestInfo, DomainGetGuestInfoRet};
use virt_remote::protocol::remote::domain_save::{DomainGetJobStats, DomainGetJobStatsRet};
use virt_remote::protocol::remote::node::{
    NodeGetCpuStats, NodeGetCpuStatsItem, NodeGetCpuStatsRet, NodeGetMemoryStats, NodeGetMemoryStatsItem,
    NodeGetMemoryStatsRet,
};
use virt_remote::protocol::remote::object::Domain as RemoteDomain;
use virt_remote::protocol::xdr::{self, TypedParams};
use virt_testkit::fake_daemon::{FakeDaemon, FakeReply, REMOTE};

/// A field that no version knows.
const NEW: &str = "of_tomorrow";

fn on<T: xdr::Xdr>(daemon: &FakeDaemon, procedure: &ProcedureInfo, answer: &T) {
    let answer = xdr::to_bytes(answer).expect("bytes");
    daemon.on(REMOTE, procedure.number, move |_| {
        FakeReply::Return(answer.clone())
    });
}

fn remote() -> RemoteDomain {
    RemoteDomain {
        name: "web".into(),
        uuid: Uuid::from_u128(7),
        id: 1,
    }
}

/// A daemon of QEMU's with one domain, and a connection to it.
async fn connected() -> (FakeDaemon, Connection, Domain) {
    let daemon = FakeDaemon::new();
    on(&daemon, AuthList::INFO, &AuthListRet { types: Vec::new() });
    on(
        &daemon,
        ConnectSupportsFeature::INFO,
        &ConnectSupportsFeatureRet { supported: 0 },
    );
    on(
        &daemon,
        ConnectGetType::INFO,
        &ConnectGetTypeRet { type_: "QEMU".into() },
    );
    on(
        &daemon,
        ConnectGetLibVersion::INFO,
        &ConnectGetLibVersionRet { lib_ver: 11_003_000 },
    );
    on(
        &daemon,
        DomainLookupByName::INFO,
        &DomainLookupByNameRet { dom: remote() },
    );
    for done in [ConnectOpen::INFO, ConnectClose::INFO] {
        daemon.on(REMOTE, done.number, |_| FakeReply::done());
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let serving = daemon.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            serving.serve(stream);
        }
    });
    let backend = Arc::new(RemoteBackend::new());
    let table = BackendTable::default().backend("qemu", PathRule::Any, "rpc", Some(backend));
    let uri = format!("qemu+tcp://127.0.0.1:{port}/system?name=qemu:///system");
    let opened = Connection::builder().backends(table).open(&uri).await;
    let conn = opened.expect("a connection");
    let domain = conn.domain("web").await.expect("a domain");
    (daemon, conn, domain)
}

/// One value of every type, under a name that is new.
fn of_tomorrow(prefix: &str) -> TypedParams {
    TypedParams::new()
        .with(format!("{prefix}int.{NEW}"), -1_i32)
        .with(format!("{prefix}uint.{NEW}"), 1_u32)
        .with(format!("{prefix}llong.{NEW}"), i64::MIN)
        .with(format!("{prefix}ullong.{NEW}"), u64::MAX)
        .with(format!("{prefix}double.{NEW}"), 0.5_f64)
        .with(format!("{prefix}boolean.{NEW}"), true)
        .with(format!("{prefix}string.{NEW}"), "kept")
}

/// The same, as it has to be kept.
fn kept(prefix: &str) -> Params {
    Params::new()
        .with(format!("{prefix}int.{NEW}"), ParamValue::Int(-1))
        .with(format!("{prefix}uint.{NEW}"), ParamValue::UInt(1))
        .with(format!("{prefix}llong.{NEW}"), ParamValue::Long(i64::MIN))
        .with(format!("{prefix}ullong.{NEW}"), ParamValue::ULong(u64::MAX))
        .with(format!("{prefix}double.{NEW}"), ParamValue::Double(0.5))
        .with(format!("{prefix}boolean.{NEW}"), ParamValue::Bool(true))
        .with(
            format!("{prefix}string.{NEW}"),
            ParamValue::Text("kept".to_owned()),
        )
}

#[tokio::test]
async fn statistics_keep_what_is_new() {
    let (daemon, conn, _domain) = connected().await;
    let params = of_tomorrow("block.0.")
        .with("state.state", 1_i32)
        .with("block.count", 1_u32)
        .with("block.0.name", "vda");
    let record = DomainStatsRecord {
        dom: remote(),
        params,
    };
    on(
        &daemon,
        ConnectGetAllDomainStats::INFO,
        &ConnectGetAllDomainStatsRet {
            ret_stats: vec![record],
        },
    );
    let rows = conn.domain_stats(StatsGroups::all()).await.expect("statistics");
    let [row] = rows.as_slice() else {
        panic!("{} rows", rows.len())
    };
    assert_eq!(
        row.stats.block.first().map(|block| block.target.as_str()),
        Some("vda")
    );
    assert_eq!(row.stats.rest, kept("block.0."));
}

#[tokio::test]
async fn figures_of_jobs_keep_what_is_new() {
    let (daemon, _conn, domain) = connected().await;
    let stats = DomainGetJobStatsRet {
        type_: 2,
        params: of_tomorrow("").with("operation", 5_i32).with("data_total", 9_u64),
    };
    on(&daemon, DomainGetJobStats::INFO, &stats);
    let found = domain.job_statistics().await.expect("figures").expect("a job");
    assert_eq!(found.data.map(|data| data.total), Some(9));
    assert_eq!(found.rest, kept(""));
}

#[tokio::test]
async fn what_a_guest_says_keeps_what_is_new() {
    let (daemon, _conn, domain) = connected().await;
    let mut params = of_tomorrow("os.");
    for param in of_tomorrow("user.0.") {
        params.push(param.field, param.value);
    }
    let params = params
        .with("os.id", "debian")
        .with("user.count", 1_u32)
        .with("user.0.name", "ann");
    on(
        &daemon,
        DomainGetGuestInfo::INFO,
        &DomainGetGuestInfoRet { params },
    );
    let users = domain.agent().users().await.expect("users");
    let [user] = users.as_slice() else {
        panic!("{users:?}")
    };
    assert_eq!((user.name.as_str(), &user.rest), ("ann", &kept("")));
    let os = domain.agent().os().await.expect("a system");
    assert_eq!(os.id.as_deref(), Some("debian"));
    let os_of_tomorrow: Params = os
        .rest
        .iter()
        .filter(|(name, _)| name.starts_with("os."))
        .map(|(name, value)| (name, value.clone()))
        .collect();
    assert_eq!(os_of_tomorrow, kept("os."));
}

#[tokio::test]
async fn figures_of_the_machine_keep_what_is_new() {
    let (daemon, conn, _domain) = connected().await;
    let figure = |field: &str, value| NodeGetCpuStatsItem {
        field: field.into(),
        value,
    };
    let cpu = NodeGetCpuStatsRet {
        params: vec![figure("user", 1), figure(NEW, 2)],
        nparams: 2,
    };
    on(&daemon, NodeGetCpuStats::INFO, &cpu);
    let found = conn.node().cpu_stats(None).await.expect("figures");
    assert_eq!(found.other, [(NEW.to_owned(), 2)]);
    let figure = |field: &str, value| NodeGetMemoryStatsItem {
        field: field.into(),
        value,
    };
    let memory = NodeGetMemoryStatsRet {
        params: vec![figure("total", 1), figure(NEW, 2)],
        nparams: 2,
    };
    on(&daemon, NodeGetMemoryStats::INFO, &memory);
    let found = conn.node().memory_stats(None).await.expect("figures");
    assert_eq!(found.other, [(NEW.to_owned(), 2)]);
}

/// How long such a value is nobody knows, so what follows it can't be read either.
#[tokio::test]
async fn a_type_of_tomorrow_costs_one_call() {
    let (daemon, conn, domain) = connected().await;
    let params = TypedParams::new().with(NEW, 1_i32);
    let stats = DomainGetJobStatsRet { type_: 2, params };
    let mut bytes = xdr::to_bytes(&stats).expect("bytes");
    // The type stands before the value, which is the last.
    let at = bytes.len() - 8;
    let kind = bytes.get_mut(at..at + 4).expect("a type");
    assert_eq!(*kind, 1_i32.to_be_bytes());
    kind.copy_from_slice(&8_i32.to_be_bytes());
    daemon.on(REMOTE, DomainGetJobStats::INFO.number, move |_| {
        FakeReply::Return(bytes.clone())
    });
    let error = domain.job_statistics().await.expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
    conn.domain("web").await.expect("the connection goes on");
}
