//! `lxc-console`: a container's terminals as streams.

use virt_core::host::Command;

use super::command_for;

/// How long what was typed last may take to be read by the container's monitor, in seconds.
///
/// liblxc up to 5.0.2 at least ends the whole container when the client of `/dev/console` goes away while something it
/// typed is unread: one round of the monitor's loop then sees both, and takes the second for an end of its own. So the
/// client always stays a little longer than whoever types, however that ends.
const LINGER: &str = "1";

/// How often it is tried to be let in, every 0.3 s.
const ATTEMPTS: u32 = 15;

/// The program that opens a terminal of a container: its console (0), or one of its ttys.
pub(crate) fn console_command(directory: &str, container: &str, terminal: u32) -> Command {
    let terminal = terminal.to_string();
    // Without an escape character: every byte is the container's.
    let console = command_for("lxc-console", directory, container).args(["-t", &terminal, "-e", ""]);
    // One client at a time is let in: another one that still stays is waited for. What is typed comes when the tool has
    // been let in, or it would stay too short after it; and what is printed is read to the end, though nobody listens, or
    // it would end by that. Our standard output ends when the tool does, or is never let in, whoever may still type.
    let script = format!(
        "exec 3<&0 4>&1 >/dev/null; n=0; while :; do {{ exec 4>&-; sleep 0.3; f=/proc/$$/task/$$/children; i=; \
         if [ -e $f ]; then for c in $(cat $f); do read -r m </proc/$c/comm && [ \"$m\" = lxc-console ] && i=1; done; \
         else i=1; fi; [ -z \"$i\" ] || {{ cat <&3; sleep {LINGER}; }}; }} | {{ exec 3<&- 4>&-; exec \"$0\" \"$@\"; }} | \
         {{ exec 3<&-; cat >&4; exec 4>&-; cat >/dev/null; }} & \
         p=$!; sleep 0.2; kill -0 $p 2>/dev/null && break; n=$((n + 1)); [ $n -lt {ATTEMPTS} ] || exit 1; wait; done; \
         exec 3<&- 4>&-; wait"
    );
    Command::new("/bin/sh")
        .args(["-c", &script, &console.program])
        .args(console.args)
        .env("LC_ALL", "C")
}
