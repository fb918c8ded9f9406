//! The guest agent's client against a fake agent that misbehaves.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use virt_core::agent::{ExecRequest, GuestInterface};
use virt_core::host::ExitStatus;
use virt_qemu::agent::commands::filesystem::{FreezeStatus, GuestFsfreezeStatus};
use virt_qemu::agent::commands::network::GuestNetworkGetInterfaces;
use virt_qemu::agent::commands::power::{GuestShutdown, GuestSuspendRam, ShutdownMode};
use virt_qemu::agent::commands::system::{GuestGetHostName, GuestInfo, GuestPing};
use virt_qemu::agent::{AgentConnection, AgentError, FREEZE_DEADLINE, FileMode, THAW_DEADLINE};
use virt_qemu::qmp::Delivery;
use virt_testkit::fake_agent::FakeAgent;
use virt_testkit::fake_qmp::FakeAnswer;

fn within(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

fn open(fake: &FakeAgent) -> AgentConnection {
    AgentConnection::new(fake.connect(), "test")
}

#[tokio::test]
async fn commands_are_answered_after_one_synchronisation() {
    let fake = FakeAgent::new();
    let agent = open(&fake);
    for _ in 0..3 {
        agent.execute(&GuestPing, within(5)).await.unwrap();
    }
    let info = agent.execute(&GuestInfo, within(5)).await.unwrap();
    assert!(info.allows("guest-exec") && !info.allows("guest-nothing"));
    assert_eq!(
        (fake.count("guest-sync-delimited"), fake.count("guest-ping")),
        (1, 3)
    );
}

#[tokio::test]
async fn what_an_earlier_conversation_left_in_the_channel_is_discarded() {
    let stale = b"{\"return\": 17}\n{\"error\": {\"class\": \"GenericError\", \"desc\": \"old\"}}\n\xff{\"return\": 1}\n{\"ret";
    let fake = FakeAgent::new().with_stale_bytes(stale);
    fake.once(
        "guest-get-host-name",
        FakeAnswer::Return(json!({"host-name": "web"})),
    );
    let agent = open(&fake);
    assert_eq!(
        agent
            .execute(&GuestGetHostName, within(5))
            .await
            .unwrap()
            .host_name,
        "web"
    );
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_not_taken_for_that_of_the_next_command() {
    let fake = FakeAgent::new();
    let late = FakeAnswer::Return(json!({"host-name": "late"})).after(Duration::from_secs(3));
    fake.once("guest-get-host-name", late);
    fake.once(
        "guest-get-host-name",
        FakeAnswer::Return(json!({"host-name": "fresh"})),
    );
    let agent = open(&fake);
    let error = agent.execute(&GuestGetHostName, within(1)).await.unwrap_err();
    assert!(
        matches!(
            error,
            AgentError::Timeout {
                delivery: Delivery::Sent,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(
        agent
            .execute(&GuestGetHostName, within(10))
            .await
            .unwrap()
            .host_name,
        "fresh"
    );
    assert_eq!(fake.count("guest-sync-delimited"), 2);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_not_there_costs_the_deadline_and_sends_nothing_but_a_few_synchronisations() {
    let fake = FakeAgent::new();
    fake.set_deaf(true);
    let agent = open(&fake);
    let begun = Instant::now();
    for _ in 0..20 {
        let error = agent.execute(&GuestPing, within(1)).await.unwrap_err();
        assert!(
            matches!(
                error,
                AgentError::Timeout {
                    delivery: Delivery::NotSent,
                    ..
                }
            ),
            "{error:?}"
        );
    }
    assert_eq!(begun.elapsed().as_secs(), 20);
    fake.set_deaf(false);
    agent.execute(&GuestPing, within(10)).await.unwrap();
    assert_eq!(fake.count("guest-ping"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_closed_its_end_fails_calls_at_once_until_it_is_back() {
    let fake = FakeAgent::new();
    fake.once("guest-ping", FakeAnswer::Silence);
    let agent = open(&fake);
    let begun = Instant::now();
    let (ping, ()) = tokio::join!(agent.execute(&GuestPing, within(60)), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        agent.set_port_open(false);
    });
    assert!(
        matches!(
            ping,
            Err(AgentError::NotConnected {
                delivery: Delivery::Sent,
                ..
            })
        ),
        "{ping:?}"
    );
    let ping = agent.execute(&GuestPing, within(60)).await;
    assert!(
        matches!(
            ping,
            Err(AgentError::NotConnected {
                delivery: Delivery::NotSent,
                ..
            })
        ),
        "{ping:?}"
    );
    assert_eq!(begun.elapsed().as_secs(), 1);
    agent.set_port_open(true);
    agent.execute(&GuestPing, within(5)).await.unwrap();
}

#[tokio::test]
async fn the_end_of_the_channel_is_typed_and_final() {
    let fake = FakeAgent::new();
    fake.once("guest-ping", FakeAnswer::CloseInMessage);
    let agent = open(&fake);
    let ping = agent.execute(&GuestPing, within(5)).await;
    assert!(
        matches!(
            ping,
            Err(AgentError::NotConnected {
                delivery: Delivery::Sent,
                ..
            })
        ),
        "{ping:?}"
    );
    agent.closed().await;
    let ping = agent.execute(&GuestPing, within(5)).await;
    assert!(
        matches!(
            ping,
            Err(AgentError::NotConnected {
                delivery: Delivery::NotSent,
                ..
            })
        ),
        "{ping:?}"
    );
}

#[tokio::test]
async fn silence_after_a_shutdown_or_suspend_is_success_once_the_guest_is_gone() {
    let fake = FakeAgent::new();
    fake.once("guest-shutdown", FakeAnswer::Close);
    let shutdown = GuestShutdown {
        mode: ShutdownMode::Powerdown,
    };
    open(&fake).execute(&shutdown, within(5)).await.unwrap();

    fake.once("guest-suspend-ram", FakeAnswer::Silence);
    let agent = open(&fake);
    let (suspended, ()) = tokio::join!(agent.execute(&GuestSuspendRam, within(60)), async {
        while fake.count("guest-suspend-ram") == 0 {
            tokio::task::yield_now().await;
        }
        agent.set_port_open(false);
    });
    suspended.unwrap();
    agent.set_port_open(true);

    fake.once("guest-shutdown", FakeAnswer::error("the guest refuses"));
    let refused = agent.execute(&shutdown, within(5)).await;
    assert!(matches!(refused, Err(AgentError::Guest { .. })), "{refused:?}");
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let fake = FakeAgent::new();
    let disabled = "Command guest-ping has been disabled: the command is not allowed";
    fake.once(
        "guest-ping",
        FakeAnswer::Error("CommandNotFound".to_owned(), disabled.to_owned()),
    );
    let agent = open(&fake);
    let ping = agent.execute(&GuestPing, within(5)).await;
    assert!(matches!(ping, Err(AgentError::Disabled { .. })), "{ping:?}");
    let unknown = agent.execute_raw("guest-nothing", None, within(5)).await;
    assert!(
        matches!(unknown, Err(AgentError::CommandNotFound { .. })),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn garbage_is_an_error_and_the_next_command_works() {
    let fake = FakeAgent::new();
    fake.once("guest-ping", FakeAnswer::Bytes(b"*** kernel panic\n".to_vec()));
    fake.once(
        "guest-ping",
        FakeAnswer::Bytes(b"{\"news\": 1}\n{\"return\": {}}\n".to_vec()),
    );
    let agent = open(&fake);
    for _ in 0..2 {
        let ping = agent.execute(&GuestPing, within(5)).await;
        assert!(matches!(ping, Err(AgentError::Garbled { .. })), "{ping:?}");
    }
    agent.execute(&GuestPing, within(5)).await.unwrap();
}

#[tokio::test]
async fn a_program_runs_with_input_and_output() {
    let agent = open(&FakeAgent::new());
    let echo = agent
        .exec(&ExecRequest::new("/bin/echo").args(["a", "b c"]), within(5))
        .await
        .unwrap();
    assert_eq!(
        (echo.status, echo.stdout.as_slice()),
        (ExitStatus::Code(0), &b"a b c\n"[..])
    );
    let cat = agent
        .exec(&ExecRequest::new("/bin/cat").stdin(vec![0, 255, 7]), within(5))
        .await
        .unwrap();
    assert_eq!(cat.stdout, [0, 255, 7]);
    let missing = agent.exec(&ExecRequest::new("/no/such"), within(5)).await;
    assert!(matches!(missing, Err(AgentError::Guest { .. })), "{missing:?}");
}

#[tokio::test(start_paused = true)]
async fn a_program_is_asked_after_with_growing_pauses_until_its_limit_and_others_go_between() {
    let fake = FakeAgent::new();
    fake.on("guest-exec", |_| FakeAnswer::Return(json!({"pid": 7})));
    fake.on("guest-exec-status", |_| {
        FakeAnswer::Return(json!({"exited": false}))
    });
    let agent = open(&fake);
    let request = ExecRequest::new("/bin/sleep").time_limit(Duration::from_secs(10));
    let (slept, ()) = tokio::join!(agent.exec(&request, within(5)), async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        agent.execute(&GuestPing, within(1)).await.unwrap();
    });
    assert!(
        matches!(slept, Err(AgentError::StillRunning { pid: 7, .. })),
        "{slept:?}"
    );
    let asked = fake.count("guest-exec-status");
    assert!((12..=30).contains(&asked), "asked {asked} times in 10 s");
}

#[tokio::test]
async fn a_program_ended_by_a_signal_says_so() {
    let fake = FakeAgent::new();
    fake.on("guest-exec", |_| FakeAnswer::Return(json!({"pid": 7})));
    fake.once(
        "guest-exec-status",
        FakeAnswer::Return(json!({"exited": true, "signal": 9, "out-truncated": true})),
    );
    let output = open(&fake)
        .exec(&ExecRequest::new("/bin/x"), within(5))
        .await
        .unwrap();
    assert_eq!((output.status, output.truncated), (ExitStatus::Signal(9), true));
}

#[tokio::test]
async fn files_are_written_read_and_closed() {
    let fake = FakeAgent::new();
    let agent = open(&fake);
    let content: Vec<u8> = (0..700_000_u32)
        .map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1])
        .collect();
    agent.write_file("/tmp/big", &content, within(20)).await.unwrap();
    assert_eq!(fake.file("/tmp/big"), Some(content.clone()));
    assert_eq!(
        agent.read_file("/tmp/big", 1 << 20, within(20)).await.unwrap(),
        content
    );
    let limited = agent.read_file("/tmp/big", 1000, within(20)).await;
    assert!(
        matches!(limited, Err(AgentError::FileTooLarge { limit: 1000, .. })),
        "{limited:?}"
    );
    let file = agent
        .open_file("/tmp/big", FileMode::Append, within(5))
        .await
        .unwrap();
    file.write(b"end", within(5)).await.unwrap();
    drop(file);
    agent.execute(&GuestPing, within(5)).await.unwrap();
    assert_eq!(fake.open_files(), 0);
    assert!(fake.file("/tmp/big").unwrap().ends_with(b"end"));
    assert!(agent.read_file("/missing", 1, within(5)).await.is_err());
}

#[tokio::test]
async fn frozen_file_systems_are_thawed_by_hand_or_by_dropping_the_guard() {
    let fake = FakeAgent::new();
    let agent = open(&fake);
    let frozen = agent.freeze(&[], within(5)).await.unwrap();
    assert_eq!(
        agent.execute(&GuestFsfreezeStatus, within(5)).await.unwrap(),
        FreezeStatus::Frozen
    );
    let second = agent.freeze(&[], within(5)).await;
    assert!(matches!(second, Err(AgentError::Disabled { .. })), "{second:?}");
    assert!(
        fake.is_frozen(),
        "a freeze that was refused thawed that of another"
    );
    assert_eq!(frozen.thaw(within(5)).await.unwrap(), 2);
    assert!(!fake.is_frozen());

    drop(agent.freeze(&["/srv".to_owned()], within(5)).await.unwrap());
    agent.execute(&GuestPing, within(5)).await.unwrap();
    assert!(!fake.is_frozen());
    assert_eq!(agent.freeze(&[], within(5)).await.unwrap().keep(), 2);
    drop(agent);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(fake.is_frozen());
}

#[tokio::test(start_paused = true)]
async fn a_freeze_that_is_dropped_or_times_out_half_way_is_thawed() {
    for dropped in [true, false] {
        let fake = FakeAgent::new();
        fake.once(
            "guest-fsfreeze-freeze",
            FakeAnswer::Return(json!(2)).after(Duration::from_secs(90)),
        );
        let agent = open(&fake);
        if dropped {
            let freeze = agent.freeze(&[], Instant::now() + FREEZE_DEADLINE);
            assert!(
                tokio::time::timeout(Duration::from_secs(1), freeze)
                    .await
                    .is_err()
            );
        } else {
            let freeze = agent.freeze(&[], within(1)).await;
            assert!(
                matches!(
                    freeze,
                    Err(AgentError::Timeout {
                        delivery: Delivery::Sent,
                        ..
                    })
                ),
                "{freeze:?}"
            );
        }
        // The handle may go, too: what is left to be done is done.
        drop(agent);
        tokio::time::sleep(THAW_DEADLINE).await;
        assert_eq!(fake.count("guest-fsfreeze-thaw"), 1, "dropped: {dropped}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_freeze_that_was_never_sent_thaws_nothing() {
    let fake = FakeAgent::new();
    let agent = open(&fake);
    let held = agent.freeze(&[], within(5)).await.unwrap();
    fake.once("guest-ping", FakeAnswer::done().after(Duration::from_secs(3)));
    let (ping, freeze) = tokio::join!(
        agent.execute(&GuestPing, within(5)),
        tokio::time::timeout(Duration::from_secs(1), agent.freeze(&[], within(5))),
    );
    ping.unwrap();
    assert!(freeze.is_err(), "the freeze was not dropped while it waited");
    agent.execute(&GuestPing, within(5)).await.unwrap();
    assert_eq!(
        (
            fake.count("guest-fsfreeze-freeze"),
            fake.count("guest-fsfreeze-thaw")
        ),
        (1, 0)
    );
    assert!(
        fake.is_frozen(),
        "a freeze that was not sent thawed that of another"
    );
    held.thaw(within(5)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_thaw_waits_for_a_guest_whose_agent_restarts() {
    let fake = FakeAgent::new();
    let agent = open(&fake);
    let frozen = agent.freeze(&[], within(5)).await.unwrap();
    agent.set_port_open(false);
    fake.set_deaf(true);
    drop(frozen);
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(fake.is_frozen());
    fake.set_deaf(false);
    agent.set_port_open(true);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!fake.is_frozen());
}

#[tokio::test]
async fn calls_dropped_at_random_points_leave_the_connection_alive() {
    let fake = FakeAgent::new();
    fake.on("guest-get-host-name", |arguments| {
        FakeAnswer::Return(json!({"host-name": arguments["n"].to_string()}))
    });
    let agent = open(&fake);
    let mut answered = 0;
    for number in 0..2000_u32 {
        let call = agent.execute_raw("guest-get-host-name", Some(json!({"n": number})), within(5));
        tokio::pin!(call);
        for _ in 0..number.wrapping_mul(2_654_435_761) % 12 {
            if let std::task::Poll::Ready(answer) = futures::poll!(call.as_mut()) {
                assert_eq!(answer.unwrap()["host-name"], json!(number.to_string()));
                answered += 1;
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    assert!(answered > 0, "every call was dropped: the test proves too little");
    agent.execute(&GuestPing, within(5)).await.unwrap();
}

#[tokio::test]
async fn interfaces_become_addresses() {
    let fake = FakeAgent::new();
    fake.once(
        "guest-network-get-interfaces",
        FakeAnswer::Return(json!([
            {"name": "lo", "ip-addresses": [{"ip-address": "127.0.0.1", "ip-address-type": "ipv4", "prefix": 8}]},
            {"name": "eth0", "hardware-address": "52:54:00:00:00:01", "ip-addresses": [
                {"ip-address": "10.0.2.15", "ip-address-type": "ipv4", "prefix": 24},
                {"ip-address": "fe80::1%eth0", "ip-address-type": "ipv6", "prefix": 64},
                {"ip-address": "nonsense", "ip-address-type": "ipv9", "prefix": 1}]},
            {"name": "dummy"}
        ])),
    );
    let interfaces = open(&fake)
        .execute(&GuestNetworkGetInterfaces, within(5))
        .await
        .unwrap();
    let interfaces: Vec<GuestInterface> = interfaces.into_iter().map(GuestInterface::from).collect();
    let [lo, eth0, dummy] = interfaces.as_slice() else {
        panic!("{interfaces:?}")
    };
    assert_eq!(
        (lo.addresses.len(), eth0.addresses.len(), dummy.addresses.len()),
        (1, 2, 0)
    );
    assert!(!lo.addresses[0].is_reachable() && eth0.addresses[0].is_reachable());
}
