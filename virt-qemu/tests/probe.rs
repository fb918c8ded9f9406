//! What a QEMU can do: from recorded replies of many versions, and from the QEMUs of this machine.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "how a test fails"
)]
#![expect(clippy::print_stderr, reason = "what was probed is worth seeing")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use virt_core::ErrorKind;
use virt_core::host::Host;
use virt_core::host::local::LocalHost;
use virt_qemu::probe::{CacheEntry, ProbeKey, ProbeReplies, ProbeRequest, QemuCapabilities, probe};
use virt_qemu::qmp::QemuVersion;
use virt_testkit::live::qemu::QemuBinary;

fn corpus() -> Option<PathBuf> {
    let corpus = PathBuf::from(std::env::var_os("VIRT_CORPUS")?);
    corpus
        .join("tests/qemucapabilitiesdata")
        .is_dir()
        .then_some(corpus)
}

/// Every recording with its name; documents come in pairs of command and reply.
fn recordings(corpus: &Path) -> Vec<(String, Vec<(Value, Value)>)> {
    let files = std::fs::read_dir(corpus.join("tests/qemucapabilitiesdata"))
        .unwrap()
        .map(|file| file.unwrap().path());
    let replies = files.filter(|path| path.extension().is_some_and(|extension| extension == "replies"));
    replies
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let documents = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
            let documents: Vec<Value> = documents.collect::<Result<_, _>>().unwrap();
            let pairs = documents
                .chunks(2)
                .map(|pair| (pair[0].clone(), pair[1].clone()))
                .collect();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), pairs)
        })
        .collect()
}

/// The capabilities that a recording tells of: of its first run everything, of its second what runs under emulation.
fn played(pairs: &[(Value, Value)]) -> QemuCapabilities {
    let runs: Vec<&[(Value, Value)]> = pairs
        .split(|(command, _)| command["execute"] == "qmp_capabilities")
        .filter(|run| !run.is_empty())
        .collect();
    let reply = |run: &[(Value, Value)], name: &str| {
        let of = |pair: &&(Value, Value)| pair.0["execute"] == name && pair.1.get("return").is_some();
        run.iter().find(of).map(|pair| pair.1["return"].clone())
    };
    let first = |name: &str| reply(runs[0], name).unwrap_or_else(|| panic!("no {name}"));
    let mut replies = ProbeReplies::default();
    replies.version = serde_json::from_value(first("query-version")).unwrap();
    replies.arch = first("query-target")["arch"].as_str().unwrap().to_owned();
    replies.machines = serde_json::from_value(first("query-machines")).unwrap();
    replies.types = serde_json::from_value(first("qom-list-types")).unwrap();
    replies.options = serde_json::from_value(first("query-command-line-options")).unwrap();
    replies.schema = serde_json::from_value(first("query-qmp-schema")).unwrap();
    for (command, reply) in runs[0]
        .iter()
        .filter(|(command, _)| command["execute"] == "device-list-properties")
    {
        let names = reply["return"].as_array().into_iter().flatten();
        let names = names
            .map(|property| property["name"].as_str().unwrap().to_owned())
            .collect();
        replies.properties.insert(
            command["arguments"]["typename"].as_str().unwrap().to_owned(),
            names,
        );
    }
    replies.under_tcg.cpu_models =
        serde_json::from_value(reply(runs.last().unwrap(), "query-cpu-definitions").unwrap()).unwrap();
    let mut under_kvm = replies.under_tcg.clone();
    under_kvm.kvm = serde_json::from_value(first("query-kvm")).unwrap();
    under_kvm.cpu_models = serde_json::from_value(first("query-cpu-definitions")).unwrap();
    replies.under_kvm = Some(under_kvm);
    replies.into()
}

