//! What `validate` checks, the same for every document: see `virt_core::model`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use virt_core::model::domain::devices::{Controller, ControllerType};
use virt_core::model::{AnyDocument, DomainConfig, DomainStatus, PoolType};
use virt_core::xml::{Attribute, Element, Name, Node, XmlError, XmlProblem};

/// The error of a document that is read and not valid.
fn refused(text: &str) -> XmlError {
    let document = AnyDocument::from_xml(text).unwrap();
    match document.validate() {
        Ok(()) => panic!("this is valid: {text}"),
        Err(error) => error,
    }
}

const DOMAIN: &str = "<domain type='kvm'><name>a</name><memory>1</memory><os><type>hvm</type></os></domain>";

#[test]
fn what_a_daemon_keeps_is_checked_with_the_domain_in_it() {
    let valid = format!("<domstatus state='running'><taint flag='host-cpu'/>{DOMAIN}</domstatus>");
    AnyDocument::from_xml(&valid).unwrap().validate().unwrap();

    let error = refused(&format!("<domstatus>{DOMAIN}</domstatus>"));
    assert_eq!(error.path(), "/domstatus");
    assert!(
        matches!(error.problem(), XmlProblem::Missing(what) if what.contains("state")),
        "{error}"
    );

    let error = refused(&valid.replace("host-cpu", "old-age"));
    assert_eq!(error.path(), "/domstatus/taint[1]");

    let error = refused(&valid.replace("running", "pondering"));
    assert_eq!(error.path(), "/domstatus/@state");
    assert!(matches!(error.problem(), XmlProblem::Value { .. }), "{error}");

    let error = refused(&valid.replace("<name>a</name>", "<name>a/b</name>"));
    assert_eq!(error.path(), "/domstatus/domain/name");
}

#[test]
fn a_domain_at_its_next_start_is_checked_under_its_own_name() {
    let text = DOMAIN.replace("domain", "inactiveDomain");
    AnyDocument::from_xml(&text).unwrap().validate().unwrap();
    let error = refused(&text.replace("<name>a</name>", "<name>a/b</name>"));
    assert_eq!(error.path(), "/inactiveDomain/name");
}

#[test]
fn a_cookie_names_the_domain_and_the_host() {
    let whole = "<qemu-migration><name>a</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>\
        <hostname>h</hostname><hostuuid>11111111-2222-3333-4444-555555555555</hostuuid>\
        <feature name='lockstate'/></qemu-migration>";
    AnyDocument::from_xml(whole).unwrap().validate().unwrap();
    for part in [
        "<name>a</name>",
        "<hostname>h</hostname>",
        "<hostuuid>11111111-2222-3333-4444-555555555555</hostuuid>",
        " name='lockstate'",
    ] {
        let error = refused(&whole.replace(part, ""));
        assert!(matches!(error.problem(), XmlProblem::Missing(_)), "{error}");
    }
}

#[test]
fn what_a_machine_tells_of_itself_is_checked() {
    let error = refused("<cpudata arch='x86'><cpuid eax_in='0x1'/><cpuid ecx='0x1'/></cpudata>");
    assert_eq!(error.path(), "/cpudata/cpuid[2]");
    let error = refused("<cpudata><cpuid eax_in='0x1'/></cpudata>");
    assert_eq!(error.path(), "/cpudata");
    let error = refused("<cpudata arch='x86'><msr index='0x1' eax='0x1'/></cpudata>");
    assert_eq!(error.path(), "/cpudata/msr[1]");

    let error = refused("<sysinfo type='punched-cards'/>");
    assert_eq!(error.path(), "/sysinfo/@type");
    let error = refused("<sysinfo type='smbios'><bios><entry name='date'>yesterday</entry></bios></sysinfo>");
    assert_eq!(error.path(), "/sysinfo/bios/entry");
}

