//! Image layouts that are made.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use virt_sdk::lxc::RootfsSource;
use virt_testkit::conformance::{Doing as _, Failure};

use super::shell;
use crate::containers::Containers;

/// An image layout that is made.
pub(super) struct Layout {
    pub(super) path: PathBuf,
}

impl Layout {
    pub(super) fn new(containers: &Containers, name: &str) -> Result<Self, Failure> {
        let path = containers.place().join(name);
        std::fs::create_dir_all(path.join("blobs/sha256")).doing("making a layout")?;
        std::fs::write(path.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)
            .doing("making a layout")?;
        Ok(Self { path })
    }

    pub(super) fn blob(&self, content: &[u8], media: &str) -> Result<Value, Failure> {
        let at = self.path.join("new");
        std::fs::write(&at, content).doing("writing a blob")?;
        let digest = shell("sha256sum < \"$1\" | cut -d' ' -f1", &[&at])?;
        std::fs::rename(&at, self.path.join("blobs/sha256").join(&digest)).doing("naming a blob")?;
        Ok(json!({ "mediaType": media, "digest": format!("sha256:{digest}"), "size": content.len() }))
    }

    /// A layer with what a script makes in a directory.
    pub(super) fn layer(&self, script: &str, root: Option<&Path>) -> Result<Value, Failure> {
        let directory = self.path.join("layer");
        drop(std::fs::remove_dir_all(&directory));
        std::fs::create_dir_all(&directory).doing("making a layer")?;
        if let Some(root) = root {
            shell("cp -a \"$1/.\" \"$2\"", &[root, &directory])?;
        }
        shell(&format!("cd \"$1\"; {script}"), &[&directory])?;
        let archive = self.path.join("layer.tar.gz");
        shell(
            "cd \"$1\" && tar -czf \"$2\" --numeric-owner *  $(ls -A | grep '^[.]' || true)",
            &[&directory, &archive],
        )?;
        let content = std::fs::read(&archive).doing("reading a layer")?;
        self.blob(&content, "application/vnd.oci.image.layer.v1.tar+gzip")
    }

    pub(super) fn manifest(
        &self,
        process: &Value,
        architecture: &str,
        layers: &[Value],
    ) -> Result<Value, Failure> {
        let config = json!({ "architecture": architecture, "os": "linux", "config": process });
        let config = self.blob(
            config.to_string().as_bytes(),
            "application/vnd.oci.image.config.v1+json",
        )?;
        let media = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({ "schemaVersion": 2, "mediaType": media, "config": config, "layers": layers });
        self.blob(manifest.to_string().as_bytes(), media)
    }

    pub(super) fn index(&self, manifests: &[Value]) -> Result<(), Failure> {
        let index = json!({ "schemaVersion": 2, "manifests": manifests });
        std::fs::write(self.path.join("index.json"), index.to_string()).doing("writing an index")
    }

    pub(super) fn source(&self) -> RootfsSource {
        RootfsSource::oci_layout(self.path.to_string_lossy())
    }
}

pub(super) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
