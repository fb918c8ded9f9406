//! What a write leaves that is cut for good.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use virt_core::ErrorKind;
use virt_core::host::Host;

use super::super::loopback::Loopback;
use super::{at, host_of, limited};

/// A machine whose `sync` does not come to its end.
fn with_endless_sync(directory: &tempfile::TempDir) -> Loopback {
    let executable = |path: &str, text: &str| {
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    let bin = at(directory, "bin");
    std::fs::create_dir(&bin).unwrap();
    executable(&format!("{bin}/sync"), "#!/bin/sh\nexec sleep 100\n");
    let mut loopback = Loopback::new();
    loopback.login_shell = at(directory, "login");
    let login = format!("#!/bin/sh\nPATH={bin}:$PATH exec sh \"$@\"\n");
    executable(&loopback.login_shell, &login);
    loopback
}

fn entries(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_temporary_file_of_a_write_that_was_cut_is_gone_when_the_line_is_back() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let (host, loopback) = host_of(with_endless_sync(&directory), "dash").await;
        let place = directory.path().join("a place");
        std::fs::create_dir(&place).unwrap();
        let file = place.join("written").display().to_string();
        let writing = {
            let (host, file) = (Arc::clone(&host), file.clone());
            tokio::spawn(async move { host.files().write_atomic(&file, b"x", 0o600).await })
        };
        while entries(&place).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(entries(&place)[0].starts_with(".tmp-"), "{:?}", entries(&place));
        loopback.link().cut();
        let error = writing.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
        // The first call that gets through finds nothing half done.
        while host.files().stat(&file).await.is_err() {}
        assert_eq!(entries(&place), Vec::<String>::new());
    });
}
