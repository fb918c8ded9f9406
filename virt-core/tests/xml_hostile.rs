//! Texts that are broken on purpose, or by somebody.

use std::time::{Duration, Instant};

use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use virt_core::model::DomainConfig;
use virt_core::xml::{Document, Element, Limits, Node, XmlError, XmlProblem};

fn problem(text: &str) -> Option<XmlProblem> {
    Document::parse(text).err().map(|error| error.problem().clone())
}

#[test]
fn a_document_type_and_entities_are_refused() {
    let laughs = "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><a>&b;</a>";
    assert_eq!(problem(laughs), Some(XmlProblem::DocumentType));
    let external = "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>";
    assert_eq!(problem(external), Some(XmlProblem::DocumentType));
    assert_eq!(problem("<a>&xxe;</a>"), Some(XmlProblem::Entity("xxe".into())));
    assert_eq!(problem("<a b='&xxe;'/>"), Some(XmlProblem::Entity("xxe".into())));
}

#[test]
fn depth_is_bounded_and_costs_nothing() {
    let deep = "<a>".repeat(5_000_000);
    let limit = XmlProblem::Limit {
        what: "levels of elements",
        limit: 256,
    };
    assert_eq!(problem(&deep), Some(limit.clone()));
    assert_eq!(DomainConfig::from_xml(&deep).unwrap_err().problem(), &limit);
    let just = format!("{}{}", "<a>".repeat(256), "</a>".repeat(256));
    assert_eq!(
        Document::parse(&just).unwrap().to_xml().matches("<a").count(),
        256
    );
}

#[test]
fn a_text_of_100_megabytes_is_refused_at_once() {
    let huge = "x".repeat(100 << 20);
    let started = Instant::now();
    let error = DomainConfig::from_xml(&huge).unwrap_err();
    assert_eq!(
        error.problem(),
        &XmlProblem::Limit {
            what: "bytes",
            limit: 16 << 20
        }
    );
    assert!(Document::parse_bytes(huge.as_bytes(), Limits::default()).is_err());
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_limit_that_is_raised_lets_more_through() {
    let large = format!("<a>{}</a>", "x".repeat(17 << 20));
    assert!(Document::parse(&large).is_err());
    assert!(Document::parse_with(&large, Limits::default().with_size(32 << 20)).is_ok());
}

#[test]
fn attributes_and_nodes_are_bounded() {
    let attributes: String = (0..300).map(|number| format!(" a{number}=''")).collect();
    let many = format!("<a{attributes}/>");
    assert_eq!(
        problem(&many),
        Some(XmlProblem::Limit {
            what: "attributes of one element",
            limit: 256
        })
    );
    let nodes = format!("<a>{}</a>", "<b/>".repeat(1_000_001));
    assert_eq!(
        problem(&nodes),
        Some(XmlProblem::Limit {
            what: "nodes",
            limit: 1_000_000
        })
    );
}

#[test]
fn characters_xml_does_not_have_are_refused_with_their_place() {
    for (text, code) in [
        ("<a>\n \u{0}</a>", 0),
        ("<a>\n \u{B}</a>", 0xB),
        ("<a>\n \u{FFFF}</a>", 0xFFFF),
    ] {
        let error = Document::parse(text).unwrap_err();
        assert_eq!(error.problem(), &XmlProblem::IllegalCharacter(code));
        assert_eq!(error.position().map(|at| (at.line(), at.column())), Some((2, 2)));
    }
    assert_eq!(problem("<a>&#0;</a>"), Some(XmlProblem::IllegalCharacter(0)));
    assert_eq!(
        problem("<a>&#xFFFE;</a>"),
        Some(XmlProblem::IllegalCharacter(0xFFFE))
    );
}

#[test]
fn bytes_that_are_not_utf8_are_refused_with_their_place() {
    let error = Document::parse_bytes(b"<a>\n\xC3\xA9 \xFF</a>", Limits::default()).unwrap_err();
    assert!(matches!(error.problem(), XmlProblem::Encoding(_)));
    assert_eq!(error.position().map(|at| (at.line(), at.column())), Some((2, 3)));
    for declared in [
        "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
        "<?xml version=\"1.0\" encoding = \"utf-16\"?><a/>",
    ] {
        let error = Document::parse_bytes(declared.as_bytes(), Limits::default()).unwrap_err();
        assert!(matches!(error.problem(), XmlProblem::Encoding(_)), "{declared}");
    }
    let marked = b"\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8'?><a/>";
    assert!(Document::parse_bytes(marked, Limits::default()).is_ok());
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for text in [
        "",
        " ",
        "x",
        "<a",
        "<a>",
        "<a></b>",
        "</a>",
        "<a/><b/>",
        "<a/>x",
        "x<a/>",
        "<a b/>",
        "<a b=c/>",
        "<a b='1' b='2'/>",
        "<a b='<'/>",
        "<a>]]></a>",
        "<a>&lt</a>",
        "<a>&</a>",
        "<a><!-- -- --></a>",
        "<1/>",
        "<a:b:c/>",
        "< a/>",
        "<a><?xml version='1.0'?></a>",
        " <?xml version='1.0'?><a/>",
        "<?xml version='1.1'?><a/>",
        "<a><![CDATA[</a>",
        "<![CDATA[x]]><a/>",
        "<a b='1'c='2'/>",
        "<a>&#x;</a>",
        "<a>&#xZ;</a>",
        "&amp;<a/>",
        "<?xml version='1.0'?>",
    ] {
        let found = problem(text);
        assert!(matches!(found, Some(XmlProblem::Syntax(_))), "{text}: {found:?}");
    }
}

#[test]
fn a_syntax_error_names_line_column_and_open_elements() {
    let error = DomainConfig::from_xml("<domain>\n  <devices>\n    <disk a='<'/>").unwrap_err();
    assert_eq!(error.position().map(|at| (at.line(), at.column())), Some((3, 5)));
    assert_eq!(error.path(), "/domain/devices");
}

#[test]
fn text_markup_and_white_space_survive() {
    let text = "<?pi before?>\n<a x='&#10;&#9;&lt;&apos;&quot;'>\n  mixed <b/> text &amp; <![CDATA[<raw>]]>\n<!-- c --></a>\n<!-- after -->\n";
    let document = Document::parse(text).unwrap();
    assert_eq!(document.root.attribute("x"), Some("\n\t<'\""));
    assert_eq!(Document::parse(&document.to_xml()).unwrap(), document);
    assert!(
        document
            .root
            .children
            .iter()
            .any(|node| matches!(node, Node::CData(_)))
    );
}

#[test]
fn line_ends_become_one_character() {
    let document = Document::parse("<a b='1\r\n2'>x\r\ny\rz&#13;</a>").unwrap();
    assert_eq!(document.root.attribute("b"), Some("1 2"));
    assert_eq!(document.root.text(), "x\ny\nz\r");
    assert_eq!(Document::parse(&document.to_xml()).unwrap(), document);
}

#[test]
fn time_is_in_proportion_to_size() {
    let started = busy();
    let many = |one: &str, times| {
        format!(
            "<domain type='kvm'><name>a</name><os>{}</os></domain>",
            one.repeat(times)
        )
    };
    for text in [
        many("<initarg a='1'/>", 300_000),
        many("<x/>", 300_000),
        many("<boot dev='hd'/><y/>", 150_000),
    ] {
        let config = DomainConfig::from_xml(&text).unwrap();
        assert_eq!(DomainConfig::from_xml(&config.to_xml()), Ok(config.clone()));
        assert!(config.unknown().len() >= 150_000);
    }
    // What may be there once, against all order.
    let features = (0..250_000).rev();
    let features = features.map(|number| format!("<feature policy='require' name='f{number:06}'/>"));
    let cpu = format!("<cpu><model>qemu64</model>{}</cpu>", features.collect::<String>());
    let os = "<memory>1024</memory><os><type>hvm</type></os>";
    let text = format!("<domain type='kvm'><name>a</name>{os}{cpu}</domain>");
    DomainConfig::from_xml(&text).unwrap().validate().unwrap();
    let declarations: String = (0..250).map(|number| format!(" xmlns:p{number}='u'")).collect();
    let scope = format!("<a{declarations}><a{declarations}/></a>");
    let limit = XmlProblem::Limit {
        what: "namespaces declared around one element",
        limit: 256,
    };
    assert_eq!(problem(&scope), Some(limit));
    assert!(busy() - started < Duration::from_secs(60));
}

/// How long this thread has worked, whatever else the machine does.
fn busy() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let part = |number: i64| u64::try_from(number).unwrap_or_default();
    Duration::from_secs(part(time.tv_sec)) + Duration::from_nanos(part(time.tv_nsec))
}

