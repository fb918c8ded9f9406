//! What `validate` checks, the same for every document: see `virt_core::model`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use virt_core::model::AnyDocument;
use virt_core::xml::{XmlError, XmlProblem};

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
    assert!(matches!(error.problem(), XmlProblem::Missing(what) if what.contains("state")), "{error}");

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
fn what_a_host_tells_is_checked_with_its_cpu() {
    let cpu = |topology: &str| format!("<capabilities><host><cpu><arch>x86_64</arch>{topology}</cpu></host></capabilities>");
    let valid = cpu("<topology sockets='1' cores='2' threads='1'/>");
    AnyDocument::from_xml(&valid).unwrap().validate().unwrap();
    let error = refused(&cpu("<topology sockets='0' cores='2' threads='1'/>"));
    assert_eq!(error.path(), "/capabilities/host/cpu/topology/@sockets");

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
        ("<network><name>a</name><forward mode='teleport'/></network>", "/network/forward/@mode"),
        ("<pool type='attic'><name>a</name></pool>", "/pool/@type"),
        ("<volume type='scroll'><name>a</name><capacity>1</capacity></volume>", "/volume/@type"),
        ("<filter name='a'><rule action='ponder' direction='in'/></filter>", "/filter/rule[1]/@action"),
        ("<storagepoolCapabilities><pool type='attic'/></storagepoolCapabilities>", "/storagepoolCapabilities/pool[1]/@type"),
        ("<domainCapabilities><domain>abacus</domain></domainCapabilities>", "/domainCapabilities/domain"),
    ] {
        let document = AnyDocument::from_xml(text).unwrap();
        assert_eq!(AnyDocument::from_xml(&document.to_xml()).unwrap(), document, "{text}");
        let error = refused(text);
        assert_eq!(error.path(), path, "{error}");
    }
}
