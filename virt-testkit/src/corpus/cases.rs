//! The list of cases.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The corpus on disk.
#[derive(Debug, Clone)]
pub struct Corpus {
    root: PathBuf,
    cases: Vec<Case>,
}

/// One case: an input, what is to be done with it, and the file with what is expected.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Case {
    /// The family, such as `qemuxmlconf`.
    pub family: String,
    /// The name within the family.
    pub name: String,
    /// The input, relative to the test data; some families have several or write it inline.
    #[serde(default)]
    pub input: serde_json::Value,
    /// The file with what is expected, relative to the test data; may be inline.
    #[serde(default)]
    pub expected: serde_json::Value,
    /// `roundtrip`, `convert`, `argv`, `error`, `validate`.
    pub kind: String,
    /// The architecture.
    #[serde(default)]
    pub arch: Option<String>,
    /// The version of the capabilities: `latest` or `6.2.0`.
    #[serde(default)]
    pub caps_version: Option<String>,
    /// The capabilities file, relative to the test data.
    #[serde(default)]
    pub caps_file: Option<String>,
    /// Whether machine types are known by their aliases only, as the test has them for `latest`.
    #[serde(default)]
    pub strip_machine_aliases: bool,
    /// How the test parses the document.
    #[serde(default)]
    pub parse_flags: Vec<String>,
    /// Settings of the test that are not its defaults.
    #[serde(default)]
    pub settings: Option<serde_json::Value>,
    /// The host's CPU, when it is not the default one.
    #[serde(default)]
    pub host_cpu: Option<String>,
    /// Capabilities taken away.
    #[serde(default)]
    pub caps_del: Vec<String>,
    /// Capabilities added.
    #[serde(default)]
    pub caps_add: Vec<String>,
    /// The stage at which a case of kind `error` fails.
    #[serde(default)]
    pub stage: Option<String>,
    /// The schema a document is validated against.
    #[serde(default)]
    pub schema: Option<String>,
    /// Flags of the family's own.
    #[serde(default)]
    pub flags: serde_json::Value,
    /// What is done with the second input, such as `VIR_NETWORK_UPDATE_COMMAND_MODIFY`.
    #[serde(default)]
    pub command: Option<String>,
    /// The part of the document that is changed, such as `VIR_NETWORK_SECTION_DNS_TXT`.
    #[serde(default)]
    pub section: Option<String>,
    /// The time something is made at, in seconds since 1970.
    #[serde(default)]
    pub time: Option<String>,
    /// The UUID of the domain a document belongs to.
    #[serde(default)]
    pub uuid: Option<String>,
    /// Where the guest is migrated from.
    #[serde(default)]
    pub migrate_from: Option<String>,
}

impl Case {
    /// The input, when it is one file.
    #[must_use]
    pub fn input_file(&self) -> Option<&str> {
        self.input.as_str()
    }

    /// What is expected, when it is one file.
    #[must_use]
    pub fn expected_file(&self) -> Option<&str> {
        self.expected.as_str()
    }
}

#[derive(Deserialize)]
struct Listing {
    cases: Vec<Case>,
}

impl Corpus {
    /// The corpus in `$VIRT_CORPUS`, else beside the workspace.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn find() -> Result<Self, String> {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
        let root = std::env::var_os("VIRT_CORPUS").map_or(beside, PathBuf::from);
        let list = root.join("cases.json");
        let text = std::fs::read_to_string(&list)
            .map_err(|error| format!("no corpus: {}: {error}; set VIRT_CORPUS", list.display()))?;
        let listing: Listing =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", list.display()))?;
        Ok(Self {
            root,
            cases: listing.cases,
        })
    }

    /// The cases of a family.
    pub fn family<'a>(&'a self, family: &'a str) -> impl Iterator<Item = &'a Case> + 'a {
        self.cases.iter().filter(move |case| case.family == family)
    }

    /// The families there are, in the order of the list.
    #[must_use]
    pub fn families(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for case in &self.cases {
            if !found.contains(&case.family.as_str()) {
                found.push(&case.family);
            }
        }
        found
    }

    /// Where libvirt's documents are described as data: `facts`, beside the corpus.
    #[must_use]
    pub fn facts(&self) -> PathBuf {
        self.root.join("../facts")
    }

    /// The directory of the schemas.
    #[must_use]
    pub fn schemas(&self) -> PathBuf {
        self.root.join("schemas")
    }

    /// The path of a file of the test data.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.root.join("tests").join(file)
    }

    /// The text of a file of the test data.
    ///
    /// # Errors
    /// Says which file could not be read.
    pub fn read(&self, file: &str) -> Result<String, String> {
        let path = self.path(file);
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    }
}
