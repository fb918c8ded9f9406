//! Models of SCSI controllers.

/// In a domain, and in a file.
const MODELS: [(&str, &str); 4] = [
    ("buslogic", "buslogic"),
    ("lsilogic", "lsilogic"),
    ("lsisas1068", "lsisas1068"),
    ("vmpvscsi", "pvscsi"),
];

/// The model of a domain that is this `virtualDev`, in any case.
pub(super) fn model(word: &str) -> Option<&'static str> {
    let found = MODELS.iter().find(|(_, one)| one.eq_ignore_ascii_case(word));
    found.map(|(model, _)| *model)
}

/// The `virtualDev` of a model.
pub(super) fn word(model: &str) -> Option<&'static str> {
    let found = MODELS.iter().find(|(one, _)| *one == model);
    found.map(|(_, word)| *word)
}
