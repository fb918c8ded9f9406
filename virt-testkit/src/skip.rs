//! The one way in which a test is skipped: loud, counted, and naming what is missing.
//!
//! A skipped test says `SKIPPED: …` on standard error and adds a line to the file in `$VIRT_SKIP_LOG`, from which
//! `cargo xtask test` counts. Where nothing may be missing (`CI=true`, or `VIRT_LIVE_REQUIRED=1`) it fails instead.

use std::fs::OpenOptions;
use std::io::Write as _;

/// Ends the calling test as skipped, saying what is missing; takes what `format!` takes.
///
/// ```no_run
/// fn a_guest_boots_on_qemu_7_2() {
///     let qemu = match virt_testkit::live::qemu::QemuBinary::version_7_2() {
///         Ok(qemu) => qemu,
///         Err(missing) => virt_testkit::skip!("{missing}"),
///     };
///     # drop(qemu);
/// }
/// # a_guest_boots_on_qemu_7_2();
/// ```
///
/// In a test that returns a `Result` call [`declare`](crate::skip::declare) and return `Ok(())`.
#[macro_export]
macro_rules! skip {
    ($($missing:tt)+) => {{
        $crate::skip::declare(&::std::format!($($missing)+));
        return;
    }};
}

/// Whether nothing may be missing: `CI=true` or `VIRT_LIVE_REQUIRED=1`.
#[must_use]
pub fn nothing_may_be_missing() -> bool {
    let is = |name: &str, value: &str| std::env::var_os(name).is_some_and(|set| set == value);
    is("CI", "true") || is("VIRT_LIVE_REQUIRED", "1")
}

/// Declares the calling test skipped because `missing` is; the caller returns after it.
///
/// # Panics
/// Where nothing may be missing, see [`nothing_may_be_missing`], and when the log of skips cannot be written.
pub fn declare(missing: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    assert!(
        !nothing_may_be_missing(),
        "{test} cannot be skipped here, and something is missing: {missing}"
    );
    log(test, missing);
}

/// Says that `test` was skipped because `missing` is, and adds it to the log: for runners that know their tests by name.
///
/// # Panics
/// When the log of skips cannot be written.
#[expect(clippy::print_stderr, reason = "a skip has to be seen")]
#[expect(clippy::panic, reason = "the way in which a test fails")]
pub fn log(test: &str, missing: &str) {
    eprintln!("SKIPPED: {test}: {missing}");
    if let Some(log) = std::env::var_os("VIRT_SKIP_LOG") {
        let line = format!("{test}: {}\n", missing.replace('\n', " "));
        let written = OpenOptions::new().create(true).append(true).open(&log);
        if let Err(error) = written.and_then(|mut file| file.write_all(line.as_bytes())) {
            panic!(
                "the skip of {test} could not be written to {}: {error}",
                log.display()
            );
        }
    }
}
