//! Documents as JSON: the mapping, both ways, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use virt_core::model::{AnyDocument, DomainConfig};

const TEXT: &str = "\
<domain type='kvm' novel='1' xmlns:q='urn:q'>
  <name>web</name>
  <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
  <memory unit='KiB'>1024</memory>
  <vcpu placement='static' cpuset='0-3'>2</vcpu>
  <emulator-of-tomorrow/>
  <on_crash>novel</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' iothread='2'/>
      <source file='/a'/>
      <target dev='vda' bus='virtio'/>
      <readonly/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x04' function='0x0' multifunction='on'/>
    </disk>
    <graphics type='vnc' port='-1' autoport='yes' passwd='hush'/>
    <q:novelty q:a='1' b='2'>text<c/><![CDATA[d]]></q:novelty>
  </devices>
</domain>
";

#[test]
fn the_mapping_is_as_documented() {
    let config = DomainConfig::from_xml(TEXT).unwrap();
    let expected = json!({
        "kind": "kvm",
        "name": "web",
        "uuid": "c7a5fdbd-edaf-9455-926a-d65c16db1809",
        "memory": { "size": 1048576 },
        "vcpu": { "placement": "static", "cpuset": "0-3", "count": 2 },
        "on_crash": "novel",
        "devices": {
            "disks": [{
                "kind": "file",
                "device": "disk",
                "driver": { "name": "qemu", "kind": "qcow2", "iothread": 2 },
                "source": { "file": "/a" },
                "target": { "dev": "vda", "bus": "virtio" },
                "readonly": true,
                "address": {
                    "kind": "pci", "domain": "0x0000", "bus": "0x00", "slot": "0x04", "function": "0x0",
                    "multifunction": true
                }
            }],
            "graphics": [{ "kind": "vnc", "port": -1, "autoport": true }],
            "rest": { "children": [{
                "name": "q:novelty", "namespace": "urn:q",
                "attributes": [
                    { "name": "q:a", "namespace": "urn:q", "value": "1" },
                    { "name": "b", "value": "2" }
                ],
                "children": ["text", { "name": "c" }, { "cdata": "d" }]
            }] }
        },
        "rest": {
            "attributes": [{ "name": "novel", "value": "1" }, { "name": "xmlns:q", "value": "urn:q" }],
            "children": [{ "name": "emulator-of-tomorrow" }]
        }
    });
    let found = serde_json::to_value(&config).unwrap();
    assert_eq!(found, expected);
    let any = serde_json::to_value(AnyDocument::from(config)).unwrap();
    assert_eq!(any, json!({ "domain": expected }));
}

/// What stands beside a secret's text is not shown, and leaves nothing behind.
#[test]
fn what_stands_beside_a_secret_goes_with_it() {
    let text = "<domain type='kvm'><name>a</name><launchSecurity type='sev'><session note='n'>secret</session></launchSecurity></domain>";
    let document = AnyDocument::from_xml(text).unwrap();
    let json = serde_json::to_string(&document).unwrap();
    assert!(!json.contains("note") && !json.contains("rest"), "{json}");
}

#[test]
fn it_reads_back_equal_but_for_secrets() {
    let config = DomainConfig::from_xml(TEXT).unwrap();
    let again: DomainConfig = serde_json::from_value(serde_json::to_value(&config).unwrap()).unwrap();
    let mut expected = config;
    expected.devices_mut().graphics[0].passwd = None;
    assert_eq!(again, expected);
    assert_eq!(DomainConfig::from_xml(&again.to_xml()).unwrap(), expected);
}

#[test]
fn keys_are_in_the_order_of_the_fields() {
    let text = serde_json::to_string(&DomainConfig::from_xml(TEXT).unwrap()).unwrap();
    assert!(
        text.starts_with(r#"{"kind":"kvm","name":"web","uuid":"#),
        "{text}"
    );
}

/// What is said when this is read as a domain.
fn refusal(value: Value) -> String {
    serde_json::from_value::<DomainConfig>(value)
        .unwrap_err()
        .to_string()
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    assert_eq!(refusal(json!({ "kind": "kvm" })), "'name' is missing");
    assert_eq!(
        refusal(json!({ "kind": "kvm", "name": "a", "vcpu": { "count": "many" } })),
        "'many' is not a whole number from 0 to 4294967295 at vcpu.count"
    );
    let disks = json!([{}, { "readonly": "yes" }]);
    assert_eq!(
        refusal(json!({ "kind": "kvm", "name": "a", "devices": { "disks": disks } })),
        "'\"yes\"' is not true or false at devices.disks[1].readonly"
    );
    let told = refusal(json!({ "kind": "kvm", "name": "a", "pm": { "sleep": 1 } }));
    assert!(
        told.starts_with("there is no field 'sleep' (there are: "),
        "{told}"
    );
    assert!(told.ends_with(" at pm"), "{told}");
    let bad = json!({ "kind": "kvm", "name": "a", "rest": { "children": [{ "name": "a b" }] } });
    assert!(refusal(bad).ends_with("is not a name of XML at rest.children[0]"));
    let unknown = serde_json::from_value::<AnyDocument>(json!({ "novelty": {} })).unwrap_err();
    assert!(
        unknown
            .to_string()
            .starts_with("expected an object with one key, one of: ")
    );
}
