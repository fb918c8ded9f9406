//! The root directory: full, unwritable, damaged.

use std::fs;
use std::path::Path;

use virt_sdk::domain::StartOptions;
use virt_sdk::{Connection, DomainState, ErrorKind, Outcome};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::fake_host::{FakeHost, Fault};

use crate::fixture::{Fixture, builder, check, entries, equal, infos, live, uri};
use crate::full::Mounted;

live! { "qemu_root";
    a_write_that_finds_no_room_changes_nothing;
    a_start_that_finds_no_room_leaves_nothing;
    a_root_on_a_full_file_system_goes_on_with_what_it_has;
    a_root_that_cannot_be_written_is_named;
    a_root_that_is_no_directory_is_named;
    a_damaged_definition_costs_that_domain_only;
    a_damaged_record_of_the_manager_costs_nothing;
    a_qemu_with_a_damaged_record_is_adopted_by_its_arguments;
    leftovers_of_writes_are_no_definitions;
    the_root_is_for_its_owner_only;
}

async fn a_write_that_finds_no_room_changes_nothing(fixture: &Fixture) -> Result<(), Failure> {
    let host = FakeHost::local();
    let conn = fixture.open_on(&host).await.doing("opening the root")?;
    let mut config = fixture.machine("kept")?;
    let domain = conn.define_domain(&config).await.doing("defining it")?;
    let before = domain.xml().await.doing("reading it")?;
    host.inject(Fault::on("write_atomic").fail(ErrorKind::ResourceExhausted));
    let full = ErrorKind::ResourceExhausted;
    let new = fixture.machine("new")?;
    let error = refused(conn.define_domain(&new).await, full, "defining without room")?;
    equal(
        error.outcome(),
        Outcome::NotApplied,
        "the outcome of a definition without room",
    )?;
    refused(
        conn.domain("new").await,
        ErrorKind::NotFound,
        "looking up what could not be defined",
    )?;
    config.title = Some("changed".to_owned());
    refused(
        conn.define_domain(&config).await,
        full,
        "defining anew without room",
    )?;
    refused(
        domain.set_autostart(true).await,
        full,
        "setting autostart without room",
    )?;
    equal(
        domain.xml().await.doing("reading it again")?,
        before,
        "the definition",
    )?;
    check(
        !domain.info().await.doing("asking for it")?.autostart,
        "its autostart is set",
    )?;
    host.clear_faults();
    conn.define_domain(&new)
        .await
        .doing("defining once there is room")?;
    fixture.is_consistent(&conn).await?;
    fixture.remove_all(&conn).await
}

async fn a_start_that_finds_no_room_leaves_nothing(fixture: &Fixture) -> Result<(), Failure> {
    let host = FakeHost::local();
    let conn = fixture.open_on(&host).await.doing("opening the root")?;
    let config = fixture.machine("full")?;
    let domain = conn.define_domain(&config).await.doing("defining it")?;
    let paused = StartOptions::default().paused();
    // The first start is the only one that asks the host for the numbers of many.
    domain.start_with(&paused).await.doing("starting it")?;
    domain.destroy().await.doing("destroying it")?;
    for step in 1..30 {
        host.inject(
            Fault::matching(virt_testkit::fake_host::Op::is_write)
                .nth(step)
                .fail(ErrorKind::ResourceExhausted),
        );
        let started = domain.start_with(&paused).await;
        host.clear_faults();
        match started {
            Err(error) => {
                let what = format!("a start that finds no room at step {step}");
                let refusal: virt_sdk::Result<()> = Err(error);
                let error = refused(refusal, ErrorKind::ResourceExhausted, &what)?;
                equal(error.outcome(), Outcome::NotApplied, &what)?;
                let info = domain.info().await.doing("asking for it")?;
                equal(info.state, DomainState::ShutOff, "its state")?;
                fixture.is_consistent(&conn).await.doing(&what)?;
            }
            Ok(()) => {
                check(step > 1, "a start writes nothing")?;
                return fixture.remove_all(&conn).await;
            }
        }
    }
    Err(Failure::new("a start has more than 30 steps"))
}

