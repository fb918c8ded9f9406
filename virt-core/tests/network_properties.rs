//! Any network and any filter, however it was made, is written and read back equal, and given back once only.

use std::net::IpAddr;

use proptest::prelude::{Strategy, any, prop, proptest};
use virt_core::model::filter::{
    ConnectionState, MacMatch, Rule, RuleAction, RuleDirection, RuleValue, RuleVariable, TransportMatch,
    TransportProtocol, VariableAccess,
};
use virt_core::model::network::{
    DhcpHost, DnsHost, DnsService, DnsText, ForwardInterface, ForwardMode, PortGroup,
};
use virt_core::model::{FilterConfig, MacAddress, NetworkConfig};

fn text() -> impl Strategy<Value = String> {
    "[ -~\n\té𝄞\r]{0,20}x"
}

fn network() -> impl Strategy<Value = NetworkConfig> {
    let addresses = prop::collection::vec((any::<IpAddr>(), 0..=128_u8), 0..4);
    let hosts = prop::collection::vec((any::<[u8; 6]>(), any::<IpAddr>(), text()), 0..4);
    let mode = prop::option::of(prop::sample::select(ForwardMode::KNOWN.to_vec()));
    (text(), addresses, hosts, mode, any::<u16>()).prop_map(|(name, addresses, hosts, mode, port)| {
        let mut builder = NetworkConfig::builder(name.as_str());
        for (address, prefix) in addresses {
            builder = builder.ip(address, prefix);
        }
        for (mac, ip, name) in &hosts {
            builder = builder
                .dhcp_host(DhcpHost::new(MacAddress::new(*mac), *ip).with_name(name))
                .dhcp_range(*ip, *ip)
                .dns_host(DnsHost::new(*ip, [name, name]))
                .dns_text(name, name)
                .dns_service(DnsService::new(name, name).on(name, port))
                .dns_forwarder(*ip)
                .dnsmasq_option(name)
                .port_group(PortGroup::new(name));
        }
        let mut network = NetworkConfig::default();
        let _ = builder.with(|config| network = config.clone());
        if let Some(mode) = mode {
            let forward = network.forward.get_or_insert_default();
            forward.mode = Some(mode);
            forward.interfaces = hosts
                .iter()
                .map(|(_, _, name)| ForwardInterface::new(name))
                .collect();
        }
        network
            .dns
            .get_or_insert_default()
            .texts
            .push(DnsText::new(name, ""));
        network
    })
}

fn protocol() -> impl Strategy<Value = TransportProtocol> {
    use TransportProtocol as P;
    let all = [
        P::Tcp,
        P::Udp,
        P::UdpLite,
        P::Esp,
        P::Ah,
        P::Sctp,
        P::Icmp,
        P::All,
        P::Igmp,
    ];
    let ipv6 = [
        P::TcpIpv6,
        P::UdpIpv6,
        P::UdpLiteIpv6,
        P::EspIpv6,
        P::AhIpv6,
        P::SctpIpv6,
        P::Icmpv6,
        P::AllIpv6,
    ];
    prop::sample::select([all.as_slice(), ipv6.as_slice()].concat())
}

fn packets() -> impl Strategy<Value = TransportMatch> {
    let address = prop::option::of(any::<IpAddr>());
    let variable = prop::option::of(("[A-Za-z0-9_]{1,8}", 0..=1000_u32, any::<bool>()));
    (address, variable, any::<u16>(), any::<bool>(), text()).prop_map(
        |(address, variable, port, negated, comment)| {
            let mut packets = TransportMatch::any()
                .to_ports(port, u16::MAX)
                .with_comment(comment);
            if let Some(address) = address {
                packets = packets
                    .from_ip(address)
                    .in_state([ConnectionState::New, ConnectionState::Related]);
            }
            if let Some((name, number, each)) = variable {
                let access = match each {
                    true => VariableAccess::Each(number),
                    false => VariableAccess::At(number),
                };
                packets = packets.to_ip(RuleValue::Variable(RuleVariable::new(name, access)));
            }
            match negated {
                true => packets.negated(),
                false => packets,
            }
        },
    )
}

fn filter() -> impl Strategy<Value = FilterConfig> {
    let rule = (
        protocol(),
        prop::collection::vec(packets(), 0..3),
        any::<[u8; 6]>(),
        any::<i32>(),
    );
    (text(), prop::collection::vec((rule, any::<bool>()), 0..5)).prop_map(|(name, entries)| {
        let mut builder = FilterConfig::builder(name);
        for ((protocol, packets, mac, priority), refers) in entries {
            let mut rule = Rule::new(RuleAction::Accept, RuleDirection::InOut).with_priority(priority);
            for packets in packets {
                rule = rule.with_transport(protocol, packets);
            }
            rule = rule.with_mac(MacMatch::from_mac(MacAddress::new(mac)));
            builder = match refers {
                true => builder.rule(rule).filter_with("other", [("A", "1"), ("B", "2")]),
                false => builder.rule(rule),
            };
        }
        let mut filter = FilterConfig::default();
        let _ = builder.with(|config| filter = config.clone());
        filter
    })
}

proptest! {
    #[test]
    fn any_network_is_written_and_read_back_equal(network in network()) {
        assert_eq!(NetworkConfig::from_xml(&network.to_xml()), Ok(network.clone()));
        let given = network.normalized();
        assert_eq!(NetworkConfig::from_xml(&given.to_xml()), Ok(given.clone()));
        assert_eq!(given.normalized(), given);
    }

    #[test]
    fn any_filter_is_written_and_read_back_equal_and_in_order(filter in filter()) {
        let again = FilterConfig::from_xml(&filter.to_xml());
        assert_eq!(again.as_ref().map(FilterConfig::entries), Ok(filter.entries()));
        assert_eq!(again, Ok(filter.clone()));
        let given = filter.normalized();
        assert_eq!(FilterConfig::from_xml(&given.to_xml()), Ok(given.clone()));
        assert_eq!(given.normalized(), given);
    }
}