/// Reading never panics and always ends; what is read is written and read the same.
fn read_and_write(text: &str) -> Result<(), XmlError> {
    let document = Document::parse(text)?;
    assert_eq!(Document::parse(&document.to_xml())?, document);
    Ok(())
}

fn markup() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        prop::sample::select(vec![
            "<a>",
            "</a>",
            "<b x='1'/>",
            "<domain type='kvm'>",
            "</domain>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "&lt;",
            "&#65;",
            "&x;",
            " ",
            "\n",
            "'",
            "<",
            ">",
            "<name>",
            "</name>",
            "<?p i?>",
            "xmlns:q='u'",
            "<q:z xmlns:q='u'/>",
            "<devices>",
            "</devices>",
            "<disk type='file'>",
            "</disk>",
            "<memory unit='GiB'>3</memory>",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
}

fn element() -> impl Strategy<Value = Element> {
    let name = "[a-z][a-z0-9_.-]{0,8}";
    let text = "[ -~\n\té𝄞]{0,12}";
    let leaf =
        (name, prop::collection::btree_map(name, text, 0..3), text).prop_map(|(name, attributes, text)| {
            let element = attributes
                .iter()
                .fold(Element::new(name.as_str()), |element, (name, value)| {
                    element.with_attribute(name, value)
                });
            if text.is_empty() {
                element
            } else {
                element.with_text(text)
            }
        });
    leaf.prop_recursive(4, 32, 4, move |inner| {
        (name, prop::collection::vec(inner, 1..4)).prop_map(|(name, children)| {
            children
                .into_iter()
                .fold(Element::new(name.as_str()), Element::with_child)
        })
    })
}

proptest! {
    #[test]
    fn any_markup_is_read_or_refused(text in markup()) {
        let outcome = read_and_write(&text);
        if let Err(error) = outcome {
            assert!(!error.to_string().is_empty());
        }
        if let Ok(config) = DomainConfig::from_xml(&text) {
            assert_eq!(DomainConfig::from_xml(&config.to_xml()), Ok(config));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(document) = Document::parse_bytes(&bytes, Limits::default()) {
            assert_eq!(Document::parse(&document.to_xml()), Ok(document));
        }
    }

    #[test]
    fn any_tree_is_written_and_read_the_same(root in element()) {
        let document = Document::new(root);
        assert_eq!(Document::parse(&document.to_xml()), Ok(document));
    }
}
