//! Pools, volumes, secrets and interfaces of the host: what libvirt gives back of a document.

use virt_sdk::model::value::YesNo;
use virt_sdk::model::{
    HostInterfaceConfig, PoolCapabilities, PoolConfig, PoolType, SecretConfig, VolumeConfig,
};
use virt_testkit::corpus::{Case, Corpus};

use crate::compare::same;
use crate::reason;
use crate::relaxng::stays_valid;
use crate::verdict::Verdict;

pub(crate) fn judge_pool(corpus: &Corpus, case: &Case) -> Verdict {
    let given_back = |text: &str| {
        let pool = PoolConfig::from_xml(text)?;
        pool.validate()?;
        Ok(pool.normalized().to_xml())
    };
    judge(corpus, case, "storagepool.rng", case.input_file(), &given_back)
}

/// The input is a pool and a volume: what a volume is depends on the type of its pool.
pub(crate) fn judge_volume(corpus: &Corpus, case: &Case) -> Verdict {
    let file = |index: usize| case.input.get(index).and_then(|file| file.as_str());
    let (Some(pool), volume @ Some(_)) = (file(0), file(1)) else {
        return Verdict::Unsupported("the case has no pool and volume");
    };
    let pool = match corpus.read(pool).map(|text| PoolConfig::from_xml(&text)) {
        Ok(Ok(pool)) => pool.kind,
        Ok(Err(error)) => return Verdict::Failed(format!("the pool: {error}")),
        Err(error) => return Verdict::Failed(error),
    };
    let is_copy = case.flags.to_string().contains("NO_CAPACITY");
    let given_back = |text: &str| {
        let volume = VolumeConfig::from_xml(text)?;
        if is_copy {
            volume.validate_copy()?;
        } else {
            volume.validate_in(&pool)?;
        }
        Ok(volume.normalized_in(&pool).to_xml())
    };
    judge(corpus, case, "storagevol.rng", volume, &given_back)
}

pub(crate) fn judge_secret(corpus: &Corpus, case: &Case) -> Verdict {
    let given_back = |text: &str| {
        let secret = SecretConfig::from_xml(text)?;
        secret.validate()?;
        Ok(secret.normalized().to_xml())
    };
    judge(corpus, case, "secret.rng", case.input_file(), &given_back)
}

pub(crate) fn judge_interface(corpus: &Corpus, case: &Case) -> Verdict {
    let given_back = |text: &str| {
        let interface = HostInterfaceConfig::from_xml(text)?;
        interface.validate()?;
        Ok(interface.normalized().to_xml())
    };
    judge(corpus, case, "interface.rng", case.input_file(), &given_back)
}

/// The cases have no input: which pools the test says there are is only told by what is expected. That is taken from
/// there; which types there are, in which order, with which formats and defaults, is ours.
pub(crate) fn judge_pool_capabilities(corpus: &Corpus, case: &Case) -> Verdict {
    let Some(file) = case.expected_file() else {
        return Verdict::Unsupported("the case has no file with what is expected");
    };
    let outcome = corpus.read(file).and_then(|expected| {
        let told = PoolCapabilities::from_xml(&expected).map_err(|error| error.to_string())?;
        let supported: Vec<PoolType> = told
            .pools
            .into_iter()
            .filter(|pool| pool.supported == Some(YesNo::Yes))
            .filter_map(|pool| pool.kind)
            .collect();
        let ours = PoolCapabilities::of(&supported).to_xml();
        same(&ours, &expected)?;
        stays_valid(corpus, "storagepoolcaps.rng", &expected, &ours)
    });
    outcome.into()
}

type GivenBack<'g> = &'g dyn Fn(&str) -> Result<String, virt_sdk::xml::XmlError>;

fn judge(
    corpus: &Corpus,
    case: &Case,
    schema: &str,
    input: Option<&str>,
    given_back: GivenBack<'_>,
) -> Verdict {
    let Some(input) = input else {
        return Verdict::Unsupported("the case has no input file");
    };
    let text = match corpus.read(input) {
        Ok(text) => text,
        Err(error) => return Verdict::Failed(error),
    };
    match (case.kind.as_str(), case.expected_file()) {
        ("convert" | "roundtrip", Some(expected)) => {
            let outcome = corpus
                .read(expected)
                .and_then(|expected| converted(corpus, schema, &text, &expected, given_back));
            outcome.into()
        }
        ("error", _) => match given_back(&text) {
            Ok(_) => Verdict::Failed("it was accepted".to_owned()),
            Err(error) => reason::is_same(&error, None).into(),
        },
        _ => Verdict::Unsupported("an unknown kind of case"),
    }
}

/// What is given back is what is expected, valid where the input was, and stays as it is when it is read again.
fn converted(
    corpus: &Corpus,
    schema: &str,
    text: &str,
    expected: &str,
    given_back: GivenBack<'_>,
) -> Result<(), String> {
    let ours = given_back(text).map_err(|error| error.to_string())?;
    same(&ours, expected)?;
    let again = given_back(&ours).map_err(|error| format!("what we wrote: {error}"))?;
    if again != ours {
        return Err(format!("it changes when it is read again:\n{again}"));
    }
    stays_valid(corpus, schema, text, &ours)
}
