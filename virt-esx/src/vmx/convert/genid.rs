//! Generation ids: two signed numbers in a file, a UUID in a domain.

use uuid::Uuid;

/// The id of the two halves; none where both are 0.
pub(super) fn of(high: i64, low: i64) -> Option<String> {
    let half = |number: i64| u64::from_ne_bytes(number.to_ne_bytes());
    let id = Uuid::from_u64_pair(half(high), half(low));
    (!id.is_nil()).then(|| id.to_string())
}

/// The two halves of an id.
pub(super) fn halves(id: &str) -> Option<(i64, i64)> {
    let (high, low) = Uuid::parse_str(id.trim()).ok()?.as_u64_pair();
    let half = |number: u64| i64::from_ne_bytes(number.to_ne_bytes());
    Some((half(high), half(low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_have_signs() {
        let id = of(1_424_963_296_993_694_319, -5_704_120_239_402_535_687).unwrap();
        assert_eq!(id, "13c67c91-9f47-526f-b0d6-e4dd2e4bb4f9");
        assert_eq!(
            halves(&id),
            Some((1_424_963_296_993_694_319, -5_704_120_239_402_535_687))
        );
        assert_eq!(of(0, 0), None);
        assert_eq!(halves("x"), None);
    }
}
