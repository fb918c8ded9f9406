//! Interfaces of running containers: put in, taken out, cut and joined again, counted, and their addresses.

use std::path::Path;

use virt_sdk::domain::{AddressSource, ConfigScope, DeviceUpdateOptions};
use virt_sdk::event::DomainChange;
use virt_sdk::model::Device;
use virt_sdk::stats::{StatsGroup, StatsGroups};
use virt_sdk::{Domain, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::lxc::{Bridge, Init};

use crate::checks::{check, equal};
use crate::containers::{Containers, contained, listens, run_in, until};

contained! { "lxc_network";
    an_interface_is_put_into_a_running_container_and_taken_out;
    what_was_put_into_a_run_that_was_taken_over_goes_with_its_reboot;
    a_link_is_cut_and_joined_again;
    an_interface_that_cannot_be_put_in_leaves_nothing;
    an_interface_of_the_host_is_never_taken_for_ours;
    interfaces_come_and_go_beside_each_other;
    nothing_is_put_into_a_paused_container;
    interfaces_of_a_start_are_counted_and_go_with_it;
}

const MAC: &str = "52:54:00:0a:0b:0c";

/// The addresses of a network of this test's own: none of others' has them.
fn network(number: u32) -> (String, String) {
    let process = std::process::id();
    let net = format!("10.{}.{}", 100 + number * 50 + process % 50, (process / 50) % 250);
    (format!("{net}.1"), format!("{net}.2"))
}

fn interface(bridge: &str, address: &str, link: &str) -> Result<Device, Failure> {
    let text = format!(
        "<interface type='bridge'><mac address='{MAC}'/><source bridge='{bridge}'/>\
         <ip address='{address}' prefix='24'/><link state='{link}'/></interface>"
    );
    Ok(Device::from_xml(&text)?)
}

/// The host's end of the only interface of the live document.
async fn host_end(domain: &Domain) -> Result<String, Failure> {
    let config = domain.config().await.doing("reading its document")?;
    let devices = config
        .devices
        .as_ref()
        .ok_or_else(|| Failure::new("no devices"))?;
    let ends = devices
        .interfaces
        .iter()
        .filter_map(|one| one.target.as_ref()?.dev.clone());
    let ends: Vec<String> = ends.collect();
    match ends.as_slice() {
        [one] => Ok(one.clone()),
        other => Err(Failure::new(format!("its interfaces' ends here are {other:?}"))),
    }
}

async fn an_interface_is_put_into_a_running_container_and_taken_out(
    containers: &Containers,
) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let bridge = Bridge::create()?;
    let (ours, theirs) = network(0);
    bridge.add_address(&format!("{ours}/24"))?;
    let domain = containers.running(&conn, "plugged", Init::Quick).await?;
    let mut events = domain.events().await.doing("listening")?;
    let device = interface(bridge.name(), &theirs, "up")?;
    for _ in 0..2 {
        domain
            .attach_device(&device, ConfigScope::Live)
            .await
            .doing("attaching an interface")?;
        let added = DomainChange::DeviceAdded {
            device: "net0".to_owned(),
        };
        until(&mut events, domain.name(), &added).await?;
        let inside = run_in(&domain, "ip addr show dev eth0").await?;
        check(
            inside.contains(MAC) && inside.contains(&theirs),
            format!("in the container it is {inside}"),
        )?;
        let end = host_end(&domain).await?;
        equal(bridge.ports(), vec![end.clone()], "what is at the bridge")?;
        counted(&domain, &end, (&ours, &theirs)).await?;
        addresses(&domain, &theirs).await?;
        refused(
            domain.attach_device(&device, ConfigScope::Live).await,
            ErrorKind::AlreadyExists,
            "attaching it twice",
        )?;
        domain
            .detach_device(&device, ConfigScope::Live)
            .await
            .doing("detaching it")?;
        let left = run_in(&domain, "ip link").await?;
        check(
            !left.contains(MAC),
            format!("it is still in the container: {left}"),
        )?;
        check(
            !Path::new("/sys/class/net").join(&end).exists(),
            format!("its end {end} is still here"),
        )?;
        refused(
            domain.detach_device(&device, ConfigScope::Live).await,
            ErrorKind::NotFound,
            "detaching it twice",
        )?;
    }
    containers.remove_all(&conn).await
}

