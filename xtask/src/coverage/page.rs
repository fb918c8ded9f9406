//! The table and the page.

use super::fields::Group;
use super::verdict::{Judged, Verdict};
use std::collections::BTreeMap;

const INTRODUCTION: &str = "\
# libvirt's functions, and how they are reached

Made by `cargo xtask coverage` from libvirt 11.3's public functions and the sources here; not edited by hand.

* *Typed*: a method does it, with types of its own and the same on every backend.
* *Raw*: `RpcConnection::call` with the procedure's generated types (`virt_remote::protocol`), or `call_raw`.
* *Not needed*: what C needs a function for and Rust does not; the reasons are below.

The share that is typed leaves out what is not needed.
";

/// A line an object, and one for all.
pub(super) fn table(judged: &[Judged]) -> String {
    let mut objects: BTreeMap<&str, Vec<&Judged>> = BTreeMap::new();
    for one in judged {
        objects.entry(&one.function.object).or_default().push(one);
    }
    let mut text = "| object | typed | raw | not needed | missing | typed % |\n\
                    | --- | ---: | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    for (object, of_it) in &objects {
        text.push_str(&row(object, of_it));
    }
    text.push_str(&row("**all**", &judged.iter().collect::<Vec<_>>()));
    text
}

fn row(name: &str, judged: &[&Judged]) -> String {
    let count = |is: fn(&Verdict) -> bool| judged.iter().filter(|one| is(&one.verdict)).count();
    let typed = count(Verdict::is_typed);
    let (raw, missing) = (count(Verdict::is_raw), count(Verdict::is_missing));
    format!(
        "| {name} | {typed} | {raw} | {} | {missing} | {} |\n",
        count(Verdict::is_not_needed),
        percent(typed, typed + raw + missing).map_or("–".to_owned(), |share| format!("{share:.0}")),
    )
}

fn percent(part: usize, whole: usize) -> Option<f64> {
    let number = |count: usize| u32::try_from(count).map(f64::from).ok();
    (whole > 0).then_some(100.0 * number(part)? / number(whole)?)
}

/// How many in a hundred of those that are needed are typed.
pub(super) fn typed_share(judged: &[Judged]) -> f64 {
    let count = |is: fn(&Verdict) -> bool| judged.iter().filter(|one| is(&one.verdict)).count();
    let typed = count(Verdict::is_typed);
    percent(typed, judged.len() - count(Verdict::is_not_needed)).unwrap_or_default()
}

/// The names of those that are so.
pub(super) fn named(judged: &[Judged], is: fn(&Verdict) -> bool) -> Vec<&str> {
    let those = judged.iter().filter(|one| is(&one.verdict));
    those.map(|one| one.function.name.as_str()).collect()
}

/// The whole page.
pub(super) fn text(judged: &[Judged], groups: &[Group]) -> String {
    let mut text = format!("{INTRODUCTION}\n{}", table(judged));
    let mut typed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut raw: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut not_needed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in judged {
        let (into, key) = match &one.verdict {
            Verdict::Typed(place) => (&mut typed, place.as_str()),
            Verdict::Raw(_) => (&mut raw, one.function.object.as_str()),
            Verdict::NotNeeded(reason) => (&mut not_needed, *reason),
            Verdict::Missing => continue,
        };
        into.entry(key).or_default().push(&one.function.name);
    }
    section(&mut text, "Typed", ("method", "libvirt"), true, &typed);
    section(&mut text, "Raw", ("object", "libvirt"), false, &raw);
    section(&mut text, "Not needed", ("why", "libvirt"), false, &not_needed);
    parameters(&mut text, groups);
    text
}

/// Fields of groups that are typed, which no struct knows.
pub(super) fn unknown(groups: &[Group]) -> Vec<String> {
    let typed = groups.iter().filter(|group| group.typed);
    typed
        .flat_map(|group| {
            group
                .unknown
                .iter()
                .map(|field| format!("{}:{field}", group.name))
        })
        .collect()
}

fn parameters(text: &mut String, groups: &[Group]) {
    text.push_str(
        "\n## Typed parameters\n\nWhat a struct does not know is kept beside it; a group that is not typed is \
         `TypedParams`.\n\n| group | fields | typed | not in the struct |\n| --- | ---: | --- | --- |\n",
    );
    for group in groups {
        let (typed, unknown) = match group.typed {
            true => ("yes", group.unknown.join(", ")),
            false => ("", String::new()),
        };
        text.push_str(&format!(
            "| {} | {} | {typed} | {unknown} |\n",
            group.name,
            group.fields.len()
        ));
    }
}

fn section(
    text: &mut String,
    title: &str,
    (left, right): (&str, &str),
    code: bool,
    rows: &BTreeMap<&str, Vec<&str>>,
) {
    text.push_str(&format!("\n## {title}\n\n| {left} | {right} |\n| --- | --- |\n"));
    for (key, names) in rows {
        let mark = if code { "`" } else { "" };
        text.push_str(&format!("| {mark}{key}{mark} | {} |\n", names.join(", ")));
    }
}
