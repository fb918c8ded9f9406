//! Bad input: refused with an error that names the thing, and nothing has changed.

use std::time::{Duration, Instant};

use virt_core::domain::DomainFilter;
use virt_core::model::DomainConfig;
use virt_core::{Domain, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "input";
    names_that_could_leave_a_directory_or_a_line_are_refused(None, PersistentDomains);
    names_people_use_are_taken(Machine, PersistentDomains, StartPaused);
    malformed_documents_are_refused_with_line_and_path(None, PersistentDomains);
    hostile_documents_are_refused_at_once(None, PersistentDomains);
    contradictions_are_refused_with_the_element(None, PersistentDomains);
    what_is_not_supported_is_named(None, PersistentDomains);
    a_refused_document_changes_nothing(None, PersistentDomains);
}

async fn define(env: &Env, xml: &str) -> virt_core::Result<Domain> {
    let config = DomainConfig::from_xml(xml)?;
    env.conn().define_domain(&config).await
}

async fn count(env: &Env) -> Result<usize, Failure> {
    let all = env.conn().domain_infos(&DomainFilter::all()).await;
    Ok(all.doing("listing")?.len())
}

/// Refused, for the document's or the name's own sake.
fn refused_as_bad(result: virt_core::Result<Domain>, what: &str) -> Result<String, Failure> {
    match result {
        Ok(_) => Err(Failure::new(format!("{what} was taken"))),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidConfig | ErrorKind::InvalidArgument
            ) =>
        {
            Ok(Failure::from(error).to_string())
        }
        Err(error) => Err(Failure::new(format!(
            "{what} is {:?}: {}",
            error.kind(),
            Failure::from(error)
        ))),
    }
}

async fn names_that_could_leave_a_directory_or_a_line_are_refused(env: &Env) -> Result<(), Failure> {
    let before = count(env).await?;
    let long = "x".repeat(201);
    for bad in [
        "",
        " ",
        "a/b",
        "/",
        "../../etc/passwd",
        ".",
        "..",
        "a\nb",
        "a\u{1b}[2Jb",
        "a\tb",
        "a\u{7f}",
        long.as_str(),
    ] {
        let mut config = env.machine("named")?;
        config.name = bad.to_owned();
        let what = format!("the name {bad:?}");
        refused_as_bad(env.conn().define_domain(&config).await, &what)?;
        if env.has(virt_core::Capability::TransientDomains) {
            refused_as_bad(env.conn().create_domain(&config).await, &what)?;
        }
    }
    ensure_eq!(
        count(env).await?,
        before,
        "how many domains there are after the refusals"
    );
    Ok(())
}

async fn names_people_use_are_taken(env: &Env) -> Result<(), Failure> {
    let long = "n".repeat(200);
    for good in [
        "-rf",
        "$(touch x)",
        "größe 1",
        "a,b=c",
        "wéb;'\"&<>",
        "%s%n",
        long.as_str(),
        "名前",
    ] {
        let mut config = env.machine("named")?;
        config.name = good.to_owned();
        let domain = env.conn().define_domain(&config).await;
        let domain = domain.doing(&format!("defining {good:?}"))?;
        let paused = virt_core::domain::StartOptions::default().paused();
        domain
            .start_with(&paused)
            .await
            .doing(&format!("starting {good:?}"))?;
        let found = env
            .conn()
            .domain(good)
            .await
            .doing(&format!("looking {good:?} up"))?;
        let live = found.config().await.doing(&format!("reading {good:?}"))?;
        ensure_eq!(live.name.as_str(), good, "the name it has");
        found.destroy().await.doing(&format!("destroying {good:?}"))?;
        found.undefine().await.doing(&format!("undefining {good:?}"))?;
    }
    Ok(())
}

async fn malformed_documents_are_refused_with_line_and_path(env: &Env) -> Result<(), Failure> {
    let before = count(env).await?;
    let xml = env.machine("whole")?.to_xml();
    let cut = xml.get(..xml.len() / 2).unwrap_or_default();
    for (what, bad) in [
        ("nothing", ""),
        ("a text", "web"),
        ("half a document", cut),
        ("a wrong end", "<domain type='test'>\n<name>x</name>\n</dom>"),
        (
            "an attribute twice",
            "<domain type='test' type='test'><name>x</name></domain>",
        ),
        ("another root", "<network><name>x</name></network>"),
        (
            "two roots",
            "<domain type='test'><name>x</name></domain><domain/>",
        ),
    ] {
        refused_as_bad(define(env, bad).await, what)?;
    }
    let wrong = "<domain type='test'>\n  <name>x</name>\n  <memory>lots</memory>\n</domain>";
    let said = refused_as_bad(define(env, wrong).await, "a memory of lots")?;
    ensure!(said.contains("memory"), "the element is not named: {said}");
    ensure!(said.contains("line 3"), "the line is not named: {said}");
    ensure!(said.contains("lots"), "the value is not named: {said}");
    ensure_eq!(
        count(env).await?,
        before,
        "how many domains there are after the refusals"
    );
    Ok(())
}

