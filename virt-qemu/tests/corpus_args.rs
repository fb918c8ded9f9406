//! libvirt's own expected command lines and completed documents, for everything this driver says it can do.
//!
//! Normalisation, all of it: the sequence of options is compared as it is, except that JSON values are compared as JSON
//! (order of members is reported, not judged); the environment is compared as a set. A case whose document is refused
//! as unsupported is counted as such; a case that is accepted must come out equal.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it found, and fails"
)]

use std::collections::BTreeMap;
use std::sync::Mutex;

use virt_core::ErrorKind;
use virt_core::model::DomainConfig;
use virt_qemu::command::command_line;
use virt_qemu::plan::{Abilities, Descriptors, MachineType, MonitorEndpoint, Resources, complete, live};
use virt_testkit::corpus::{ArgsFile, Argument, Case, Corpus, QemuCapsFile};

/// Reached so far; it only goes up.
const FLOOR_ARGV: usize = 115;
const FLOOR_CONVERT: usize = 116;

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: Vec<String>,
    unsupported: BTreeMap<String, usize>,
    total: usize,
}

enum Verdict {
    Equal,
    Unsupported(String),
    Different(String),
}

impl Tally {
    fn count(&mut self, case: &Case, verdict: Verdict) {
        self.total += 1;
        match verdict {
            Verdict::Equal => self.passed += 1,
            Verdict::Unsupported(why) => *self.unsupported.entry(why).or_default() += 1,
            Verdict::Different(how) => self.failed.push(format!("{}: {how}", case.name)),
        }
    }

    fn report(&self, what: &str) {
        let unsupported: usize = self.unsupported.values().sum();
        println!(
            "{what} passed {} failed {} unsupported {unsupported} total {}",
            self.passed,
            self.failed.len(),
            self.total
        );
        if std::env::var_os("VIRT_CORPUS_VERBOSE").is_some() {
            self.failed
                .iter()
                .for_each(|failure| println!("FAILED {failure}"));
            let mut causes: Vec<_> = self.unsupported.iter().collect();
            causes.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            causes
                .iter()
                .for_each(|(cause, count)| println!("{count:4} {cause}"));
        }
    }
}

#[test]
fn command_lines_are_those_libvirt_expects() {
    let corpus = match Corpus::find() {
        Ok(corpus) => corpus,
        Err(missing) => virt_testkit::skip!("{missing}"),
    };
    let mut tally = Tally::default();
    let x86 = |case: &&Case| case.arch.as_deref() == Some("x86_64");
    for case in corpus
        .family("qemuxmlconf")
        .filter(x86)
        .filter(|case| case.kind == "argv")
    {
        tally.count(case, judge_argv(&corpus, case));
    }
    tally.report("qemuxmlconf");
    assert!(
        tally.failed.is_empty(),
        "{} command lines differ; VIRT_CORPUS_VERBOSE=1 lists them",
        tally.failed.len()
    );
    assert!(
        tally.passed >= FLOOR_ARGV,
        "{} passed, {FLOOR_ARGV} did before",
        tally.passed
    );
}

#[test]
fn documents_are_completed_as_libvirt_completes_them() {
    let corpus = match Corpus::find() {
        Ok(corpus) => corpus,
        Err(missing) => virt_testkit::skip!("{missing}"),
    };
    let mut tally = Tally::default();
    let x86 = |case: &&Case| case.arch.as_deref() == Some("x86_64");
    let kinds = |case: &&Case| matches!(case.kind.as_str(), "convert" | "roundtrip");
    for case in corpus.family("qemuxmlconf").filter(x86).filter(kinds) {
        tally.count(case, judge_document(&corpus, case));
    }
    tally.report("qemuxmlconf-convert");
    assert!(
        tally.failed.is_empty(),
        "{} documents differ; VIRT_CORPUS_VERBOSE=1 lists them",
        tally.failed.len()
    );
    assert!(
        tally.passed >= FLOOR_CONVERT,
        "{} passed, {FLOOR_CONVERT} did before",
        tally.passed
    );
}

#[test]
fn completing_twice_changes_nothing() {
    let corpus = match Corpus::find() {
        Ok(corpus) => corpus,
        Err(missing) => virt_testkit::skip!("{missing}"),
    };
    let x86 = |case: &&Case| case.arch.as_deref() == Some("x86_64") && case.kind == "argv";
    for case in corpus.family("qemuxmlconf").filter(x86) {
        let abilities = abilities(&corpus, case);
        let Ok(once) = completed(&corpus, case, &abilities) else {
            continue;
        };
        let twice = complete(&once, &abilities).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!(once.to_xml(), twice.to_xml(), "{}", case.name);
    }
}