#[test]
fn recorded_replies_of_every_version_are_understood() {
    let Some(corpus) = corpus() else {
        virt_testkit::skip!("no corpus of recorded replies in $VIRT_CORPUS")
    };
    let recordings = recordings(&corpus);
    assert!(!recordings.is_empty());
    for (name, pairs) in &recordings {
        let capabilities = played(pairs);
        let mut parts = name.trim_start_matches("caps_").splitn(2, '_');
        assert_eq!(
            Some(capabilities.version.to_string().as_str()),
            parts.next(),
            "{name}"
        );
        let arch = parts.next().and_then(|arch| arch.split('+').next());
        assert_eq!(Some(capabilities.arch.as_str()), arch, "{name}");
        assert!(
            capabilities.machine("none").is_some() && capabilities.machines.len() > 1,
            "{name}"
        );
        assert!(
            !capabilities.cpu_models.is_empty() && !capabilities.options.is_empty(),
            "{name}"
        );
        assert!(
            capabilities.has_device("virtio-rng-pci") || capabilities.has_device("virtio-rng-ccw"),
            "{name}"
        );
        assert!(
            capabilities.has_object("secret") && !capabilities.has_object("nonsense"),
            "{name}"
        );
        assert!(
            capabilities.has_command("blockdev-add") && !capabilities.has_command("nonsense"),
            "{name}"
        );
        assert!(
            capabilities.schema.events().any(|event| event == "SHUTDOWN"),
            "{name}"
        );
        let Value::Array(entries) = &pairs
            .iter()
            .find(|(command, _)| command["execute"] == "query-qmp-schema")
            .unwrap()
            .1["return"]
        else {
            panic!("no list")
        };
        let count = |kind: &str| entries.iter().filter(|entry| entry["meta-type"] == kind).count();
        assert_eq!(capabilities.schema.commands().count(), count("command"), "{name}");
        assert_eq!(capabilities.schema.events().count(), count("event"), "{name}");
        let kept = serde_json::to_string(&capabilities).unwrap();
        assert_eq!(
            serde_json::from_str::<QemuCapabilities>(&kept).unwrap(),
            capabilities,
            "{name}"
        );
    }
    eprintln!(
        "understood: {}",
        recordings
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    );
}

