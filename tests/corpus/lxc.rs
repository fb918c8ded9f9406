//! Configurations of LXC: what libvirt makes domains of, and what it refuses.

use virt_lxc::config::ContainerConfig;
use virt_lxc::convert::{FromNative, ToNative, from_native, to_native};
use virt_sdk::model::DomainConfig;
use virt_testkit::corpus::{Case, Corpus};

use crate::compare::same;
use crate::verdict::Verdict;

/// The conversion from native configuration, and that what it gives can be a container again.
pub(crate) fn judge(corpus: &Corpus, case: &Case) -> Verdict {
    match case.kind.as_str() {
        "error" => refused(corpus, case).into(),
        "convert" => converted(corpus, case).into(),
        _ => Verdict::Unsupported("an unknown kind of case"),
    }
}

fn config(corpus: &Corpus, case: &Case) -> Result<ContainerConfig, String> {
    let text = corpus.read(case.input_file().ok_or("the case has no input file")?)?;
    let config = ContainerConfig::parse(&text).map_err(|error| error.to_string())?;
    match config.to_string() == text {
        true => Ok(config),
        false => Err("it is not written as it was read".to_owned()),
    }
}

fn converted(corpus: &Corpus, case: &Case) -> Result<(), String> {
    let config = config(corpus, case)?;
    let expected = corpus.read(case.expected_file().ok_or("the case has no expected file")?)?;
    let told = DomainConfig::from_xml(&expected).map_err(|error| error.to_string())?;
    // libvirt's test forces the UUID into the domain; the emulator is that of the driver, which the test made up.
    let mut options = FromNative::libvirt();
    options.uuid = told.uuid;
    options.emulator = told.devices.and_then(|devices| devices.emulator);
    let ours = from_native(&config, &options).map_err(|error| error.to_string())?;
    same(&ours.to_xml(), &expected)?;
    if ours.normalized() != ours {
        return Err("libvirt would give it back otherwise".to_owned());
    }
    ours.validate().map_err(|error| error.to_string())?;
    comes_back(&config)
}

/// Read completely it is a container again, and nothing is lost on the way.
fn comes_back(config: &ContainerConfig) -> Result<(), String> {
    let options = FromNative::complete();
    let whole = from_native(config, &options).map_err(|error| format!("completely: {error}"))?;
    let native = to_native(&whole, &ToNative::new(virt_lxc::cgroup::CgroupLayout::legacy()));
    let native = native.map_err(|error| format!("back: {error}"))?;
    let again = from_native(&native, &options).map_err(|error| format!("again: {error}"))?;
    same(&again.to_xml(), &whole.to_xml()).map_err(|how| format!("it is not the same again: {how}"))
}

fn refused(corpus: &Corpus, case: &Case) -> Result<(), String> {
    let config = config(corpus, case)?;
    match from_native(&config, &FromNative::libvirt()) {
        Ok(_) => Err("it is taken".to_owned()),
        Err(error) if error.to_string().contains("lxc.mount") => comes_back(&config),
        Err(error) => Err(format!("it is refused for another reason: {error}")),
    }
}