async fn what_was_put_into_a_run_that_was_taken_over_goes_with_its_reboot(
    containers: &Containers,
) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let bridge = Bridge::create()?;
    let (_, theirs) = network(0);
    let domain = containers.running(&conn, "plugged", Init::Quick).await?;
    let device = interface(bridge.name(), &theirs, "up")?;
    domain
        .attach_device(&device, ConfigScope::Live)
        .await
        .doing("attaching an interface")?;
    let name = domain.name().to_owned();
    conn.shutdown().await.doing("shutting down")?;
    let conn = containers.open_soon().await?;
    let domain = conn.domain(name.as_str()).await.doing("looking it up")?;
    let interfaces = async || {
        let config = domain.config().await.doing("reading its document")?;
        Ok::<_, Failure>(config.devices.map_or(0, |devices| devices.interfaces.len()))
    };
    equal(
        interfaces().await?,
        1,
        "interfaces of the run that was taken over",
    )?;
    let mut events = domain.events().await.doing("listening")?;
    domain.reboot().await.doing("rebooting it")?;
    until(&mut events, &name, &DomainChange::Rebooted).await?;
    equal(interfaces().await?, 0, "interfaces after its reboot")?;
    containers.remove_all(&conn).await
}

/// A hundred packets of known size each way, by a ping from within.
async fn counted(domain: &Domain, end: &str, (ours, _): (&str, &str)) -> Result<(), Failure> {
    // Until the bridge forwards.
    run_in(
        domain,
        &format!("until ping -c 1 -W 1 {ours} >/dev/null; do sleep 0.1; done"),
    )
    .await?;
    let before = traffic(domain, end).await?;
    run_in(
        domain,
        &format!("ping -q -c 5 -i 0.05 -s 1000 {ours} >/dev/null || ping -q -c 5 -s 1000 {ours} >/dev/null"),
    )
    .await?;
    let after = traffic(domain, end).await?;
    for (what, before, after) in [("received", before.0, after.0), ("sent", before.1, after.1)] {
        let grown = after.saturating_sub(before);
        check(
            (5_000..50_000).contains(&grown),
            format!("five pings of 1000 bytes {what} count as {grown} bytes"),
        )?;
    }
    Ok(())
}

async fn traffic(domain: &Domain, end: &str) -> Result<(u64, u64), Failure> {
    let groups = StatsGroups::none().and(StatsGroup::Interface);
    let row = domain.stats(groups).await.doing("reading statistics")?;
    let found = row.stats.interfaces.iter().find(|one| one.name == end);
    let traffic = found.and_then(|one| one.traffic);
    let traffic = traffic.ok_or_else(|| {
        Failure::new(format!(
            "there are no statistics of {end}: {:?}",
            row.stats.interfaces
        ))
    })?;
    Ok((traffic.rx_bytes, traffic.tx_bytes))
}

async fn addresses(domain: &Domain, theirs: &str) -> Result<(), Failure> {
    for source in [AddressSource::Agent, AddressSource::Arp] {
        let found = domain.interface_addresses(source).await;
        let found = found.doing(&format!("asking for addresses from {source:?}"))?;
        let mine = found.iter().find(|one| one.mac.as_deref() == Some(MAC));
        let has = mine.is_some_and(|one| {
            one.addresses
                .iter()
                .any(|address| address.ip.to_string() == theirs)
        });
        check(
            has,
            format!("{theirs} is not among its addresses by {source:?}: {found:?}"),
        )?;
    }
    Ok(())
}

async fn a_link_is_cut_and_joined_again(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let (first, second) = (Bridge::create()?, Bridge::create()?);
    let (_, theirs) = network(1);
    let devices = interface(first.name(), &theirs, "up")?.to_xml();
    let config = containers.document("linked", Init::Quick, &devices)?;
    let domain = conn.define_domain(&config).await.doing("defining it")?;
    domain.start().await.doing("starting it")?;
    listens(&domain).await?;
    let options = DeviceUpdateOptions::default().scope(ConfigScope::Live);
    for (link, wanted) in [("down", "down"), ("up", "up"), ("down", "down"), ("up", "up")] {
        let device = interface(first.name(), &theirs, link)?;
        domain
            .update_device(&device, &options)
            .await
            .doing(&format!("setting its link {link}"))?;
        let flags = run_in(&domain, "ip link show dev eth0").await?;
        let is_up = flags.contains(",UP") || flags.contains("<UP");
        equal(is_up, wanted == "up", &format!("whether it is up ({flags})"))?;
        let config = domain.config().await.doing("reading its document")?;
        check(
            config.to_xml().contains(&format!("<link state=\"{link}\""))
                || config.to_xml().contains(&format!("<link state='{link}'")),
            format!("the live document does not say {link}: {}", config.to_xml()),
        )?;
    }
    let end = host_end(&domain).await?;
    let device = interface(second.name(), &theirs, "up")?;
    domain
        .update_device(&device, &options)
        .await
        .doing("moving it to another bridge")?;
    equal(first.ports(), Vec::new(), "what is at the first bridge")?;
    equal(second.ports(), vec![end], "what is at the second bridge")?;
    let device = interface("vtnosuch", &theirs, "up")?;
    let error = refused(
        domain.update_device(&device, &options).await,
        ErrorKind::NotFound,
        "moving it to a bridge that is not there",
    )?;
    check(
        error.to_string().contains("vtnosuch"),
        format!("the bridge is not named: {error}"),
    )?;
    containers.remove_all(&conn).await
}