#[test]
fn libvirts_own_schema_questions_have_libvirts_answers() {
    let Some(corpus) = corpus() else {
        virt_testkit::skip!("no corpus of recorded replies in $VIRT_CORPUS")
    };
    let cases: Value = serde_json::from_slice(&std::fs::read(corpus.join("cases.json")).unwrap()).unwrap();
    let recordings = recordings(&corpus);
    let (name, pairs) = recordings
        .iter()
        .filter(|(name, _)| name.ends_with("_x86_64"))
        .max_by_key(|(name, _)| name.clone())
        .unwrap();
    let schema = played(pairs).schema;
    let mut asked = 0;
    for case in cases["cases"].as_array().unwrap() {
        let (Some("qapi-schema-query"), Some(query)) = (case["family"].as_str(), case["query"].as_str())
        else {
            continue;
        };
        let expected = match case["result"].as_str() {
            Some("1") => Some(true),
            Some("0") => Some(false),
            _ => None,
        };
        // Where libvirt calls a question bad, a plain no is as good.
        let answer = schema.check(query).ok();
        assert!(
            answer == expected || (expected.is_none() && answer == Some(false)),
            "{name}: {query}: {answer:?}"
        );
        asked += 1;
    }
    assert!(asked > 0, "no question in the corpus");
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

async fn probed(binary: &Path) -> QemuCapabilities {
    let request = ProbeRequest::default().with_device_properties(["virtio-blk-pci", "no-such-device"]);
    let host = LocalHost::new();
    let path = binary.to_str().unwrap();
    let begun = std::time::Instant::now();
    let capabilities = probe(&host, path, &request, soon()).await.unwrap();
    let took = begun.elapsed();

    let accelerators = capabilities.accelerators;
    eprintln!("{path}: {} in {took:?}, {accelerators:?}", capabilities.version);
    assert!(accelerators.tcg && (!accelerators.kvm_usable || accelerators.kvm_present));
    assert_eq!(capabilities.arch, "x86_64");
    let q35 = capabilities.machine("q35").unwrap();
    assert_eq!(
        (q35.default_ram_id.as_deref(), q35.alias.as_deref()),
        (Some("pc.ram"), Some("q35"))
    );
    assert_eq!(capabilities.default_cpu_model(q35), Some("qemu64"));
    assert!(
        capabilities
            .default_machine()
            .unwrap()
            .name
            .starts_with("pc-i440fx")
    );
    assert!(capabilities.cpu_model("max").unwrap().lacks_under_tcg.is_some());
    assert!(capabilities.has_device("virtio-blk-pci") && !capabilities.has_device("memory-backend-ram"));
    assert!(
        capabilities.types.contains("memory-backend-ram") && capabilities.has_object("memory-backend-ram")
    );
    assert_eq!(
        capabilities.has_property("virtio-blk-pci", "num-queues"),
        Some(true)
    );
    assert_eq!(
        capabilities.has_property("virtio-blk-pci", "nonsense"),
        Some(false)
    );
    assert_eq!(
        capabilities.has_property("no-such-device", "nonsense"),
        Some(false)
    );
    assert_eq!(capabilities.has_property("virtio-net-pci", "mq"), None);
    assert!(capabilities.schema.has("device_add/$json-cli"));
    assert!(
        capabilities
            .schema
            .has("blockdev-add/arg-type/+file/$dynamic-auto-read-only")
    );
    assert!(capabilities.has_option("sandbox", "obsolete") || capabilities.has_option("sandbox", "enable"));

    let facts = host.facts().await.unwrap();
    let stat = host.files().stat(path).await.unwrap().unwrap();
    let key = ProbeKey::new(path, &stat, &facts, &request);
    let kept = CacheEntry::new(key.clone(), capabilities.clone())
        .to_json()
        .unwrap();
    assert_eq!(CacheEntry::read(&kept, &key).as_ref(), Some(&capabilities));
    let mut changed = key.clone();
    changed.modified.1 ^= 1;
    assert_eq!(CacheEntry::read(&kept, &changed), None);
    assert_eq!(CacheEntry::read(&kept[..kept.len() / 2], &key), None);
    eprintln!("kept in {} kB", kept.len() / 1024);
    capabilities
}

#[tokio::test]
async fn the_installed_qemu_tells_what_it_can_do() {
    match QemuBinary::installed() {
        Ok(qemu) => drop(probed(&qemu.path).await),
        Err(missing) => virt_testkit::skip!("{missing}"),
    }
}

#[tokio::test]
async fn qemu_7_2_tells_what_it_can_do() {
    match QemuBinary::version_7_2() {
        Ok(qemu) => assert_eq!(
            probed(&qemu.path).await.version.major,
            QemuVersion::new(7, 2, 0).major
        ),
        Err(missing) => virt_testkit::skip!("{missing}"),
    }
}

#[tokio::test]
async fn a_program_that_is_no_qemu_is_an_error_that_names_it() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("qemu-system-broken");
    std::fs::write(
        &script,
        "#!/bin/sh\necho 'cannot open shared object file' >&2\nexit 127\n",
    )
    .unwrap();
    let mut mode = std::fs::metadata(&script).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o700);
    std::fs::set_permissions(&script, mode).unwrap();
    let host = LocalHost::new();
    let request = ProbeRequest::default();
    let broken = probe(&host, script.to_str().unwrap(), &request, soon())
        .await
        .unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::Failed, "{broken}");
    let text = broken.to_string();
    assert!(
        text.contains("qemu-system-broken") && text.contains("cannot open shared object file"),
        "{text}"
    );
    let missing = probe(&host, "/no/such/qemu-system-x86_64", &request, soon())
        .await
        .unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");
    assert!(
        missing.to_string().contains("/no/such/qemu-system-x86_64"),
        "{missing}"
    );
    let silent = probe(&host, "/bin/cat", &request, soon()).await.unwrap_err();
    assert_eq!(silent.kind(), ErrorKind::Failed, "{silent}");
}

#[tokio::test]
async fn a_program_that_says_nothing_costs_the_deadline() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("qemu-system-mute");
    std::fs::write(&script, "#!/bin/sh\nexec sleep 100\n").unwrap();
    let mut mode = std::fs::metadata(&script).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o700);
    std::fs::set_permissions(&script, mode).unwrap();
    let deadline = Instant::now() + Duration::from_millis(500);
    let begun = Instant::now();
    let request = ProbeRequest::default();
    let mute = probe(&LocalHost::new(), script.to_str().unwrap(), &request, deadline)
        .await
        .unwrap_err();
    assert_eq!(mute.kind(), ErrorKind::Timeout, "{mute}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_qemu_that_tells_little_is_understood_as_far_as_it_goes() {
    let mut replies = ProbeReplies::default();
    replies.schema = serde_json::from_value(json!([{"name": "stop", "meta-type": "command"}, 7])).unwrap();
    let capabilities = QemuCapabilities::from(replies);
    assert!(capabilities.has_command("stop") && capabilities.machines.is_empty());
    assert!(capabilities.default_machine().is_none() && !capabilities.accelerators.kvm_usable);
}
