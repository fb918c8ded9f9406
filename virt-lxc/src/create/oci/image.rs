//! Finding an image in a layout, and checking all that is of it.

use virt_core::host::Host;
use virt_core::{Error, ErrorKind, Result, Subject};

use super::digest::{Algorithm, Digest};
use super::layout::{Configuration, Descriptor, Index, Manifest, Marker, MediaKind, parse};
use super::platform::{Platform, go_name};
use crate::tools::Tools;

/// How many indexes may stand within each other.
const DEEPEST: usize = 4;

/// An image that was found, all of whose blobs are what their digests say.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    /// The archives of its layers, the lowest first.
    pub(crate) layers: Vec<String>,
    pub(super) configuration: Configuration,
}

/// A layout, and the means to read it.
struct Reader<'r> {
    host: &'r dyn Host,
    tools: &'r Tools,
    path: &'r str,
    arch: &'r str,
}

impl Image {
    /// The image of this reference in a layout, for this architecture by libvirt's name.
    pub(crate) async fn find(
        host: &dyn Host,
        tools: &Tools,
        (path, reference): (&str, Option<&str>),
        arch: &str,
    ) -> Result<Self> {
        let path = path.trim_end_matches('/');
        let reader = Reader {
            host,
            tools,
            path,
            arch,
        };
        let found = reader.image(reference).await;
        found.map_err(|error| match error.subject() {
            Some(_) => error,
            None => error.with_subject(Subject::Path(path.to_owned())),
        })
    }
}