/// Spellings libvirt does not have are read and kept in every document, and valid in none.
#[test]
fn an_unknown_spelling_is_kept_and_not_valid() {
    for (text, path) in [
        (
            "<network><name>a</name><forward mode='teleport'/></network>",
            "/network/forward/@mode",
        ),
        ("<pool type='attic'><name>a</name></pool>", "/pool/@type"),
        (
            "<volume type='scroll'><name>a</name><capacity>1</capacity></volume>",
            "/volume/@type",
        ),
        (
            "<filter name='a'><rule action='ponder' direction='in'/></filter>",
            "/filter/rule[1]/@action",
        ),
        (
            "<storagepoolCapabilities><pool type='attic'/></storagepoolCapabilities>",
            "/storagepoolCapabilities/pool[1]/@type",
        ),
        (
            "<domainCapabilities><domain>abacus</domain></domainCapabilities>",
            "/domainCapabilities/domain",
        ),
    ] {
        let document = AnyDocument::from_xml(text).unwrap();
        assert_eq!(
            AnyDocument::from_xml(&document.to_xml()).unwrap(),
            document,
            "{text}"
        );
        let error = refused(text);
        assert_eq!(error.path(), path, "{error}");
    }
}

fn domain(change: impl FnOnce(&mut DomainConfig)) -> DomainConfig {
    let mut config = DomainConfig::from_xml(DOMAIN).unwrap();
    change(&mut config);
    config
}

/// What people put into a rest must be XML, and be read back where it was put.
#[test]
fn what_is_kept_without_a_field_is_checked() {
    let with = |element: Element| domain(|config| config.rest.push_element(element));
    let bad = [
        (with(Element::new("a").with_text("\u{1}")), "/domain/a/text()"),
        (
            with(Element::new("a").with_attribute("b", "\u{FFFE}")),
            "/domain/a/@b",
        ),
        (
            with(Element::new("a").with_child(Element::new("b c"))),
            "/domain/a/b c",
        ),
        (with(Element::new("a/><b")), "/domain/a/><b"),
        (
            with(Element::new("a").with_attribute("b='' c", "1")),
            "/domain/a/@b='' c",
        ),
        (domain(|config| config.rest.set_attribute("1", "a")), "/domain/@1"),
        (
            domain(|config| config.rest.set_attribute("a", "\u{0}")),
            "/domain/@a",
        ),
    ];
    for (config, path) in bad {
        let error = config.validate().unwrap_err();
        assert_eq!(error.path(), path, "{error}");
    }
    for (node, path) in [
        (Node::Comment("a -- b".into()), "/domain/a/comment()"),
        (Node::Comment("a-".into()), "/domain/a/comment()"),
        (Node::CData("a]]>b".into()), "/domain/a/text()"),
        (
            Node::Instruction("a ?> b".into()),
            "/domain/a/processing-instruction()",
        ),
    ] {
        let mut element = Element::new("a");
        element.children.push(node);
        let error = with(element).validate().unwrap_err();
        assert_eq!(error.path(), path, "{error}");
    }
}

#[test]
fn what_has_a_field_is_not_kept_without_one() {
    for config in [
        domain(|config| config.rest.set_attribute("type", "xen")),
        domain(|config| config.rest.push_element(Element::new("title").with_text("a"))),
        domain(|config| config.devices_mut().rest.push_element(Element::new("disk"))),
        // Twice the same attribute, one prefix for two namespaces.
        domain(|config| {
            let twice = Element::new("a")
                .with_attribute("b", "1")
                .with_attribute("b", "2");
            config.rest.push_element(twice);
        }),
        domain(|config| {
            let mut element = Element::new(Name::namespaced("a", "b", "http://example.org/1"));
            element.attributes.push(Attribute {
                name: Name::namespaced("a", "c", "http://example.org/2"),
                value: "1".into(),
            });
            config.rest.push_element(element);
        }),
    ] {
        let error = config.validate().unwrap_err();
        assert!(error.path().starts_with("/domain"), "{error}");
    }
    // A second <title> is kept beside the first one, as libvirt does, which reads the first.
    let mut config = domain(|config| config.rest.push_element(Element::new("title").with_text("b")));
    config.title = Some("a".to_owned());
    config.validate().unwrap();
}

/// The prefix `xml` needs no declaration: what has it by hand is what is read.
#[test]
fn names_of_xml_itself_are_the_same_after_they_were_written() {
    let config = domain(|config| {
        let element = Element::new("xml:note").with_attribute("xml:lang", "en");
        config.rest.push_element(element);
        config.rest.set_attribute("xml:base", "a");
    });
    config.validate().unwrap();
    let again = DomainConfig::from_xml(&config.to_xml()).unwrap();
    assert_eq!(again, config);
    assert_eq!(config.diff(&again), []);
}

