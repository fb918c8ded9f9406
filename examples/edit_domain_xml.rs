//! Edits the XML of a domain: `edit_domain_xml [URI [NAME [FILE | --set PATH=VALUE …]]]`.
//!
//! Without more it opens `$EDITOR`; FILE has the new XML; `--set` changes one thing after another, as
//! `--set /domain/title='The web'` or `--set /domain/devices/disk[vda]/driver/@cache=none`. Items are told apart by number
//! or by what they are. What changed is shown before the domain is defined anew, which a running one follows at its next
//! start.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::process::{Command, ExitCode};

use virt_sdk::domain::XmlOptions;
use virt_sdk::model::DomainConfig;
use virt_sdk::model::domain::devices::Device;
use virt_sdk::xml::{Attribute, Document, Element, Node};

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(edit_domain_xml).await
}

async fn edit_domain_xml(mut arguments: cli::Arguments) -> cli::Outcome {
    let conn = cli::connect(&arguments.uri).await?;
    let domain = cli::running_domain(&conn, arguments.next()).await?;
    // With secrets, else they would be lost.
    let old = domain
        .config_with(&XmlOptions::default().inactive().secure())
        .await?;
    let text = match arguments.next() {
        None => edited(&old.to_xml())?,
        Some(word) if word == "--set" => {
            let mut document = Document::parse(&old.to_xml())?;
            let mut setting = arguments.next();
            while let Some(one) = setting {
                set(&mut document.root, &one)?;
                setting = arguments
                    .next()
                    .filter(|word| word != "--set")
                    .or_else(|| arguments.next());
            }
            document.to_xml()
        }
        Some(file) => std::fs::read_to_string(file)?,
    };
    let new = DomainConfig::from_xml(&text)?;
    new.validate()?;
    if new.name != old.name {
        let (new, old) = (&new.name, &old.name);
        return Err(
            format!("this is the domain {new}, not {old}: a domain is not renamed by an edit").into(),
        );
    }
    let changes = old.diff(&new);
    if changes.is_empty() {
        println!("nothing changed");
    } else {
        changes.iter().for_each(|change| println!("{change}"));
        let domain = conn.define_domain(&new).await?;
        println!("{} is defined anew", domain.name());
    }
    conn.shutdown().await?;
    Ok(())
}

/// The text as it is left in the editor.
fn edited(text: &str) -> cli::Outcome<String> {
    let file = tempfile::Builder::new().suffix(".xml").tempfile()?;
    std::fs::write(file.path(), text)?;
    let named = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let editor = named("VISUAL")
        .or_else(|| named("EDITOR"))
        .unwrap_or_else(|| "vi".to_owned());
    // The variable may have arguments, so a shell takes it apart.
    let status = Command::new("sh")
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .arg(file.path())
        .status()?;
    match status.success() {
        true => Ok(std::fs::read_to_string(file.path())?),
        false => Err(format!("{editor}: {status}").into()),
    }
}

/// Does what `PATH=VALUE` says; elements that are missing are made.
fn set(root: &mut Element, setting: &str) -> cli::Outcome {
    let (path, value) = split(setting).ok_or_else(|| format!("{setting:?} is not PATH=VALUE"))?;
    let mut steps = path.trim_matches('/').split('/').peekable();
    steps.next_if(|step| *step == "domain");
    let mut element = root;
    for step in steps {
        if let Some(name) = step.strip_prefix('@') {
            match element.attributes.iter_mut().find(|one| one.name.is(name, None)) {
                Some(attribute) => attribute.value = value.into(),
                None => element.attributes.push(Attribute::new(name, value)),
            }
            return Ok(());
        }
        element = child(element, step)?;
    }
    element.children.retain(|child| child.as_text().is_none());
    element.children.push(Node::Text(value.into()));
    Ok(())
}

/// At the first `=` that is in no brackets.
fn split(setting: &str) -> Option<(&str, &str)> {
    let mut inside = false;
    let at = setting.find(|letter| {
        inside = (inside || letter == '[') && letter != ']';
        letter == '=' && !inside
    })?;
    Some((setting.get(..at)?, setting.get(at + 1..)?))
}

/// The child that a step names: `title`, `disk[2]`, `disk[vda]`.
fn child<'e>(element: &'e mut Element, step: &str) -> cli::Outcome<&'e mut Element> {
    let (name, key) = match step.strip_suffix(']').and_then(|step| step.split_once('[')) {
        Some((name, key)) => (name, Some(key)),
        None => (step, None),
    };
    let mut number = 0;
    let is_meant = |child: &Node| {
        let Some(found) = child.as_element().filter(|found| found.name.as_written() == name) else {
            return false;
        };
        number += 1;
        key.is_none_or(|key| {
            let device = Device::from_element(found);
            key == number.to_string() || device.is_ok_and(|device| device.identity().as_deref() == Some(key))
        })
    };
    let place = match (element.children.iter().position(is_meant), key) {
        (Some(place), _) => place,
        (None, Some(_)) => return Err(format!("there is no {step}").into()),
        (None, None) => {
            element.children.push(Node::Element(Element::new(name)));
            element.children.len() - 1
        }
    };
    match element.children.get_mut(place) {
        Some(Node::Element(found)) => Ok(found),
        _ => Err(format!("there is no {step}").into()),
    }
}