impl Reader<'_> {
    async fn image(&self, reference: Option<&str>) -> Result<Image> {
        let marker = self
            .host
            .files()
            .read(&format!("{}/oci-layout", self.path))
            .await?;
        let marker: Marker = parse("file oci-layout", &marker)?;
        if !marker.image_layout_version.starts_with("1.") {
            let message = format!(
                "a layout of version {:?} is not known",
                marker.image_layout_version
            );
            return Err(Error::unsupported(message));
        }
        let index = self
            .host
            .files()
            .read(&format!("{}/index.json", self.path))
            .await?;
        let index: Index = parse("index", &index)?;
        let mut chosen = self.referred(&index, reference)?.clone();
        for _ in 0..DEEPEST {
            match chosen.kind()? {
                MediaKind::Index => {
                    let content = self.checked(&chosen).await?;
                    chosen = self
                        .fitting(&parse::<Index>("index", &content)?.manifests)?
                        .clone();
                }
                MediaKind::Manifest => {
                    let content = self.checked(&chosen).await?;
                    return self.of_manifest(&parse("manifest", &content)?).await;
                }
                MediaKind::Layer | MediaKind::Configuration => {
                    chosen.must_be(MediaKind::Manifest)?;
                }
            }
        }
        Err(Error::new(
            ErrorKind::Corrupt,
            "the image has indexes within indexes without end",
        ))
    }

    /// The image that a reference means.
    fn referred<'i>(&self, index: &'i Index, reference: Option<&str>) -> Result<&'i Descriptor> {
        let all = &index.manifests;
        let Some(reference) = reference else {
            return match all.as_slice() {
                [one] => Ok(one),
                [] => Err(Error::new(ErrorKind::NotFound, "there is no image in the layout")),
                several if several.iter().any(|one| one.name().is_some()) => {
                    let message = format!("there are several images, say which: {}", names(several));
                    Err(Error::new(ErrorKind::InvalidArgument, message))
                }
                several => self.fitting(several),
            };
        };
        let is_it = |one: &&Descriptor| one.name() == Some(reference) || one.digest == reference;
        let found: Vec<&Descriptor> = all.iter().filter(is_it).collect();
        match found.as_slice() {
            [] => {
                let message = format!(
                    "there is no image {reference:?} in the layout (there are: {})",
                    names(all)
                );
                Err(Error::new(ErrorKind::NotFound, message))
            }
            [one] => Ok(one),
            several => {
                let fits = several.iter().find(|one| self.fits(one));
                fits.copied()
                    .ok_or_else(|| self.none_fits(several.iter().copied()))
            }
        }
    }

    /// The one for this architecture.
    fn fitting<'d>(&self, all: &'d [Descriptor]) -> Result<&'d Descriptor> {
        let found = all.iter().find(|one| self.fits(one));
        found.ok_or_else(|| self.none_fits(all.iter()))
    }

    fn fits(&self, one: &Descriptor) -> bool {
        one.platform
            .as_ref()
            .is_some_and(|platform| platform.fits(self.arch))
    }

    fn none_fits<'d>(&self, all: impl Iterator<Item = &'d Descriptor>) -> Error {
        let platforms = all.filter_map(|one| one.platform.as_ref());
        let platforms: Vec<String> = platforms
            .map(|one| format!("{}/{}", one.os, one.architecture))
            .collect();
        let message = format!(
            "the image is not for {} (it is for: {})",
            go_name(self.arch),
            platforms.join(", ")
        );
        Error::unsupported(message)
    }

    async fn of_manifest(&self, manifest: &Manifest) -> Result<Image> {
        manifest.config.must_be(MediaKind::Configuration)?;
        for layer in &manifest.layers {
            layer.must_be(MediaKind::Layer)?;
        }
        if manifest.layers.is_empty() {
            return Err(Error::new(ErrorKind::Corrupt, "the image has no layers"));
        }
        let all: Vec<Digest> = std::iter::once(&manifest.config)
            .chain(&manifest.layers)
            .map(|blob| Digest::parse(&blob.digest))
            .collect::<Result<_>>()?;
        self.check(&all).await?;
        let mut paths = all.iter().map(|digest| digest.path(self.path));
        let content = self.host.files().read(&paths.next().unwrap_or_default()).await?;
        let configuration: Configuration = parse("configuration", &content)?;
        let platform = Platform {
            architecture: configuration.architecture.clone(),
            os: configuration.os.clone(),
        };
        if !platform.architecture.is_empty() && !platform.fits(self.arch) {
            let message = format!(
                "the image is for {}/{}, not for linux/{}",
                platform.os,
                platform.architecture,
                go_name(self.arch)
            );
            return Err(Error::unsupported(message));
        }
        Ok(Image {
            layers: paths.collect(),
            configuration,
        })
    }

    /// The content of a blob that is what its digest says.
    async fn checked(&self, descriptor: &Descriptor) -> Result<Vec<u8>> {
        let digest = Digest::parse(&descriptor.digest)?;
        self.check(std::slice::from_ref(&digest)).await?;
        self.host.files().read(&digest.path(self.path)).await
    }

    /// Checks that blobs are what their digests say.
    async fn check(&self, digests: &[Digest]) -> Result<()> {
        for algorithm in Algorithm::ALL {
            let of_it: Vec<&Digest> = digests
                .iter()
                .filter(|digest| digest.algorithm == algorithm)
                .collect();
            if of_it.is_empty() {
                continue;
            }
            let paths: Vec<String> = of_it.iter().map(|digest| digest.path(self.path)).collect();
            let printed = self.tools.digests(&algorithm.program(), &paths).await?;
            let wrong = of_it
                .iter()
                .zip(&paths)
                .zip(printed.iter().map(Some).chain(std::iter::repeat(None)));
            for ((digest, path), printed) in wrong {
                if !printed.is_some_and(|printed| digest.is(printed)) {
                    let message = format!("a blob of the image is not what its digest says: {digest}");
                    return Err(
                        Error::new(ErrorKind::Corrupt, message).with_subject(Subject::Path(path.clone()))
                    );
                }
            }
        }
        Ok(())
    }
}

fn names(all: &[Descriptor]) -> String {
    let names: Vec<&str> = all.iter().map(|one| one.name().unwrap_or(&one.digest)).collect();
    names.join(", ")
}