/// A name without a namespace, where its prefix is declared: it would be read as another one.
#[test]
fn a_name_is_not_kept_where_its_prefix_stands_for_something() {
    let named = |declares: &str| {
        domain(|config| {
            let inner = Element::new("q:inner").with_attribute("q:r", "a");
            let outer = Element::new("outer").with_attribute(declares, "urn:q");
            config.rest.push_element(outer.with_child(inner));
        })
    };
    assert!(named("xmlns:q").validate().is_err());
    named("xmlns:p").validate().unwrap();
}

/// A unit without a size is kept where it stood.
#[test]
fn a_unit_of_nothing_keeps_its_place() {
    for attributes in ["unit='a' other='b'", "other='b' unit='a'"] {
        let text = format!("<volume>\n  <name>v</name>\n  <allocation {attributes}/>\n</volume>\n");
        let document = AnyDocument::from_xml(&text).unwrap();
        assert_eq!(document.to_xml(), text);
    }
}

/// A prefix that is declared nowhere is a part of the name.
#[test]
fn undeclared_prefixes_tell_names_apart() {
    let with = |first: &str, second: &str| {
        let inside = format!("<q:r>{first}</q:r><r>{second}</r></domain>");
        DomainConfig::from_xml(&DOMAIN.replace("</domain>", &inside)).unwrap()
    };
    let (one, other) = (with("1", "2"), with("2", "1"));
    assert_ne!(one, other);
    assert_eq!(one.diff(&other).len(), 2);
    assert_eq!(one.diff(&with("1", "2")), []);
}

#[test]
fn what_must_be_there_and_is_not_can_not_be_written() {
    let mut status =
        DomainStatus::from_xml(&format!("<domstatus state='running'>{DOMAIN}</domstatus>")).unwrap();
    status.domain = None;
    let error = status.validate().unwrap_err();
    assert!(
        matches!(error.problem(), XmlProblem::Missing(what) if what.contains("<domain>")),
        "{error}"
    );
}

/// Levels are counted before anything goes down them.
#[test]
fn a_tree_made_by_hand_has_a_bottom() {
    let mut element = Element::new("a");
    for _ in 0..400 {
        element = Element::new("a").with_child(element);
    }
    let error = domain(|config| config.rest.push_element(element))
        .validate()
        .unwrap_err();
    assert!(
        matches!(error.problem(), XmlProblem::Limit { limit: 256, .. }),
        "{error}"
    );
}

/// A prefix is declared at the root; its attribute goes with the disk into a document that knows no such prefix.
#[test]
fn a_prefix_goes_along_with_what_is_moved_to_another_document() {
    let text = "<domain type='kvm' xmlns:app='http://example.org/app'><name>a</name><devices>\
        <disk app:label='x' type='file'><app:note app:by='y'/><source file='/a'/><target dev='vda'/></disk>\
        </devices></domain>";
    let from = DomainConfig::from_xml(text).unwrap();
    let mut to = domain(|_| {});
    to.devices_mut().disks = from.devices.as_ref().unwrap().disks.clone();
    let again = DomainConfig::from_xml(&to.to_xml()).unwrap();
    assert_eq!(again, to, "{}", to.to_xml());
    to.validate().unwrap();
    let disk = &again.devices.as_ref().unwrap().disks[0];
    let names: Vec<_> = disk
        .rest
        .attributes()
        .iter()
        .map(|one| one.name.namespace())
        .collect();
    assert!(names.contains(&Some("http://example.org/app")), "{names:?}");
    // By itself, too.
    assert!(
        disk.to_xml().contains("xmlns:app='http://example.org/app'"),
        "{}",
        disk.to_xml()
    );
}

/// An element in a text-only child counts, attributes there have no order.
#[test]
fn what_stands_in_text_only_children_counts() {
    let with = |title: &str| {
        DomainConfig::from_xml(&DOMAIN.replace("<memory>", &format!("{title}<memory>"))).unwrap()
    };
    let one = with("<title a='1' b='2'>t<i>1</i></title>");
    for (other, is_equal) in [
        ("<title b='2' a='1'>t<i>1</i></title>", true),
        ("<title a='1' b='2'>t<!-- c --><i>1</i></title>", true),
        ("<title a='1' b='2'>t<i>2</i></title>", false),
        ("<title a='1' b='2'>t</title>", false),
        ("<title a='1' b='3'>t<i>1</i></title>", false),
        ("<title a='1'>t<i>1</i></title>", false),
    ] {
        let other = with(other);
        assert_eq!(one == other, is_equal, "{other}");
        assert_eq!(one.diff(&other).is_empty(), is_equal, "{:?}", one.diff(&other));
    }
    // Without the title there is no place for what stood beside its text.
    let mut gone = one;
    gone.title = None;
    assert_eq!(gone, with(""));
}

