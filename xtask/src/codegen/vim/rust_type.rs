//! Which Rust type stands for one of the API's.

use super::reach::{FAULT, Reach};
use super::schema::{Member, Schema};
use crate::failure::{Failure, Outcome};

/// What an optional object may take, in bytes, before it is put in a box.
const INLINE: usize = 160;

/// The types of the runtime that stand for types of the API.
pub(super) const WRITTEN_BY_HAND: &[(&str, &str, usize)] = &[
    ("ManagedObjectReference", "ManagedObjectReference", 48),
    (FAULT, "Fault", 160),
    ("anyType", "AnyValue", 112),
    ("dateTime", "DateTime", 24),
];

/// The scalars.
const SCALARS: &[(&str, &str, usize)] = &[
    ("MethodName", "String", 24),
    ("PropertyPath", "String", 24),
    ("TypeName", "String", 24),
    ("anyURI", "String", 24),
    ("base64Binary", "Bytes", 32),
    ("boolean", "bool", 1),
    ("byte", "i8", 1),
    ("double", "f64", 8),
    ("float", "f32", 4),
    ("int", "i32", 4),
    ("long", "i64", 8),
    ("short", "i16", 2),
    ("string", "String", 24),
];

/// The type of a member: the whole, and what in it has to be imported.
#[derive(Debug)]
pub(super) struct RustType {
    pub(super) text: String,
    pub(super) item: Option<String>,
}

/// The name of a type, without `Option` and the like.
fn item(of: &str, reach: &Reach<'_>) -> Outcome<RustType> {
    let plain = |text: &str, import: bool| RustType {
        text: text.to_owned(),
        item: import.then(|| text.to_owned()),
    };
    if let Some((_, rust, _)) = SCALARS.iter().find(|(name, ..)| *name == of) {
        return Ok(plain(rust, false));
    }
    if let Some((_, rust, _)) = WRITTEN_BY_HAND.iter().find(|(name, ..)| *name == of) {
        return Ok(plain(rust, true));
    }
    if reach.polymorphic.contains_key(of) {
        return Ok(plain(&format!("Any{of}"), true));
    }
    if reach.objects.contains(of) || reach.enums.contains(of) {
        return Ok(plain(of, true));
    }
    Err(Failure::new(format!("nothing stands for {of} yet")))
}

/// The type of a member. One that came later than its owner is missing in what older servers send, so it is optional.
pub(super) fn of_member(member: &Member, schema: &Schema, reach: &Reach<'_>) -> Outcome<RustType> {
    let RustType { text, item } = item(&member.of, reach)?;
    let is_optional = member.optional || member.since.is_some();
    let text = if member.array {
        format!("Vec<{text}>")
    } else if is_optional && is_large(&member.of, schema, reach) {
        format!("Option<Box<{text}>>")
    } else if is_optional {
        format!("Option<{text}>")
    } else {
        text
    };
    Ok(RustType { text, item })
}

/// The type of what a method returns.
pub(super) fn of_return(returns: Option<&Member>, reach: &Reach<'_>) -> Outcome<RustType> {
    let Some(member) = returns else {
        return Ok(RustType {
            text: "()".to_owned(),
            item: None,
        });
    };
    let RustType { text, item } = item(&member.of, reach)?;
    let text = match (member.array, member.optional) {
        (true, _) => format!("Vec<{text}>"),
        (false, true) => format!("Option<{text}>"),
        (false, false) => text,
    };
    Ok(RustType { text, item })
}

/// Whether an object is to be kept in a box where it is optional: it is large, or has another of its kind inside.
fn is_large(of: &str, schema: &Schema, reach: &Reach<'_>) -> bool {
    reach.objects.contains(of)
        && !reach.polymorphic.contains_key(of)
        && (object_size(of, schema, reach, 0) > INLINE || has_inside(of, of, schema, reach, 0))
}

/// Whether an object has another inside that is not in a list.
fn has_inside(name: &str, other: &str, schema: &Schema, reach: &Reach<'_>, depth: usize) -> bool {
    let Some(object) = schema.objects.get(name).filter(|_| depth < 16) else {
        return false;
    };
    let single = Reach::members(object).filter(|member| !member.array);
    let objects = single
        .map(|member| member.of.as_str())
        .chain(schema.base(name))
        .filter(|of| reach.objects.contains(of));
    objects
        .into_iter()
        .any(|of| of == other || has_inside(of, other, schema, reach, depth + 1))
}

/// About how many bytes an object takes. Below a certain depth it is taken as large: it may contain itself.
fn object_size(name: &str, schema: &Schema, reach: &Reach<'_>, depth: usize) -> usize {
    let Some(object) = schema.objects.get(name).filter(|_| depth < 16) else {
        return INLINE + 1;
    };
    let base = schema.base(name);
    let inherited = base.map_or(0, |base| object_size(base, schema, reach, depth + 1));
    let own = Reach::members(object).map(|member| member_size(member, schema, reach, depth + 1));
    inherited + own.sum::<usize>()
}

fn member_size(member: &Member, schema: &Schema, reach: &Reach<'_>, depth: usize) -> usize {
    if member.array {
        return 24;
    }
    let of = member.of.as_str();
    let fixed = SCALARS
        .iter()
        .chain(WRITTEN_BY_HAND)
        .find(|(name, ..)| *name == of);
    let size = match fixed {
        Some((_, _, size)) => *size,
        None if reach.polymorphic.contains_key(of) => 16,
        None if reach.enums.contains(of) => 24,
        None => object_size(of, schema, reach, depth),
    };
    let is_optional = member.optional || member.since.is_some();
    match size {
        // A number has no value to spare that could stand for none.
        1 | 2 | 4 | 8 if is_optional && of != "boolean" => size * 2,
        size if is_optional && size > INLINE && reach.objects.contains(of) => 8,
        size => size,
    }
}
