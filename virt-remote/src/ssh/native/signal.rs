//! SSH's names of signals, as numbers.

use russh::Sig;
use virt_core::host::ExitStatus;

/// How a program ended that a signal killed. Names are POSIX's; numbers are Linux's, as the far machine's are.
pub(super) fn exit_by(signal: &Sig) -> ExitStatus {
    let number = match signal {
        Sig::HUP => 1,
        Sig::INT => 2,
        Sig::QUIT => 3,
        Sig::ILL => 4,
        Sig::ABRT => 6,
        Sig::FPE => 8,
        Sig::KILL => 9,
        Sig::USR1 => 10,
        Sig::SEGV => 11,
        Sig::PIPE => 13,
        Sig::ALRM => 14,
        Sig::TERM => 15,
        // OpenSSH gives those that SSH has no name for as `SIGxxx@openssh.com`, or without the suffix.
        Sig::Custom(name) => match name.trim_end_matches("@openssh.com").trim_start_matches("SIG") {
            "TRAP" => 5,
            "BUS" => 7,
            "USR2" => 12,
            "XCPU" => 24,
            "XFSZ" => 25,
            "SYS" => 31,
            _ => return ExitStatus::Unknown,
        },
    };
    ExitStatus::Signal(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbers() {
        assert_eq!(exit_by(&Sig::KILL), ExitStatus::Signal(9));
        assert_eq!(exit_by(&Sig::Custom("BUS".to_owned())), ExitStatus::Signal(7));
        assert_eq!(
            exit_by(&Sig::Custom("SIG@openssh.com".to_owned())),
            ExitStatus::Unknown
        );
    }
}
