//! Network filters as documents: built by hand, read, checked, given back as libvirt does.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use virt_core::model::filter::{
    ConnectionState, FilterEntry, MacMatch, Rule, RuleAction, RuleDirection, RuleProtocol, RuleValue,
    TransportMatch, TransportProtocol,
};
use virt_core::model::{AnyDocument, FilterBindingConfig, FilterConfig};

fn ssh_only() -> FilterConfig {
    let ssh = TransportMatch::any().to_port(22);
    let own = MacMatch::from_mac(RuleValue::variable("MAC"));
    FilterConfig::builder("ssh-only")
        .rule(
            Rule::new(RuleAction::Accept, RuleDirection::In)
                .with_priority(100)
                .with_tcp(ssh),
        )
        .filter_with("no-ip-spoofing", [("IP", "10.0.0.1")])
        .rule(Rule::new(RuleAction::Accept, RuleDirection::Out).with_mac(own))
        .rule(
            Rule::new(RuleAction::Drop, RuleDirection::InOut)
                .with_priority(1000)
                .with_all(TransportMatch::any()),
        )
        .build()
        .unwrap()
}

#[test]
fn rules_and_references_keep_their_order() {
    let filter = ssh_only();
    let xml = filter.to_xml();
    assert_eq!(
        xml,
        "<filter name='ssh-only'>
  <rule action='accept' direction='in' priority='100'>
    <tcp dstportstart='22'/>
  </rule>
  <filterref filter='no-ip-spoofing'>
    <parameter name='IP' value='10.0.0.1'/>
  </filterref>
  <rule action='accept' direction='out'>
    <mac srcmacaddr='$MAC'/>
  </rule>
  <rule action='drop' direction='inout' priority='1000'>
    <all/>
  </rule>
</filter>
"
    );
    let again = FilterConfig::from_xml(&xml).unwrap();
    assert_eq!(again, filter);
    let kinds = |filter: &FilterConfig| -> Vec<bool> {
        let is_rule = |entry: &FilterEntry| matches!(entry, FilterEntry::Rule(_));
        filter.entries().iter().map(is_rule).collect()
    };
    assert_eq!(kinds(&again), [true, false, true, true]);
    assert_eq!(kinds(&again.normalized()), [true, false, true, true]);
    assert!(matches!(
        AnyDocument::from_xml(&xml).unwrap(),
        AnyDocument::Filter(_)
    ));
}

#[test]
fn libvirt_gives_back_one_element_and_what_is_negated() {
    let filter = FilterConfig::from_xml(
        "<filter name='f' chain='ipv4-x'>
  <!-- dropped -->
  <rule action='accept' direction='in' statematch='0'>
    <tcp match='no' srcipaddr='10.1.2.3' srcipmask='255.255.255.0' state='related,NEW'/>
    <tcp comment='c' flags='syn/' dscp='0x1f' srcportend='2' typo='x'/>
    <udp dstportstart='53'/>
  </rule>
  <rule action='drop' direction='out'><vlan vlanid='7'/><mac/></rule>
  <rule action='drop' direction='inout'><ip protocol='17' srcportstart='$PORT[ @0 ]'/></rule>
</filter>",
    )
    .unwrap();
    let given = filter.normalized();
    assert_eq!(
        given.to_xml(),
        "<filter name='f' chain='ipv4-x' priority='-700'>
  <rule action='accept' direction='in' priority='500' statematch='false'>
    <tcp dscp='0x1f' srcportend='2' flags='SYN/NONE' comment='c'/>
    <tcp match='no' srcipaddr='10.1.2.3' srcipmask='24' state='NEW,RELATED'/>
  </rule>
  <rule action='drop' direction='out' priority='500'>
    <vlan vlanid='7'/>
  </rule>
  <rule action='drop' direction='inout' priority='500'>
    <ip protocol='udp' srcportstart='$PORT'/>
  </rule>
</filter>
"
    );
    assert_eq!(given.normalized(), given);
    let tcp = given.rules.first().unwrap().tcp.last().unwrap();
    let rule = given.rules.first().unwrap();
    assert_eq!(rule.protocol(), Some(RuleProtocol::Tcp));
    assert_eq!(rule.transport(TransportProtocol::Tcp).len(), 2);
    let states = tcp.state.as_ref().and_then(RuleValue::value).unwrap();
    assert!(states.contains(ConnectionState::New) && !states.contains(ConnectionState::Invalid));
}