fn completed(corpus: &Corpus, case: &Case, abilities: &Abilities) -> Result<DomainConfig, Verdict> {
    if let Some(settings) = &case.settings {
        return Err(Verdict::Unsupported(format!("setting {settings}")));
    }
    if !case.caps_add.is_empty() {
        return Err(Verdict::Unsupported(format!("added {:?}", case.caps_add)));
    }
    let text = corpus.read(case.input_file().unwrap()).unwrap();
    let config =
        DomainConfig::from_xml(&text).map_err(|error| Verdict::Different(format!("not read: {error}")))?;
    complete(&config, abilities).map_err(|error| match error.kind() {
        ErrorKind::Unsupported => Verdict::Unsupported(cause(&error)),
        _ => Verdict::Different(format!("refused: {error}")),
    })
}

/// The element an error names, without its numbers.
fn cause(error: &virt_core::Error) -> String {
    let path = error.subject().map(ToString::to_string).unwrap_or_default();
    let mut outside = true;
    path.chars()
        .filter(|letter| {
            if matches!(letter, '[' | ']') {
                outside = *letter == ']';
                return false;
            }
            outside
        })
        .collect()
}

fn judge_document(corpus: &Corpus, case: &Case) -> Verdict {
    let abilities = abilities(corpus, case);
    let ours = match completed(corpus, case, &abilities) {
        Ok(ours) => ours,
        Err(verdict) => return verdict,
    };
    let expected = DomainConfig::from_xml(&corpus.read(case.expected_file().unwrap()).unwrap()).unwrap();
    let (ours, expected) = (ours.canonical().to_xml(), expected.canonical().to_xml());
    if ours == expected {
        return Verdict::Equal;
    }
    Verdict::Different(difference(
        ours.lines().map(str::trim),
        expected.lines().map(str::trim),
    ))
}

fn judge_argv(corpus: &Corpus, case: &Case) -> Verdict {
    let abilities = abilities(corpus, case);
    let config = match completed(corpus, case, &abilities) {
        Ok(config) => config,
        Err(verdict) => return verdict,
    };
    let resources = resources(&config, case);
    let ours = live(&config, &resources).and_then(|live| command_line(&live, &abilities, &resources));
    let ours = match ours {
        Ok(line) => ArgsFile::of(&line.env, &line.program, &line.args),
        Err(error) if error.kind() == ErrorKind::Unsupported => return Verdict::Unsupported(cause(&error)),
        Err(error) => return Verdict::Different(format!("not rendered: {error}")),
    };
    let expected = ArgsFile::parse(&corpus.read(case.expected_file().unwrap()).unwrap()).unwrap();
    let sorted = |file: &ArgsFile| {
        let mut env = file.env.clone();
        env.sort();
        env
    };
    if sorted(&ours) != sorted(&expected) {
        return Verdict::Different(format!(
            "environment {:?} but expected {:?}",
            ours.env, expected.env
        ));
    }
    let same = ours.arguments.len() == expected.arguments.len()
        && ours
            .arguments
            .iter()
            .zip(&expected.arguments)
            .all(|(ours, expected)| normal(ours) == normal(expected));
    if ours.program == expected.program && same {
        return Verdict::Equal;
    }
    let text = |file: &ArgsFile| file.arguments.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (ours, expected) = (text(&ours), text(&expected));
    Verdict::Different(difference(
        ours.iter().map(String::as_str),
        expected.iter().map(String::as_str),
    ))
}

fn normal(argument: &Argument) -> (String, Result<serde_json::Value, String>) {
    let json = argument
        .value
        .starts_with('{')
        .then(|| serde_json::from_str(&argument.value).ok())
        .flatten();
    (
        argument.option.clone(),
        json.ok_or_else(|| argument.value.clone()),
    )
}

/// The lines only one side has.
fn difference<'a>(ours: impl Iterator<Item = &'a str>, expected: impl Iterator<Item = &'a str>) -> String {
    let (ours, expected): (Vec<_>, Vec<_>) = (ours.collect(), expected.collect());
    let mut shown = String::new();
    for line in ours.iter().filter(|line| !expected.contains(line)) {
        shown.push_str(&format!("\n    ours     {line}"));
    }
    for line in expected.iter().filter(|line| !ours.contains(line)) {
        shown.push_str(&format!("\n    expected {line}"));
    }
    if shown.is_empty() {
        let first = ours
            .iter()
            .zip(&expected)
            .find(|(ours, expected)| ours != expected);
        shown = format!("\n    order: {first:?}");
    }
    shown
}

