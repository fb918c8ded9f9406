//! `lxc-console`: a container's terminals as streams.

use virt_core::host::Command;

use super::command_for;

/// How long what was typed last may take to be read by the container's monitor, in seconds.
///
/// liblxc up to 5.0.2 at least ends the whole container when the client of `/dev/console` goes away while something it
/// typed is unread: one round of the monitor's loop then sees both, and takes the second for an end of its own. So the
/// client always stays a little longer than whoever types, however that ends.
const LINGER: &str = "1";

/// How often it is tried to be let in, every tenth of a second.
const ATTEMPTS: u32 = 15;

/// The program that opens a terminal of a container: its console (0), or one of its ttys.
pub(crate) fn console_command(directory: &str, container: &str, terminal: u32) -> Command {
    let terminal = terminal.to_string();
    // Without an escape character: every byte is the container's.
    let console = command_for("lxc-console", directory, container).args(["-t", &terminal, "-e", ""]);
    // One client at a time is let in: another one that still stays is waited for.
    let script = format!(
        "{{ cat; sleep {LINGER}; }} | {{ n=0; until \"$0\" \"$@\"; do n=$((n + 1)); [ $n -lt {ATTEMPTS} ] || exit 1; \
         sleep 0.1; done; }}"
    );
    Command::new("/bin/sh")
        .args(["-c", &script, &console.program])
        .args(console.args)
        .env("LC_ALL", "C")
}