/// No white space of XML is no white space: it is kept.
#[test]
fn only_the_blanks_of_xml_are_layout() {
    for space in ["\u{A0}", "\u{3000}", "\u{85}", "\u{2028}"] {
        let text = format!("<domain type='kvm'>{space}<name>a</name><title>{space}</title></domain>");
        let config = DomainConfig::from_xml(&text).unwrap();
        assert_eq!(config.title.as_deref(), Some(space));
        assert!(config.to_xml().contains(&format!("{space}<name>")), "{config}");
        assert!(
            config
                .unknown()
                .iter()
                .any(|found| found.path == "/domain/text()"),
            "{:?}",
            config.unknown()
        );
        // Nor does it surround numbers.
        let text = format!("<domain type='kvm'><name>a</name><memory>{space}1</memory></domain>");
        assert!(DomainConfig::from_xml(&text).is_err(), "{text}");
    }
}

/// libvirt looks for devices in every <devices> there is: none may be forgotten.
#[test]
fn what_stands_in_two_elements_is_refused_or_put_into_one() {
    let again = "<devices><disk type='file'><source file='/a'/><target dev='vda'/></disk></devices>\
        <devices><disk type='file'><source file='/b'/><target dev='vdb'/></disk></devices></domain>";
    let config = DomainConfig::from_xml(&DOMAIN.replace("</domain>", again)).unwrap();
    assert_eq!(
        AnyDocument::from_xml(&config.to_xml()).unwrap(),
        config.clone().into()
    );
    let error = config.validate().unwrap_err();
    assert_eq!(error.path(), "/domain/devices");
    let normal = config.normalized();
    normal.validate().unwrap();
    assert_eq!(normal.devices.as_ref().unwrap().disks.len(), 2);
    assert!(normal.rest.elements().next().is_none(), "{normal}");
    // Of others, it reads the first.
    let config =
        DomainConfig::from_xml(&DOMAIN.replace("<name>", "<clock offset='utc'/><clock offset='no'/><name>"))
            .unwrap();
    config.validate().unwrap();
}

/// What this version does not know may be what the next libvirt means.
#[test]
fn what_is_unknown_outlives_normalization() {
    for (text, unknown) in [
        (
            "<pool type='dir' new='1'><name>a</name><novel/><target new='2'><path>/a</path><novel/></target></pool>",
            vec![
                "/pool/@new",
                "/pool/novel[1]",
                "/pool/target/@new",
                "/pool/target/novel[1]",
            ],
        ),
        (
            "<pool type='iscsi'><name>a</name><source><host name='h' new='1'/><device path='i'/></source>\
                <target><path>/dev</path></target></pool>",
            vec!["/pool/source/host[1]/@new"],
        ),
        (
            "<volume><name>a</name><capacity>1</capacity><target><format type='raw' new='1'/><novel/></target></volume>",
            vec!["/volume/target/format/@new", "/volume/target/novel[1]"],
        ),
        (
            "<interface type='bridge' name='br0'><protocol family='ipv4'><ip/><ip address='10.0.0.1' new='1'/></protocol>\
                <bridge><interface type='ethernet' name='eth0'><novel/></interface></bridge></interface>",
            vec![
                "/interface/protocol[1]/ip[1]/@new",
                "/interface/bridge/interface[1]/novel[1]",
            ],
        ),
        (
            "<secret new='1'><usage type='ceph' new='2'><name>a</name></usage></secret>",
            vec!["/secret/@new", "/secret/usage/@new"],
        ),
    ] {
        let normal: AnyDocument = match AnyDocument::from_xml(text).unwrap() {
            AnyDocument::Pool(pool) => pool.normalized().into(),
            AnyDocument::Volume(volume) => volume.normalized_in(&PoolType::Dir).into(),
            AnyDocument::HostInterface(interface) => interface.normalized().into(),
            AnyDocument::Secret(secret) => secret.normalized().into(),
            other => panic!("{other}"),
        };
        let mut found: Vec<String> = normal.unknown().into_iter().map(|found| found.path).collect();
        found.sort();
        let mut unknown = unknown;
        unknown.sort_unstable();
        assert_eq!(found, unknown, "{normal}");
    }
}