/// What libvirt's test assumes of host and daemon.
fn resources(config: &DomainConfig, case: &Case) -> Resources {
    let mut resources = Resources::in_directory(format!(
        "/var/lib/libvirt/qemu/domain--1-{}",
        short_name(&config.name)
    ));
    resources.main_monitor = MonitorEndpoint::Fd(1729);
    resources.rescue_monitor = None;
    resources.master_key_file = Some(format!("{}/master-key.aes", resources.private_dir));
    let test = [
        ("LC_ALL", "C"),
        ("PATH", "/bin"),
        ("USER", "test"),
        ("LOGNAME", "test"),
    ];
    // The test hands over a descriptor in place of its standard input.
    resources.incoming = case
        .migrate_from
        .as_deref()
        .map(|from| if from == "stdio" { "fd:7" } else { from }.to_owned());
    resources.cdrom_drives = vec!["/dev/cdrom".to_owned()];
    resources.environment = test
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    resources.descriptors = Some(Descriptors {
        listen: 1729,
        file: 1750,
        log: 1751,
    });
    resources
}

/// libvirt cuts names in paths to 20 letters.
fn short_name(name: &str) -> String {
    name.chars().take(20).collect()
}

/// The capabilities file, read once.
fn caps_file(corpus: &Corpus, name: &str) -> QemuCapsFile {
    static FILES: Mutex<BTreeMap<String, QemuCapsFile>> = Mutex::new(BTreeMap::new());
    let mut files = FILES.lock().unwrap();
    let read = || QemuCapsFile::parse(&corpus.read(name).unwrap()).unwrap();
    files.entry(name.to_owned()).or_insert_with(read).clone()
}

fn abilities(corpus: &Corpus, case: &Case) -> Abilities {
    let mut file = caps_file(corpus, case.caps_file.as_deref().unwrap());
    if case.strip_machine_aliases {
        file.strip_aliases();
    }
    for flag in &case.caps_del {
        file.flags.remove(flag_of(flag));
    }
    let flag = |name: &str| file.flags.contains(name);
    let mut abilities = Abilities::default();
    abilities.emulator = file.emulator.clone();
    abilities.arch = file.arch.clone();
    abilities.version = (
        file.version / 1_000_000,
        file.version / 1000 % 1000,
        file.version % 1000,
    );
    abilities.kvm = flag("kvm");
    abilities.usable_cpu_models = file.usable_under_kvm.clone();
    for machine in file
        .machines
        .iter()
        .filter(|machine| machine.accelerator == "kvm")
    {
        let mut known = MachineType::default();
        known.name = machine.name.clone();
        known.alias = machine.alias.clone();
        known.is_default = machine.is_default;
        known.max_cpus = machine.max_cpus;
        known.default_cpu = machine
            .default_cpu
            .as_deref()
            .map(|name| name.trim_end_matches("-x86_64-cpu").to_owned());
        known.default_ram_id = machine.default_ram_id.clone();
        known.acpi = machine.acpi;
        abilities.machines.push(known);
    }
    abilities.types = types(&file);
    abilities.gates.smp_dies = flag("smp-dies");
    abilities.gates.smp_clusters = flag("smp-clusters");
    abilities.gates.reconnect_ms = flag("chardev-reconnect-miliseconds");
    abilities.gates.machine_hpet = flag("machine-hpet");
    abilities.gates.cpu_migratable = flag("cpu.migratable");
    abilities.gates.set_action = flag("set-action");
    abilities.gates.json_devices = flag("device.json+hotplug");
    abilities.gates.json_netdevs = flag("netdev.json");
    abilities.gates.sandbox = flag("seccomp-sandbox");
    abilities
}

/// The file's name of a constant of the test.
fn flag_of(constant: &str) -> &'static str {
    match constant {
        "QEMU_CAPS_PIIX3_USB_UHCI" => "piix3-usb-uhci",
        "QEMU_CAPS_DEVICE_QEMU_XHCI" => "qemu-xhci",
        "QEMU_CAPS_NEC_USB_XHCI" => "nec-usb-xhci",
        "QEMU_CAPS_ICH9_USB_EHCI1" => "ich9-usb-ehci1",
        other => panic!("unknown constant {other}"),
    }
}

/// libvirt's names of abilities that stand for a device of QEMU, and devices libvirt takes for granted.
fn types(file: &QemuCapsFile) -> std::collections::BTreeSet<String> {
    let always = [
        "virtio-balloon-pci",
        "i6300esb",
        "ib700",
        "virtio-net-pci",
        "virtio-net-pci-transitional",
        "virtio-net-pci-non-transitional",
        "e1000e",
        "usb-ehci",
        "pvpanic",
    ];
    let renamed = [
        ("ich9-usb-ehci1", "ich9-usb-uhci1"),
        ("ich9-usb-ehci1", "ich9-usb-uhci2"),
        ("ich9-usb-ehci1", "ich9-usb-uhci3"),
        ("lsi", "lsi53c895a"),
        ("pcie-pci-bridge", "pcie-pci-bridge"),
    ];
    let mut types = file.flags.clone();
    types.extend(always.map(str::to_owned));
    types.extend(
        renamed
            .iter()
            .filter(|(flag, _)| file.flags.contains(*flag))
            .map(|(_, name)| (*name).to_owned()),
    );
    types
}
