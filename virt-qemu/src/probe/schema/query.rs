//! Following a path through the interface.

use std::collections::BTreeSet;

use super::Schema;
use super::entry::Kind;

/// A path that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{step:?} makes no sense in the schema path {path:?}")]
pub struct BadQuery {
    /// The path.
    pub path: String,
    /// The step at fault.
    pub step: String,
}

/// One step of a path.
#[derive(Clone, Copy)]
enum Step<'a> {
    Member { name: &'a str, must_be_optional: bool },
    Variant(&'a str),
    Value(&'a str),
    JsonType(&'a str),
    Feature(&'a str),
}

impl<'a> Step<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut rest = text.chars();
        let step = match rest.next()? {
            '*' => Self::Member {
                name: rest.as_str(),
                must_be_optional: true,
            },
            '+' => Self::Variant(rest.as_str()),
            '^' => Self::Value(rest.as_str()),
            '!' => Self::JsonType(rest.as_str()),
            '$' => Self::Feature(rest.as_str()),
            _ => Self::Member {
                name: text,
                must_be_optional: false,
            },
        };
        let named = matches!(
            step,
            Self::Member {
                must_be_optional: false,
                ..
            }
        ) || !rest.as_str().is_empty();
        named.then_some(step)
    }

    fn ends_path(self) -> bool {
        matches!(self, Self::Value(_) | Self::JsonType(_) | Self::Feature(_))
    }
}

/// Whether the path leads somewhere.
pub(super) fn check(schema: &Schema, path: &str) -> Result<bool, BadQuery> {
    let bad = |step: &str| BadQuery {
        path: path.to_owned(),
        step: step.to_owned(),
    };
    let mut texts = path.split('/');
    let name = texts
        .next()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| bad(""))?;
    let first = texts.next();
    let mut steps = Vec::new();
    for text in texts {
        if steps.last().is_some_and(|last: &Step<'_>| last.ends_path()) {
            return Err(bad(text));
        }
        steps.push(Step::parse(text).ok_or_else(|| bad(text))?);
    }
    let (start, features) = match (schema.entry(name), first) {
        (Some(Kind::Command { .. } | Kind::Event { .. }), None) => return Ok(true),
        (
            Some(Kind::Command {
                arguments, features, ..
            }),
            Some("arg-type"),
        ) => (arguments, features),
        (Some(Kind::Command { result, features, .. }), Some("ret-type")) => (result, features),
        (Some(Kind::Event { data, features }), Some("arg-type")) => (data, features),
        (Some(Kind::Command { features, .. } | Kind::Event { features, .. }), Some(first)) => {
            let wanted = first
                .strip_prefix('$')
                .filter(|_| steps.is_empty())
                .ok_or_else(|| bad(first))?;
            return Ok(features.iter().any(|feature| **feature == *wanted));
        }
        (_, Some(first)) if first != "arg-type" && first != "ret-type" && !first.starts_with('$') => {
            return Err(bad(first));
        }
        _ => return Ok(false),
    };
    Ok(follow(schema, start, features, &steps))
}

/// Whether the steps lead somewhere from a type; `features` are those of what led here.
fn follow(schema: &Schema, type_name: &str, features: &[Box<str>], steps: &[Step<'_>]) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return true;
    };
    if let Step::Feature(wanted) = step
        && features.iter().any(|feature| **feature == **wanted)
    {
        return true;
    }
    if let Step::JsonType(wanted) = step {
        return standing_for(schema, type_name, Lists::Keep)
            .into_iter()
            .any(|kind| json_type(kind) == Some(wanted));
    }
    standing_for(schema, type_name, Lists::Enter)
        .into_iter()
        .any(|kind| take(schema, kind, *step, rest))
}

/// Whether lists are seen as such or as what is in them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    Keep,
    Enter,
}

/// Every type that may stand where this one does.
fn standing_for<'a>(schema: &'a Schema, type_name: &'a str, lists: Lists) -> Vec<&'a Kind> {
    let (mut todo, mut seen, mut kinds) = (vec![type_name], BTreeSet::new(), Vec::new());
    while let Some(name) = todo.pop() {
        // A schema may bite its tail.
        if !seen.insert(name) {
            continue;
        }
        match schema.entry(name) {
            Some(Kind::Alternate { types }) => todo.extend(types.iter().map(|name| &**name)),
            Some(Kind::Array { element }) if lists == Lists::Enter => todo.push(element),
            Some(kind) => kinds.push(kind),
            None => {}
        }
    }
    kinds
}

