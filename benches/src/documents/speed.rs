//! Read, validate and write, beside libvirt doing the same on its test driver, and beside a bare copy of events.

use super::samples;
use crate::failure::Outcome;
use crate::figure::{self, Bar, Samples};
use crate::peer::{Peer, compile_libvirt_peer};
use quick_xml::events::Event;
use quick_xml::{Reader, Writer};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use virt_sdk::model::DomainConfig;

const SAMPLES: usize = 21;

/// Measures both documents.
pub(super) fn measure() -> Outcome {
    let directory = tempfile::tempdir()?;
    let program = compile_libvirt_peer(directory.path())?;
    let mut libvirt = Peer::start("libvirt", Command::new(program).arg("test:///default"))?;
    one(&mut libvirt, directory.path(), "2k", &samples::small(), 1000, 8.0)?;
    one(&mut libvirt, directory.path(), "29k", &samples::large(), 50, 12.0)
}

fn one(libvirt: &mut Peer, directory: &Path, name: &str, text: &str, rounds: u32, bar: f64) -> Outcome {
    let file = directory.join(format!("{name}.xml"));
    std::fs::write(&file, text)?;
    figure::remark(&format!(
        "the document of {} bytes, {rounds} times a sample",
        text.len()
    ));
    let command = format!("document {rounds} {}", file.display());
    let (mut ours, mut theirs, mut bare, mut ratios) = <(Samples, Samples, Samples, Samples)>::default();
    for round in 0..=SAMPLES {
        let mine = timed(rounds, || read_and_write(text))?;
        let copied = timed(rounds, || copy(text))?;
        let answer = libvirt.ask(&command)?.took.as_secs_f64() * 1e6 / f64::from(rounds);
        // The first is to warm up.
        if round > 0 {
            ours.add(mine);
            bare.add(copied);
            theirs.add(answer);
            ratios.add(answer / mine);
        }
    }
    figure::print(&format!("documents.bare_copy_{name}_us"), "us", Bar::Open, &bare);
    figure::print(&format!("documents.read_write_{name}_us"), "us", Bar::Open, &ours);
    figure::print(&format!("documents.libvirt_{name}_us"), "us", Bar::Open, &theirs);
    figure::print(
        &format!("documents.ours_over_libvirt_{name}"),
        "ratio",
        Bar::AtLeast(bar),
        &ratios,
    );
    Ok(())
}

/// Microseconds of one round.
fn timed(rounds: u32, mut act: impl FnMut() -> Outcome<usize>) -> Outcome<f64> {
    let began = Instant::now();
    for _ in 0..rounds {
        black_box(act()?);
    }
    Ok(began.elapsed().as_secs_f64() * 1e6 / f64::from(rounds))
}

fn read_and_write(text: &str) -> Outcome<usize> {
    let config = DomainConfig::from_xml(text)?;
    config.validate()?;
    Ok(config.to_xml().len())
}

/// The floor: the events of the parser, handed to its writer.
fn copy(text: &str) -> Outcome<usize> {
    let mut reader = Reader::from_str(text);
    let mut writer = Writer::new(Vec::with_capacity(text.len()));
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(writer.into_inner().len()),
            event => writer.write_event(event)?,
        }
    }
}
