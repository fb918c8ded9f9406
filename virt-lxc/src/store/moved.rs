//! Paths below a container's directory, when that has another name.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::xml::{Document, Element, Node};

use crate::config::ContainerConfig;
use crate::convert::NAMESPACE;

/// Has what a configuration says of files below `from` say that they are below `to`.
pub(crate) fn moved_config(config: &mut ContainerConfig, from: &str, to: &str) -> Result<()> {
    if from != to {
        config.replace_values(|key, value| moved_setting(key, value, from, to))?;
    }
    Ok(())
}

/// The same of a document.
pub(crate) fn moved_document(config: &DomainConfig, from: &str, to: &str) -> Result<DomainConfig> {
    if from == to {
        return Ok(config.clone());
    }
    let mut document = Document::parse(&config.to_xml())?;
    move_element(&mut document.root, from, to);
    Ok(DomainConfig::from_xml(&document.to_xml())?)
}

fn move_element(element: &mut Element, from: &str, to: &str) {
    // What only configurations have a place for goes as it does there.
    let key = element
        .attribute("key")
        .filter(|_| element.name.is("setting", Some(NAMESPACE)))
        .unwrap_or_default()
        .to_owned();
    for attribute in &mut element.attributes {
        if let Some(moved) = moved_setting(&key, &attribute.value, from, to) {
            attribute.value = moved.into();
        }
    }
    for child in &mut element.children {
        match child {
            Node::Element(element) => move_element(element, from, to),
            Node::Text(text) | Node::CData(text) => {
                if let Some(moved) = moved_start(text, from, to) {
                    *text = moved.into();
                }
            }
            _ => {}
        }
    }
}

/// A value of a setting; `None` where it stays.
fn moved_setting(key: &str, value: &str, from: &str, to: &str) -> Option<String> {
    let has_several = ["lxc.rootfs.", "lxc.mount.", "lxc.hook."];
    if has_several.iter().any(|prefix| key.starts_with(prefix)) {
        moved_words(value, from, to)
    } else {
        moved_start(value, from, to)
    }
}

fn moved_start(value: &str, from: &str, to: &str) -> Option<String> {
    let below = value.strip_prefix(from)?.strip_prefix('/')?;
    Some(format!("{to}/{below}"))
}

/// Paths at the beginning of a value, and behind what separates them in one.
fn moved_words(value: &str, from: &str, to: &str) -> Option<String> {
    let (old, new) = (format!("{from}/"), format!("{to}/"));
    let mut moved = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once(&old) {
        moved.push_str(before);
        let is_start = |letter: char| matches!(letter, ':' | '=' | ',' | ' ' | '\t' | '"' | '\'');
        let is_path = moved.chars().next_back().is_none_or(is_start);
        moved.push_str(if is_path { &new } else { &old });
        rest = after;
    }
    moved.push_str(rest);
    (moved != value).then_some(moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_a_path_below_the_directory_moves() {
        let mut config = ContainerConfig::parse(
            "# /c/a/x\nlxc.rootfs.path = overlay:/base:/c/a/delta\nlxc.mount.entry = /srv/c/a/x m none bind\n\
             lxc.mount.entry = /c/a/x m none bind\nlxc.log.file = /c/a/log\nlxc.init.cmd = /sbin/init /c/a/x\n\
             lxc.apparmor.profile = /c/ab/x\n",
        )
        .unwrap();
        moved_config(&mut config, "/c/a", "/c/b").unwrap();
        assert_eq!(
            config.to_string(),
            "# /c/a/x\nlxc.rootfs.path = overlay:/base:/c/b/delta\nlxc.mount.entry = /srv/c/a/x m none bind\n\
             lxc.mount.entry = /c/b/x m none bind\nlxc.log.file = /c/b/log\nlxc.init.cmd = /sbin/init /c/a/x\n\
             lxc.apparmor.profile = /c/ab/x\n"
        );
    }

    #[test]
    fn texts_that_only_speak_of_the_directory_stay() {
        let text = "<domain type='lxc'><name>a</name><description>not /c/a/x</description><devices>\
                    <filesystem type='mount'><source dir='/c/a/root'/><target dir='/'/></filesystem>\
                    <filesystem type='mount'><source dir='/srv/c/a/x'/><target dir='/x'/></filesystem>\
                    </devices></domain>";
        let config = DomainConfig::from_xml(text).unwrap();
        let moved = moved_document(&config, "/c/a", "/c/b&amp").unwrap();
        let filesystems = &moved.devices.as_ref().unwrap().filesystems;
        let sources: Vec<_> = filesystems
            .iter()
            .filter_map(|one| one.source.as_ref()?.dir.as_deref())
            .collect();
        assert_eq!(sources, ["/c/b&amp/root", "/srv/c/a/x"]);
        assert_eq!(moved.description.as_deref(), Some("not /c/a/x"));
    }
}
