//! The declarations: objects, enumerations, what others stand for, methods.

use super::reach::{Reach, is_omitted};
use super::rust_type::{self, RustType};
use super::schema::{Member, Method, Schema};
use crate::codegen::names;
use crate::codegen::output::File;
use crate::failure::{Failure, Outcome};
use std::collections::BTreeSet;

/// Where everything is exported.
const HOME: &str = "crate::vim";

/// What goes into a file.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    pub(super) objects: BTreeSet<&'a str>,
    pub(super) enums: BTreeSet<&'a str>,
    pub(super) polymorphic: BTreeSet<&'a str>,
    /// The methods, with the managed object that declares them.
    pub(super) methods: Vec<(&'a str, &'a Method)>,
}

impl Part<'_> {
    /// What it exports.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let types = self
            .objects
            .iter()
            .chain(&self.enums)
            .map(|name| (*name).to_owned());
        let enums = self.polymorphic.iter().map(|name| any(name));
        let methods = self.methods.iter().map(|(_, method)| names::camel(&method.name));
        types.chain(enums).chain(methods).collect()
    }
}

/// Writes files.
#[derive(Debug)]
pub(super) struct Emitter<'a> {
    pub(super) schema: &'a Schema,
    pub(super) reach: &'a Reach<'a>,
}

impl Emitter<'_> {
    pub(super) fn file(&self, title: &str, part: &Part<'_>) -> Outcome<File> {
        let mut file = File::new(title);
        let mut imports = BTreeSet::new();
        self.methods(part, &mut file, &mut imports)?;
        self.objects(part, &mut file, &mut imports)?;
        self.polymorphic(part, &mut file, &mut imports);
        self.enums(part, &mut file, &mut imports)?;
        let own = part.names();
        for name in imports.difference(&own) {
            file.import(if name == "Bytes" { "bytes" } else { HOME }, name);
        }
        Ok(file)
    }

    fn methods(&self, part: &Part<'_>, file: &mut File, imports: &mut BTreeSet<String>) -> Outcome {
        block(
            "vim_method",
            !part.methods.is_empty(),
            file,
            imports,
            |file, imports| {
                for (owner, method) in &part.methods {
                    let rust = names::camel(&method.name);
                    let since = method
                        .since
                        .as_ref()
                        .or_else(|| self.schema.managed.get(*owner)?.since.as_ref());
                    let returns = rust_type::of_return(method.returns.as_ref(), self.reach)?;
                    file.line(&format!("    /// `{}` of `{owner}`{}.", method.name, told(since)));
                    let task = if method.is_task { " as task" } else { "" };
                    let head = format!("    {rust} = {:?} -> {}{task} {{", method.name, returns.text);
                    imports.extend(returns.item);
                    self.members(&head, &method.parameters, file, imports)?;
                }
                Ok(())
            },
        )
    }

    fn objects(&self, part: &Part<'_>, file: &mut File, imports: &mut BTreeSet<String>) -> Outcome {
        block(
            "vim_object",
            !part.objects.is_empty(),
            file,
            imports,
            |file, imports| {
                for name in &part.objects {
                    let object = self.schema.object(name)?;
                    let omitted: Vec<String> = object
                        .members
                        .iter()
                        .filter(|member| is_omitted(&member.of))
                        .map(|member| format!("`{}`", member.name))
                        .collect();
                    let without = match omitted.as_slice() {
                        [] => String::new(),
                        names => format!(" Without {}.", names.join(", ")),
                    };
                    file.line(&format!(
                        "    /// `{name}`{}.{without}",
                        told(object.since.as_ref())
                    ));
                    let head = match self.schema.base(name) {
                        Some(base) => {
                            imports.insert(base.to_owned());
                            format!("    {name}: {base} {{")
                        }
                        None => format!("    {name} {{"),
                    };
                    self.members(&head, &object.members, file, imports)?;
                }
                Ok(())
            },
        )
    }

    fn members(
        &self,
        head: &str,
        members: &[Member],
        file: &mut File,
        imports: &mut BTreeSet<String>,
    ) -> Outcome {
        let members: Vec<&Member> = members.iter().filter(|member| !is_omitted(&member.of)).collect();
        if members.is_empty() {
            file.line(&format!("{head}}}"));
            return Ok(());
        }
        file.line(head);
        for member in members {
            let RustType { text, item } = rust_type::of_member(member, self.schema, self.reach)?;
            imports.extend(item);
            if text.contains("Bytes") {
                imports.insert("Bytes".to_owned());
            }
            let target = member.target.as_ref().filter(|target| *target != "ManagedObject");
            let target = target.map(|target| format!(": `{target}`")).unwrap_or_default();
            let hidden = if member.secret { " as hidden" } else { "" };
            file.line(&format!(
                "        /// `{}`{target}{}.",
                member.name,
                told(member.since.as_ref())
            ));
            file.line(&format!(
                "        {:?} {}: {text}{hidden},",
                member.name,
                names::field(&member.name)
            ));
        }
        file.line("    }");
        Ok(())
    }

    fn polymorphic(&self, part: &Part<'_>, file: &mut File, imports: &mut BTreeSet<String>) {
        let derived = |name: &str| self.reach.polymorphic.get(name).into_iter().flatten();
        let has_any = !part.polymorphic.is_empty();
        let written = block("vim_any", has_any, file, imports, |file, imports| {
            for name in &part.polymorphic {
                file.line(&format!("    /// `{name}` or what is derived from it."));
                file.line(&format!("    {}: {name} {{", any(name)));
                imports.insert((*name).to_owned());
                for one in derived(name) {
                    imports.insert((*one).to_owned());
                    file.line(&format!("        {one},"));
                }
                file.line("    }");
            }
            Ok(())
        });
        debug_assert!(written.is_ok(), "nothing in it can fail");
    }

    fn enums(&self, part: &Part<'_>, file: &mut File, imports: &mut BTreeSet<String>) -> Outcome {
        block("vim_enum", !part.enums.is_empty(), file, imports, |file, _| {
            for name in &part.enums {
                let found = self.schema.enums.get(*name);
                let found =
                    found.ok_or_else(|| Failure::new(format!("the API has no enumeration {name}")))?;
                file.line(&format!("    /// `{name}`{}.", told(found.since.as_ref())));
                file.line(&format!("    {name} {{"));
                for value in &found.values {
                    file.line(&format!("        {} = {value:?},", variant(value)));
                }
                file.line("    }");
            }
            Ok(())
        })
    }
}

/// Writes a call of a macro, when there is something to go into it.
fn block(
    name: &str,
    is_needed: bool,
    file: &mut File,
    imports: &mut BTreeSet<String>,
    fill: impl FnOnce(&mut File, &mut BTreeSet<String>) -> Outcome,
) -> Outcome {
    if !is_needed {
        return Ok(());
    }
    imports.insert(name.to_owned());
    file.line(&format!("\n{name}! {{"));
    fill(file, imports)?;
    file.line("}");
    Ok(())
}

/// The name of the enum of what can stand for a type.
pub(super) fn any(name: &str) -> String {
    format!("Any{name}")
}

fn told(since: Option<&String>) -> String {
    since
        .map(|version| format!(", since {version}"))
        .unwrap_or_default()
}

/// A value of an enumeration as the name of a variant.
fn variant(value: &str) -> String {
    let spelled: String = value
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() {
                character
            } else {
                '_'
            }
        })
        .collect();
    let name = names::camel(&spelled);
    if name.starts_with(|first: char| first.is_ascii_digit()) || name == "Self" {
        format!("N{name}")
    } else {
        name
    }
}