/// Takes one step from a type that is no list and no alternative, and then the rest.
fn take(schema: &Schema, kind: &Kind, step: Step<'_>, rest: &[Step<'_>]) -> bool {
    match (kind, step) {
        (
            Kind::Object { members, .. },
            Step::Member {
                name,
                must_be_optional,
            },
        ) => members
            .iter()
            .find(|member| *member.name == *name)
            .is_some_and(|member| {
                (member.optional || !must_be_optional) && follow(schema, &member.kind, &member.features, rest)
            }),
        (Kind::Object { variants, .. }, Step::Variant(name)) => variants
            .iter()
            .find(|variant| *variant.case == *name)
            .is_some_and(|variant| follow(schema, &variant.kind, &[], rest)),
        (Kind::Object { features, .. }, Step::Feature(name)) => {
            features.iter().any(|feature| **feature == *name)
        }
        (Kind::Enumeration { values }, Step::Value(name)) => values.iter().any(|value| *value.name == *name),
        _ => false,
    }
}

fn json_type(kind: &Kind) -> Option<&str> {
    match kind {
        Kind::Builtin { json_type } => Some(json_type),
        Kind::Enumeration { .. } => Some("string"),
        Kind::Object { .. } => Some("object"),
        Kind::Array { .. } => Some("array"),
        Kind::Alternate { .. } | Kind::Command { .. } | Kind::Event { .. } | Kind::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        serde_json::from_value(json!([
            {"name": "add", "meta-type": "command", "arg-type": "0", "ret-type": "e", "features": ["new"]},
            {"name": "GONE", "meta-type": "event", "arg-type": "e"},
            {"name": "e", "meta-type": "object", "members": []},
            {"name": "0", "meta-type": "object", "tag": "driver", "members": [
                {"name": "driver", "type": "d"},
                {"name": "ids", "type": "[str]", "default": null, "features": ["old"]}],
                "variants": [{"case": "file", "type": "1"}, {"case": "null", "type": "e"}]},
            {"name": "1", "meta-type": "object", "members": [{"name": "below", "type": "a", "default": null}]},
            {"name": "a", "meta-type": "alternate", "members": [{"type": "0"}, {"type": "str"}]},
            {"name": "d", "meta-type": "enum", "values": ["file", "null"]},
            {"name": "[str]", "meta-type": "array", "element-type": "str"},
            {"name": "str", "meta-type": "builtin", "json-type": "string"},
            {"name": "future", "meta-type": "tensor", "rank": 3},
            "not even an object",
        ]))
        .unwrap()
    }

    #[test]
    fn paths_that_lead_somewhere() {
        for path in [
            "add",
            "GONE",
            "add/$new",
            "add/arg-type",
            "add/arg-type/driver/^file",
            "add/arg-type/*ids",
            "add/arg-type/ids/!array",
            "add/arg-type/ids/$old",
            "add/arg-type/+file/below/+file/below/driver/^null",
            "add/arg-type/+file/below/!string",
            "add/arg-type/+file/below/!object",
            "add/ret-type",
        ] {
            assert_eq!(schema().check(path), Ok(true), "{path}");
        }
    }

    #[test]
    fn paths_that_lead_nowhere() {
        for path in [
            "remove",
            "remove/arg-type/x",
            "future",
            "str",
            "add/$old",
            "add/arg-type/*driver",
            "add/arg-type/driver/^ftp",
            "add/arg-type/driver/^",
            "add/arg-type/+ftp",
            "add/arg-type/below",
            "add/arg-type/ids/!number",
            "add/arg-type/driver/$old",
            "GONE/arg-type/x",
        ] {
            assert!(!schema().has(path), "{path}");
        }
    }

    #[test]
    fn paths_that_make_no_sense() {
        for path in [
            "",
            "/",
            "add/",
            "add/file",
            "add/arg-type//x",
            "add/arg-type/!string/x",
            "add/arg-type/*",
            "add/$new/x",
        ] {
            assert!(schema().check(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_schema_that_bites_its_tail_is_survived() {
        let schema: Schema = serde_json::from_value(json!([
            {"name": "c", "meta-type": "command", "arg-type": "a", "ret-type": "[a]"},
            {"name": "a", "meta-type": "alternate", "members": [{"type": "a"}, {"type": "[a]"}]},
            {"name": "[a]", "meta-type": "array", "element-type": "a"},
        ]))
        .unwrap();
        assert!(!schema.has("c/arg-type/x"));
        assert!(schema.has("c/arg-type/!array"));
    }

    #[test]
    fn what_is_kept_says_the_same() {
        let kept = serde_json::to_string(&schema()).unwrap();
        assert_eq!(serde_json::from_str::<Schema>(&kept).unwrap(), schema());
    }

    proptest::proptest! {
        #[test]
        fn no_path_makes_the_query_panic(path in "[a-z0/+^!$*é-]{0,40}") {
            let _either = schema().check(&path);
        }
    }
}