async fn open_at(root: &Path) -> virt_sdk::Result<Connection> {
    builder().open(&uri(root)).await
}

async fn a_root_on_a_full_file_system_goes_on_with_what_it_has(fixture: &Fixture) -> Result<(), Failure> {
    let mounted = Mounted::new(&fixture.place().join("m"), "size=1m,mode=0700")?;
    let root = mounted.path().join("root");
    let conn = open_at(&root).await.doing("opening the root")?;
    let config = fixture.machine("first")?;
    let first = conn.define_domain(&config).await.doing("defining the first")?;
    mounted.fill();
    let mut defined = 1;
    let error = loop {
        let config = fixture.machine(&format!("more-{defined}"))?;
        match conn.define_domain(&config).await {
            Ok(_) if defined > 500 => return Err(Failure::new("a full file system takes everything")),
            Ok(_) => defined += 1,
            Err(error) => break error,
        }
    };
    let refusal: virt_sdk::Result<()> = Err(error);
    let error = refused(
        refusal,
        ErrorKind::ResourceExhausted,
        "defining on a full file system",
    )?;
    equal(
        error.outcome(),
        Outcome::NotApplied,
        "the outcome on a full file system",
    )?;
    equal(infos(&conn).await?.len(), defined, "how many domains there are")?;
    let started = first.start_with(&StartOptions::default().paused()).await;
    check(
        started.is_err(),
        "a machine was started though its start could not be written down",
    )?;
    conn.shutdown().await.doing("shutting down")?;
    let conn = open_at(&root)
        .await
        .doing("opening a root on a full file system")?;
    equal(
        infos(&conn).await?.len(),
        defined,
        "how many domains there are after opening again",
    )?;
    mounted.make_room()?;
    for domain in conn.domains().await.doing("listing")? {
        domain.undefine().await.doing("undefining one")?;
    }
    conn.shutdown().await.doing("shutting down")
}

async fn a_root_that_cannot_be_written_is_named(fixture: &Fixture) -> Result<(), Failure> {
    let mounted = Mounted::new(&fixture.place().join("m"), "size=4m,mode=0700")?;
    let root = mounted.path().join("root");
    let conn = open_at(&root).await.doing("opening the root")?;
    let config = fixture.machine("there")?;
    conn.define_domain(&config).await.doing("defining one")?;
    conn.shutdown().await.doing("shutting down")?;
    mounted.remount("ro")?;
    let error = refused(
        open_at(&root).await,
        ErrorKind::Denied,
        "opening a root that cannot be written",
    )?;
    let whole = Failure::from(error).to_string();
    check(
        whole.contains(&*root.to_string_lossy()),
        format!("the root is not named: {whole}"),
    )?;
    let nowhere = mounted.path().join("other/root");
    let error = refused(
        open_at(&nowhere).await,
        ErrorKind::Denied,
        "making a root where nothing can be made",
    )?;
    let whole = Failure::from(error).to_string();
    check(whole.contains("other"), format!("the root is not named: {whole}"))?;
    mounted.remount("rw")?;
    let conn = open_at(&root).await.doing("opening it once it can be written")?;
    equal(infos(&conn).await?.len(), 1, "how many domains there are")?;
    conn.shutdown().await.doing("shutting down")
}

async fn a_root_that_is_no_directory_is_named(fixture: &Fixture) -> Result<(), Failure> {
    let file = fixture.place().join("file");
    fs::write(&file, b"x").doing("writing a file")?;
    for root in [file.clone(), file.join("below")] {
        match open_at(&root).await {
            Ok(_) => return Err(Failure::new("a file was opened as a root")),
            Err(error) => {
                let kind = error.kind();
                let whole = Failure::from(error).to_string();
                check(whole.contains("file"), format!("the file is not named: {whole}"))?;
                check(
                    kind != ErrorKind::Internal,
                    format!("it is an internal error: {whole}"),
                )?;
            }
        }
    }
    equal(
        fs::read(&file).doing("reading the file")?,
        b"x".to_vec(),
        "the file's content",
    )
}

