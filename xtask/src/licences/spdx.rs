//! SPDX licence expressions: names joined by `OR`, `AND` and `WITH`, with brackets; and the older `A/B` for a choice.

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    Name(String),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Expression {
    /// Whether it holds where the licences for which `accepted` says yes may be used.
    pub(super) fn holds(&self, accepted: &impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Name(name) => accepted(name),
            Self::All(parts) => parts.iter().all(|part| part.holds(accepted)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(accepted)),
        }
    }

    /// The names in it.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Self::Name(name) => vec![name],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::names).collect(),
        }
    }
}

/// Reads one; an error says what was not expected.
pub(super) fn parse(text: &str) -> Result<Expression, String> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut words = words.as_slice();
    let expression = any(&mut words)?;
    match words.first() {
        None => Ok(expression),
        Some(word) => Err(format!("unexpected \"{word}\"")),
    }
}

fn any(words: &mut &[&str]) -> Result<Expression, String> {
    let mut parts = vec![all(words)?];
    while take(words, "OR") {
        parts.push(all(words)?);
    }
    Ok(one_or(parts, Expression::Any))
}

fn all(words: &mut &[&str]) -> Result<Expression, String> {
    let mut parts = vec![term(words)?];
    while take(words, "AND") {
        parts.push(term(words)?);
    }
    Ok(one_or(parts, Expression::All))
}

fn term(words: &mut &[&str]) -> Result<Expression, String> {
    if take(words, "(") {
        let inner = any(words)?;
        return if take(words, ")") {
            Ok(inner)
        } else {
            Err("a bracket is not closed".to_owned())
        };
    }
    let name = name(words)?;
    if take(words, "WITH") {
        return Ok(Expression::Name(format!("{name} WITH {}", self::name(words)?)));
    }
    Ok(Expression::Name(name))
}

fn name(words: &mut &[&str]) -> Result<String, String> {
    match words.split_first() {
        Some((word, rest)) if !["OR", "AND", "WITH", "(", ")"].contains(word) => {
            *words = rest;
            Ok((*word).to_owned())
        }
        Some((word, _)) => Err(format!("unexpected \"{word}\"")),
        None => Err("a name is missing".to_owned()),
    }
}

fn take(words: &mut &[&str], wanted: &str) -> bool {
    match words.split_first() {
        Some((word, rest)) if *word == wanted => {
            *words = rest;
            true
        }
        _ => false,
    }
}

fn one_or(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            join(parts)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn and_binds_closer_than_or() {
        let expression = parse("MIT OR Apache-2.0 AND ISC").unwrap();
        assert!(expression.holds(&|name| name == "MIT"));
        assert!(!expression.holds(&|name| name == "ISC"));
        assert!(
            parse("(MIT OR Apache-2.0) AND Unicode-3.0")
                .unwrap()
                .holds(&|name| name != "MIT")
        );
    }

    #[test]
    fn an_exception_is_part_of_the_name() {
        let expression = parse("Apache-2.0 WITH LLVM-exception").unwrap();
        assert_eq!(expression.names(), ["Apache-2.0 WITH LLVM-exception"]);
    }

    #[test]
    fn what_is_no_expression_is_an_error() {
        for text in ["", "MIT OR", "(MIT", "MIT Apache-2.0", "AND"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
