//! What belongs to the run as a whole: name, private files, confinement, environment.

use super::context::Context;
use super::line::Arguments;
use super::option_text::OptionText;
use super::properties::Properties;
use crate::plan::Sandbox;

pub(super) fn begin(context: &Context<'_>, args: &mut Arguments) {
    args.option(
        "-name",
        OptionText::pair("guest", &context.config.name).with("debug-threads", "on"),
    );
    args.flag("-S");
    if let Some(file) = &context.resources.master_key_file {
        args.object(
            &Properties::object("secret", "masterKey0")
                .with("format", "raw")
                .with("file", file),
        );
    }
}

pub(super) fn identity(context: &Context<'_>, args: &mut Arguments) {
    if let Some(uuid) = &context.config.uuid {
        args.option("-uuid", uuid);
    }
    args.option("-display", "none");
    args.flag("-no-user-config");
    args.flag("-nodefaults");
}

pub(super) fn sandbox(context: &Context<'_>, args: &mut Arguments) {
    if context.resources.sandbox == Sandbox::On && context.abilities.gates.sandbox {
        args.option(
            "-sandbox",
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        );
    }
}

pub(super) fn end(context: &Context<'_>, args: &mut Arguments) {
    args.option("-msg", "timestamp=on");
    if let Some(file) = &context.resources.log_file {
        args.option("-D", file);
    }
    if let Some(file) = &context.resources.pid_file {
        args.option("-pidfile", file);
    }
}

/// Where the state of the guest comes from, if it is not to boot.
pub(super) fn incoming(context: &Context<'_>, args: &mut Arguments) {
    if let Some(uri) = &context.resources.incoming {
        args.option("-incoming", uri);
    }
}

/// A home of its own, so that nothing of the caller's reaches QEMU and its libraries.
pub(super) fn environment(context: &Context<'_>) -> Vec<(String, String)> {
    let home = &context.resources.private_dir;
    let mut env = context.resources.environment.clone();
    let own = [
        ("HOME", home.clone()),
        ("XDG_DATA_HOME", format!("{home}/.local/share")),
        ("XDG_CACHE_HOME", format!("{home}/.cache")),
        ("XDG_CONFIG_HOME", format!("{home}/.config")),
    ];
    env.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
    env
}
