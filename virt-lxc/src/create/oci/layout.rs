//! The documents of an image: index, manifest, configuration.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use virt_core::{Error, ErrorKind, Result};

use super::platform::Platform;

/// The annotation by which an image has a name.
const NAME: &str = "org.opencontainers.image.ref.name";

/// What a blob is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    pub(super) media_type: String,
    pub(super) digest: String,
    #[serde(default)]
    pub(super) platform: Option<Platform>,
    #[serde(default)]
    annotations: HashMap<String, String>,
}

/// `oci-layout`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Marker {
    pub(super) image_layout_version: String,
}

/// `index.json`, and an index among the blobs.
#[derive(Debug, Deserialize)]
pub(super) struct Index {
    #[serde(default)]
    pub(super) manifests: Vec<Descriptor>,
}

/// A manifest.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    pub(super) config: Descriptor,
    #[serde(default)]
    pub(super) layers: Vec<Descriptor>,
}

/// The configuration of an image.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Configuration {
    #[serde(default)]
    pub(super) architecture: String,
    #[serde(default)]
    pub(super) os: String,
    #[serde(default)]
    pub(super) config: Option<Process>,
}

/// What it says of the process.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Process {
    #[serde(default)]
    pub(super) user: Option<String>,
    #[serde(default)]
    pub(super) env: Option<Vec<String>>,
    #[serde(default)]
    pub(super) entrypoint: Option<Vec<String>>,
    #[serde(default)]
    pub(super) cmd: Option<Vec<String>>,
    #[serde(default)]
    pub(super) working_dir: Option<String>,
}

/// What a blob is, by its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaKind {
    Index,
    Manifest,
    Layer,
    Configuration,
}

impl Descriptor {
    pub(super) fn name(&self) -> Option<&str> {
        self.annotations.get(NAME).map(String::as_str)
    }

    /// What it is; `Unsupported` for what is not known.
    pub(super) fn kind(&self) -> Result<MediaKind> {
        let oci = self.media_type.strip_prefix("application/vnd.oci.image.");
        let docker = self.media_type.strip_prefix("application/vnd.docker.");
        Ok(match (oci, docker) {
            (Some("index.v1+json"), _) | (_, Some("distribution.manifest.list.v2+json")) => MediaKind::Index,
            (Some("manifest.v1+json"), _) | (_, Some("distribution.manifest.v2+json")) => MediaKind::Manifest,
            (Some("config.v1+json"), _) | (_, Some("container.image.v1+json")) => MediaKind::Configuration,
            (
                Some(
                    "layer.v1.tar"
                    | "layer.v1.tar+gzip"
                    | "layer.v1.tar+zstd"
                    | "layer.nondistributable.v1.tar"
                    | "layer.nondistributable.v1.tar+gzip"
                    | "layer.nondistributable.v1.tar+zstd",
                ),
                _,
            )
            | (
                _,
                Some("image.rootfs.diff.tar" | "image.rootfs.diff.tar.gzip" | "image.rootfs.diff.tar.zstd"),
            ) => MediaKind::Layer,
            _ => {
                let message = format!(
                    "a blob of media type {:?} is not known ({})",
                    self.media_type, self.digest
                );
                return Err(Error::unsupported(message));
            }
        })
    }

    /// The same, which has to be this.
    pub(super) fn must_be(&self, wanted: MediaKind) -> Result<()> {
        if self.kind()? == wanted {
            return Ok(());
        }
        let message = format!(
            "a blob of media type {:?} is where none of that type can be",
            self.media_type
        );
        Err(Error::unsupported(message))
    }
}

/// Reads a document.
pub(super) fn parse<T: DeserializeOwned>(what: &str, content: &[u8]) -> Result<T> {
    serde_json::from_slice(content).map_err(|error| {
        Error::new(
            ErrorKind::Corrupt,
            format!("the {what} of the image cannot be read"),
        )
        .with_source(error)
    })
}
