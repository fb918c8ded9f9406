//! Models of sound cards.

/// In a domain, and in a file.
const MODELS: [(&str, &str); 3] = [("es1370", "es1371"), ("sb16", "sb16"), ("ich6", "hdaudio")];

/// The model of a domain that is this `virtualDev`.
pub(super) fn model(word: &str) -> Option<&'static str> {
    let found = MODELS.iter().find(|(_, one)| one.eq_ignore_ascii_case(word));
    found.map(|(model, _)| *model)
}

/// The `virtualDev` of a model.
pub(super) fn word(model: &str) -> Option<&'static str> {
    let found = MODELS.iter().find(|(one, _)| *one == model);
    found.map(|(_, word)| *word)
}