async fn hostile_documents_are_refused_at_once(env: &Env) -> Result<(), Failure> {
    let before = count(env).await?;
    let deep = format!("{}{}", "<domain>".repeat(100_000), "</domain>".repeat(100_000));
    let entities = "<!DOCTYPE domain [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>\
                    <domain type='test'><name>&b;</name></domain>";
    let file = "<!DOCTYPE domain [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>\
                <domain type='test'><name>&f;</name></domain>";
    let huge = format!(
        "<domain type='test'><name>{}</name></domain>",
        "x".repeat(100 << 20)
    );
    let many = format!(
        "<domain type='test'><name>x</name>{}</domain>",
        "<a/>".repeat(2_000_000)
    );
    let attributes: String = (0..10_000).map(|number| format!(" a{number}='1'")).collect();
    let attributes = format!("<domain type='test'{attributes}><name>x</name></domain>");
    for (what, hostile) in [
        ("100,000 elements inside each other", deep.as_str()),
        ("entities of entities", entities),
        ("an entity that reads a file", file),
        ("100 MiB of name", huge.as_str()),
        ("2,000,000 elements", many.as_str()),
        ("10,000 attributes", attributes.as_str()),
    ] {
        let began = Instant::now();
        let said = refused_as_bad(define(env, hostile).await, what)?;
        let took = began.elapsed();
        ensure!(
            took < Duration::from_secs(10),
            "{what} took {took:?} to be refused"
        );
        ensure!(
            said.len() < 2000,
            "the refusal of {what} is {} bytes long",
            said.len()
        );
        ensure!(
            !said.contains("root:"),
            "the refusal of {what} shows a file of the host"
        );
    }
    ensure_eq!(
        count(env).await?,
        before,
        "how many domains there are after the refusals"
    );
    Ok(())
}

async fn contradictions_are_refused_with_the_element(env: &Env) -> Result<(), Failure> {
    let config = env.machine("contradicts")?;
    let xml = config.to_xml();
    for (what, named, insert) in [
        (
            "two disks of one name",
            "vdq",
            "<disk type='file' device='disk'><source file='/x'/><target dev='vdq' bus='virtio'/></disk>\
             <disk type='file' device='disk'><source file='/y'/><target dev='vdq' bus='virtio'/></disk>",
        ),
        (
            "a disk without a target",
            "target",
            "<disk type='file' device='disk'><source file='/x'/></disk>",
        ),
    ] {
        let bad = xml.replacen("</devices>", &format!("{insert}</devices>"), 1);
        ensure!(bad != xml, "the target's machine has no devices");
        let said = refused_as_bad(define(env, &bad).await, what)?;
        ensure!(said.contains(named), "{what} does not name {named}: {said}");
    }
    let mut none = config.clone();
    none.vcpu = Some(0.into());
    let said = refused_as_bad(env.conn().define_domain(&none).await, "no processors")?;
    ensure!(said.contains("vcpu"), "the element is not named: {said}");
    Ok(())
}

async fn what_is_not_supported_is_named(env: &Env) -> Result<(), Failure> {
    let Some((device, named)) = env.target().refused_device() else {
        return Err(Failure::not_here("no device is refused here"));
    };
    let before = count(env).await?;
    let xml = env.machine("devices")?.to_xml();
    let bad = xml.replacen("</devices>", &format!("{device}</devices>"), 1);
    let defined = define(env, &bad).await;
    let error = refused(defined, ErrorKind::Unsupported, "a device that is not supported")?;
    let said = Failure::from(error).to_string();
    ensure!(said.contains(named), "{named} is not named: {said}");
    ensure_eq!(
        count(env).await?,
        before,
        "how many domains there are after the refusal"
    );
    Ok(())
}

async fn a_refused_document_changes_nothing(env: &Env) -> Result<(), Failure> {
    let mut config = env.machine("kept")?;
    config.title = Some("kept".to_owned());
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    let before = domain.xml().await.doing("reading it")?;
    config.title = Some("changed".to_owned());
    config.vcpu = Some(0.into());
    refused_as_bad(env.conn().define_domain(&config).await, "no processors")?;
    let after = domain.xml().await.doing("reading it again")?;
    ensure_eq!(after, before, "the definition after the refusal");
    Ok(())
}
