//! The commands of the virt SDK project: see `cargo xtask help`.

mod bench;
mod cargo;
mod check;
mod check_flag;
mod codegen;
mod corpus;
mod coverage;
mod facts;
mod failure;
mod guest;
mod help;
mod install;
mod licences;
mod quickstart;
mod say;
mod soak;
mod test;

use failure::{Failure, Outcome};
use install::Need;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say::warn(&format!("\nxtask: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    match command {
        "help" | "--help" | "-h" => help::print(),
        "install" => install(rest),
        "quickstart" => quickstart::run(),
        "check" => check::run(),
        "codegen" => codegen::run(rest),
        "licences" => licences::run(),
        "test" => test::run(),
        "soak" => soak::run(rest),
        "bench" => bench::run(rest),
        "corpus" => corpus::run(rest),
        "coverage" => coverage::run(rest),
        _ => Err(Failure::new(format!("there is no command \"{command}\""))
            .advise("`cargo xtask help` lists the commands")),
    }
}

fn install(rest: &[String]) -> Outcome {
    let needs: Vec<Need> = match rest {
        [] => Need::ALL.to_vec(),
        names => names
            .iter()
            .map(|name| {
                Need::named(name).ok_or_else(|| {
                    Failure::new(format!("\"{name}\" is not something this step installs"))
                        .advise(format!("it knows {}", Need::ALL.map(Need::name).join(", ")))
                })
            })
            .collect::<Outcome<_>>()?,
    };
    let installed = install::ensure(&needs)?;
    if let Some(binary) = installed.qemu_7_2 {
        say::line(&format!("VIRT_QEMU_7_2={}", binary.display()));
    }
    Ok(())
}