#[test]
fn a_status_is_not_told_where_memory_files_lie() {
    let status = DomainStatus::from_xml(&format!("<domstatus state='running'>{DOMAIN}</domstatus>")).unwrap();
    assert!(status.normalized().memory_backing_dir.is_none());
    let told = status.normalized().with_memory_directory("/srv/ram/");
    let directory = told
        .memory_backing_dir
        .as_ref()
        .and_then(|directory| directory.path.as_deref());
    assert_eq!(directory, Some("/srv/ram/-1-a"));
}

/// Work grows with the number of controllers, not with its square or cube: 20,000 of them, cubed, would take days.
#[test]
fn thousands_of_controllers_do_not_hang() {
    let mut config = domain(|_| {});
    for number in 0..20_000_u32 {
        let kind = match number % 2 {
            0 => ControllerType::Scsi,
            _ => ControllerType::Sata,
        };
        let mut controller = Controller::default();
        controller.kind = Some(kind);
        controller.index = (number % 5 == 0).then_some(number);
        config.devices_mut().controllers.push(controller);
    }
    let normal = config.normalized();
    let controllers = &normal.devices.as_ref().unwrap().controllers;
    let places: BTreeSet<_> = controllers
        .iter()
        .map(|one| (one.kind == Some(ControllerType::Scsi), one.index.unwrap()))
        .collect();
    assert_eq!(places.len(), 20_000);
    assert_eq!(controllers[2].index, Some(1), "the first that is free");
    config.validate().unwrap();
}

/// Rules for what stands in several documents are the same in each.
#[test]
fn ports_and_secrets_are_judged_alike_wherever_they_stand() {
    let port = |kind: &str, parameters: &str| {
        let port = format!("<virtualport type='{kind}'><parameters {parameters}/></virtualport>");
        let interface = format!("<interface type='bridge'><source bridge='b'/>{port}</interface>");
        let domain = DOMAIN.replace("</domain>", &format!("<devices>{interface}</devices></domain>"));
        let network =
            format!("<network><name>a</name><forward mode='bridge'/><bridge name='b'/>{port}</network>");
        [domain, network]
    };
    for (kind, parameters, path) in [
        ("none", "", "/virtualport/@type"),
        (
            "openvswitch",
            "managerid='1'",
            "/virtualport/parameters/@managerid",
        ),
        (
            "802.1Qbg",
            "managerid='300' typeid='1' typeidversion='1'",
            "/virtualport/parameters/@managerid",
        ),
    ] {
        for text in port(kind, parameters) {
            let error = refused(&text);
            assert!(error.path().ends_with(path), "{error}\n{text}");
        }
    }
    // That all is there is asked of interfaces only: to a network they may bring the rest.
    let [domain, network] = port("802.1Qbh", "");
    assert!(
        refused(&domain)
            .path()
            .ends_with("/virtualport/parameters/@profileid")
    );
    AnyDocument::from_xml(&network).unwrap().validate().unwrap();

    let encryption =
        "<encryption format='luks' engine='default'><secret type='passphrase' usage='u'/></encryption>";
    let disk = format!("<disk type='file'><source file='/a'>{encryption}</source><target dev='vda'/></disk>");
    let error = refused(&DOMAIN.replace("</domain>", &format!("<devices>{disk}</devices></domain>")));
    assert_eq!(error.path(), "/domain/devices/disk[1]/source/encryption/@engine");
    let error = refused(&format!(
        "<volume><name>a</name><capacity>1</capacity><target>{encryption}</target></volume>"
    ));
    assert_eq!(error.path(), "/volume/target/encryption/@engine");
}

/// A blank text with a comment in it leaves no gap in the order of what stands beside it.
#[test]
fn a_blank_text_does_not_shift_what_stands_beside_it() {
    let text = "<domain type='kvm'><name>a</name><devices>\
        <disk type='file'><source file='/b'/><target dev='vdb'/></disk><emulator><![CDATA[ ]]></emulator>\
        <interface type='user'/><disk type='file'><source file='/a'/><target dev='vda'/></disk></devices></domain>";
    let config = DomainConfig::from_xml(text).unwrap();
    let written = config.to_xml();
    let place = |what: &str| written.find(what).unwrap();
    assert!(
        place("vdb") < place("<interface") && place("<interface") < place("vda"),
        "{written}"
    );
}