#[test]
fn what_libvirt_refuses_is_refused_with_path_and_position() {
    let wrong = |inside: &str| {
        let xml = format!("<filter name='f'>\n<rule action='drop' direction='in'>\n{inside}</rule></filter>");
        let error = FilterConfig::from_xml(&xml)
            .and_then(|filter| filter.validate())
            .unwrap_err();
        assert_eq!(error.position().unwrap().line(), 3, "{error}");
        error.path().trim_start_matches("/filter/rule[1]/").to_owned()
    };
    assert_eq!(wrong("<tcp srcipaddr='a::b'/>"), "tcp[1]/@srcipaddr");
    assert_eq!(wrong("<tcp-ipv6 srcipmask='129'/>"), "tcp-ipv6[1]/@srcipmask");
    assert_eq!(wrong("<tcp srcipmask='33'/>"), "tcp[1]/@srcipmask");
    assert_eq!(wrong("<tcp dscp='64'/>"), "tcp[1]/@dscp");
    assert_eq!(wrong("<tcp flags='SYN'/>"), "tcp[1]/@flags");
    assert_eq!(wrong("<tcp srcportstart='0x10000'/>"), "tcp[1]/@srcportstart");
    assert_eq!(wrong("<ip srcportstart='1'/>"), "ip[1]/@protocol");
    assert_eq!(
        wrong("<ipv6 protocol='icmpv6' dstportend='1'/>"),
        "ipv6[1]/@protocol"
    );
    assert_eq!(wrong("<mac protocolid='15'/>"), "mac[1]/@protocolid");
    assert_eq!(wrong("<vlan vlanid='0xffff'/>"), "vlan[1]/@vlanid");
    assert_eq!(
        wrong("<mac srcmacmask='0f:00:00:00:00:00'/>"),
        "mac[1]/@srcmacmask"
    );
    assert_eq!(wrong("<all ipset='a/b'/>"), "all[1]/@ipset");
    assert_eq!(wrong("<all srcipaddr='$A B'/>"), "all[1]/@srcipaddr");
    let chain = |chain: &str| {
        let xml = format!("<filter name='f' chain='{chain}'/>");
        FilterConfig::from_xml(&xml)
            .and_then(|filter| filter.validate())
            .map_err(|error| error.path().to_owned())
    };
    assert_eq!(chain("arp-mine"), Ok(()));
    for bad in ["rooted", "tcp", "arp-0123456789", "arp mine"] {
        assert_eq!(chain(bad), Err("/filter/@chain".to_owned()), "{bad}");
    }
    let far = FilterConfig::builder("f").priority(1001).build().unwrap_err();
    assert_eq!(far.path(), "/filter/@priority");
    let odd =
        FilterConfig::from_xml("<filter name='f'><rule action='eat' direction='in'/></filter>").unwrap();
    assert_eq!(odd.validate().unwrap_err().path(), "/filter/rule[1]/@action");
}

#[test]
fn a_binding_names_its_filter() {
    let xml = "<filterbinding>
  <owner>
    <name>web</name>
    <uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid>
  </owner>
  <portdev name='vnet0'/>
  <mac address='52:54:00:7b:35:93'/>
  <filterref filter='clean-traffic'>
    <parameter name='MAC' value='52:54:00:7b:35:93'/>
    <parameter name='IP' value='10.0.0.1'/>
  </filterref>
</filterbinding>
";
    let binding = FilterBindingConfig::from_xml(xml).unwrap();
    assert_eq!(binding.validate(), Ok(()));
    assert_eq!(binding.to_xml(), xml);
    let given = binding.normalized().filterref.unwrap();
    assert_eq!(given.parameters.first().unwrap().name.as_deref(), Some("IP"));
    let lost = FilterBindingConfig::from_xml(&xml.replace("filter='clean-traffic'", "")).unwrap();
    assert_eq!(
        lost.validate().unwrap_err().path(),
        "/filterbinding/filterref/@filter"
    );
}