async fn an_interface_that_cannot_be_put_in_leaves_nothing(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "unplugged", Init::Quick).await?;
    let bad = [
        interface("vtnosuch", "10.99.0.2", "up")?,
        // A link that is there already.
        Device::from_xml(
            "<interface type='ethernet'><mac address='52:54:00:0a:0b:0d'/><target dev='lo'/></interface>",
        )?,
    ];
    let before = domain.config().await.doing("reading its document")?.to_xml();
    for device in &bad {
        match domain.attach_device(device, ConfigScope::Live).await {
            Ok(()) => return Err(Failure::new(format!("{} was attached", device.to_xml()))),
            Err(error) => {
                let fits = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists);
                let named = ["vtnosuch", "lo"]
                    .iter()
                    .any(|name| error.to_string().contains(name));
                check(
                    fits && named,
                    format!("it is refused as {:?}: {error}", error.kind()),
                )?;
            }
        }
        let links = run_in(&domain, "ip link").await?;
        equal(
            links.matches("mtu").count(),
            1,
            &format!("how many links it has ({links})"),
        )?;
        equal(
            domain.config().await.doing("reading its document")?.to_xml(),
            before.clone(),
            "its document",
        )?;
    }
    containers.remove_all(&conn).await
}

async fn interfaces_of_a_start_are_counted_and_go_with_it(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let bridge = Bridge::create()?;
    let (_, theirs) = network(2);
    let devices = interface(bridge.name(), &theirs, "up")?.to_xml();
    let config = containers.document("wired", Init::Quick, &devices)?;
    let domain = conn.define_domain(&config).await.doing("defining it")?;
    for _ in 0..3 {
        domain.start().await.doing("starting it")?;
        listens(&domain).await?;
        let end = host_end(&domain).await?;
        equal(bridge.ports(), vec![end.clone()], "what is at the bridge")?;
        let inside = run_in(&domain, "ip addr show dev eth0").await?;
        check(
            inside.contains(MAC) && inside.contains(&theirs),
            format!("in the container it is {inside}"),
        )?;
        traffic(&domain, &end).await?;
        domain.destroy().await.doing("destroying it")?;
        equal(bridge.ports(), Vec::new(), "what is at the bridge after its end")?;
    }
    containers.remove_all(&conn).await
}

async fn an_interface_of_the_host_is_never_taken_for_ours(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let bridge = Bridge::create().doing("making a bridge")?;
    let other = Bridge::create().doing("making a bridge of somebody else")?;
    let domain = containers.running(&conn, "foreign", Init::Quick).await?;
    let text = format!(
        "<interface type='bridge'><mac address='{MAC}'/><source bridge='{}'/><target dev='{}'/></interface>",
        bridge.name(),
        other.name()
    );
    let attached = domain
        .attach_device(&Device::from_xml(&text)?, ConfigScope::Live)
        .await;
    refused(attached, ErrorKind::AlreadyExists, "a name that the host has")?;
    let there = Path::new("/sys/class/net").join(other.name());
    check(there.exists(), "an interface of somebody else is gone")?;
    equal(bridge.ports(), Vec::new(), "what is at the bridge")?;
    containers.remove_all(&conn).await
}

async fn interfaces_come_and_go_beside_each_other(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let bridge = Bridge::create().doing("making a bridge")?;
    let domain = containers.running(&conn, "several", Init::Quick).await?;
    let device = |last: u8| {
        let text = format!(
            "<interface type='bridge'><mac address='52:54:00:0a:0b:{last:02x}'/><source bridge='{}'/></interface>",
            bridge.name()
        );
        Device::from_xml(&text)
    };
    let live = ConfigScope::Live;
    for last in [1, 2] {
        let plugged = domain.attach_device(&device(last)?, live).await;
        plugged.doing("putting one in")?;
    }
    domain
        .detach_device(&device(1)?, live)
        .await
        .doing("taking the first out")?;
    let plugged = domain.attach_device(&device(3)?, live).await;
    plugged.doing("putting a third in")?;
    equal(bridge.ports().len(), 2, "how many are at the bridge")?;
    let inside = run_in(&domain, "ip link | grep -c 52:54:00:0a:0b").await?;
    equal(inside.trim(), "2", "how many the container has")?;
    containers.remove_all(&conn).await
}

async fn nothing_is_put_into_a_paused_container(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let bridge = Bridge::create().doing("making a bridge")?;
    let domain = containers.running(&conn, "paused", Init::Quick).await?;
    domain.suspend().await.doing("pausing it")?;
    let attached = domain
        .attach_device(&interface(bridge.name(), "10.9.9.9", "up")?, ConfigScope::Live)
        .await;
    refused(
        attached,
        ErrorKind::InvalidState,
        "an interface for a paused container",
    )?;
    equal(bridge.ports(), Vec::new(), "what is at the bridge")?;
    domain.resume().await.doing("letting it go on")?;
    containers.remove_all(&conn).await
}