async fn a_damaged_definition_costs_that_domain_only(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    let good = conn
        .define_domain(&fixture.machine("good")?)
        .await
        .doing("defining a good one")?;
    let mut bad = Vec::new();
    for name in ["empty", "cut", "binary", "other"] {
        bad.push(
            conn.define_domain(&fixture.machine(name)?)
                .await
                .doing("defining one")?,
        );
    }
    conn.shutdown().await.doing("shutting down")?;
    let path = |uuid: uuid::Uuid| fixture.root().join("definitions").join(format!("{uuid}.xml"));
    let contents: [&[u8]; 4] = [
        b"",
        b"<domain type='qemu'><name>cu",
        b"\xff\x00\x01\xfe",
        b"<network/>",
    ];
    for (domain, content) in bad.iter().zip(contents) {
        check(path(domain.uuid()).exists(), "a definition is not where it was")?;
        fs::write(path(domain.uuid()), content).doing("damaging a definition")?;
    }
    let conn = fixture
        .open()
        .await
        .doing("opening a root with damaged definitions")?;
    let names: Vec<String> = infos(&conn)
        .await?
        .into_iter()
        .map(|info| info.domain.name)
        .collect();
    equal(names, vec!["good".to_owned()], "the domains that are left")?;
    let report = virt_sdk::qemu::recovery_report(&conn).doing("reading the recovery report")?;
    equal(
        report.corrupt.len(),
        4,
        &format!("how many files the report names ({:?})", report.corrupt),
    )?;
    for (domain, content) in bad.iter().zip(contents) {
        let uuid = domain.uuid().to_string();
        let named = report.corrupt.iter().find(|(path, _)| path.contains(&uuid));
        check(
            named.is_some(),
            format!("{uuid} is not named: {:?}", report.corrupt),
        )?;
        let kept = path(domain.uuid()).with_extension("xml.corrupt");
        equal(
            fs::read(&kept).doing("reading what was kept")?,
            content.to_vec(),
            "what was kept of it",
        )?;
    }
    let found = conn.domain(good.uuid()).await.doing("looking the good one up")?;
    let paused = StartOptions::default().paused();
    found.start_with(&paused).await.doing("starting the good one")?;
    found.destroy().await.doing("destroying it")?;
    // The names of the damaged ones are free.
    conn.define_domain(&fixture.machine("cut")?)
        .await
        .doing("defining a damaged one anew")?;
    conn.shutdown().await.doing("shutting down")?;
    let conn = fixture.open().await.doing("opening it once more")?;
    let report = virt_sdk::qemu::recovery_report(&conn).doing("reading the second report")?;
    check(
        report.corrupt.is_empty(),
        format!("what was told once is told again: {:?}", report.corrupt),
    )?;
    conn.shutdown().await.doing("shutting down")
}

async fn a_damaged_record_of_the_manager_costs_nothing(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    let domain = fixture.paused(&conn, "runs").await?;
    let id = domain.id().await.doing("asking for its id")?;
    conn.shutdown().await.doing("shutting down")?;
    let record = fixture.root().join("manager.json");
    check(record.exists(), "the manager's record is not where it was")?;
    fs::write(&record, b"{\"format\": [").doing("damaging the record")?;
    let conn = fixture
        .open()
        .await
        .doing("opening a root with a damaged record")?;
    let runs = conn.domain("runs").await.doing("looking it up")?;
    equal(runs.id().await.doing("asking for its id")?, id, "its id")?;
    let second = fixture.paused(&conn, "second").await?;
    let next = second.id().await.doing("asking for the id of another")?;
    check(next > id, format!("the next id, {next:?}, is not above {id:?}"))?;
    fixture.remove_all(&conn).await
}

