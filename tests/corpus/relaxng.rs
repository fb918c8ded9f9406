//! libvirt's schemas, asked through xmllint.

use std::io::Write as _;
use std::process::{Command, Stdio};

use virt_testkit::corpus::Corpus;

/// Whether the schema takes the text.
///
/// # Errors
/// Says why it can't be asked.
pub(crate) fn takes(corpus: &Corpus, schema: &str, text: &str) -> Result<bool, String> {
    let failed = |error: std::io::Error| format!("xmllint: {error}");
    let mut child = Command::new("xmllint")
        .args(["--noout", "--relaxng"])
        .arg(corpus.schemas().join(schema))
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes()).map_err(failed)?;
    }
    child.wait().map(|status| status.success()).map_err(failed)
}

/// What we wrote is valid wherever what we read was.
///
/// # Errors
/// Says that it is not, or why the schema can't be asked.
pub(crate) fn stays_valid(corpus: &Corpus, schema: &str, read: &str, written: &str) -> Result<(), String> {
    if takes(corpus, schema, read)? && !takes(corpus, schema, written)? {
        return Err(format!(
            "{schema} takes what was read, but not what we wrote:\n{written}"
        ));
    }
    Ok(())
}