async fn a_qemu_with_a_damaged_record_is_adopted_by_its_arguments(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    let domain = fixture.paused(&conn, "lost").await?;
    fixture.paused(&conn, "kept").await?;
    let pid = fixture.pid_of("lost")?;
    let kept = fixture.pid_of("kept")?;
    conn.shutdown().await.doing("shutting down")?;
    let record = fixture
        .root()
        .join("runs")
        .join(format!("{}.json", domain.uuid()));
    check(record.exists(), "the record of a run is not where it was")?;
    fs::write(&record, b"not a record").doing("damaging the record")?;
    let conn = fixture
        .open()
        .await
        .doing("opening a root with a damaged record of a run")?;
    let report = virt_sdk::qemu::recovery_report(&conn).doing("reading the recovery report")?;
    equal(
        report.corrupt.len(),
        1,
        &format!("how many files the report names ({:?})", report.corrupt),
    )?;
    equal(
        report.unknown_processes.clone(),
        Vec::new(),
        "the QEMUs nobody knows",
    )?;
    let mut adopted = report.adopted.clone();
    adopted.sort_unstable();
    equal(
        adopted,
        vec!["kept".to_owned(), "lost".to_owned()],
        "who was adopted",
    )?;
    equal(fixture.pid_of("lost")?, pid, "the QEMU with the damaged record")?;
    equal(fixture.pid_of("kept")?, kept, "its neighbour's QEMU")?;
    for domain in conn.domains().await.doing("listing")? {
        if domain.info().await.doing("asking for one")?.state.is_active() {
            domain.destroy().await.doing("destroying one")?;
        }
        domain.undefine().await.doing("undefining one")?;
    }
    conn.shutdown().await.doing("shutting down")?;
    let gone = async {
        while fixture.processes().is_ok_and(|pids| !pids.is_empty()) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    crate::fixture::soon("the end of a killed QEMU", gone).await
}

async fn leftovers_of_writes_are_no_definitions(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    conn.define_domain(&fixture.machine("one")?)
        .await
        .doing("defining one")?;
    conn.shutdown().await.doing("shutting down")?;
    for directory in ["definitions", "autostart", "runs"] {
        let directory = fixture.root().join(directory);
        fs::create_dir_all(&directory).doing("making a directory")?;
        fs::write(directory.join(".tmpAbC123"), b"half").doing("writing half a file")?;
        fs::write(directory.join("README"), b"by hand").doing("writing a file by hand")?;
        fs::create_dir_all(directory.join("directory.xml")).doing("making a directory by hand")?;
    }
    let conn = fixture
        .open()
        .await
        .doing("opening a root with other files in it")?;
    equal(infos(&conn).await?.len(), 1, "how many domains there are")?;
    conn.shutdown().await.doing("shutting down")?;
    let readme = fixture.root().join("definitions/README");
    check(readme.exists(), "a file that is none of ours is gone")
}

async fn the_root_is_for_its_owner_only(fixture: &Fixture) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let conn = fixture.open().await.doing("opening the root")?;
    fixture.paused(&conn, "private").await?;
    let mut waiting = vec![fixture.root()];
    while let Some(path) = waiting.pop() {
        let stat = fs::symlink_metadata(&path).doing("looking at a file")?;
        let mode = stat.permissions().mode() & 0o777;
        let shown = path.display();
        if stat.is_dir() {
            equal(mode, 0o700, &format!("the mode of {shown}"))?;
            waiting.extend(entries(&path).into_iter().map(|name| path.join(name)));
        } else {
            // Within a directory that is closed, QEMU's own files need not be as strict.
            check(
                mode & 0o022 == 0,
                format!("{shown} can be written by others: {mode:o}"),
            )?;
        }
    }
    fixture.remove_all(&conn).await
}
