//! Limits of traffic: libvirt's bandwidth, and how ESX shapes.

use virt_core::model::domain::devices::{Bandwidth, BandwidthLimit};
use virt_core::{Error, ErrorKind, Result, Subject};

use crate::vim::{AnyDVPortSetting, DVSTrafficShapingPolicy, HostNetworkTrafficShapingPolicy};

/// Bits a second in a unit of libvirt's, as its driver of ESX counts them.
const BITS: u64 = 8 * 1000;
/// Bytes in a unit of a burst.
const BYTES: u64 = 1024;

/// How ESX shapes to keep these limits; `None` where nothing is limited.
///
/// # Errors
/// `Unsupported` for what a standard switch cannot do, `InvalidConfig` for numbers it has no room for.
pub(super) fn shaping_of(
    bandwidth: Option<&Bandwidth>,
    element: &str,
) -> Result<Option<HostNetworkTrafficShapingPolicy>> {
    let Some(bandwidth) = bandwidth else {
        return Ok(None);
    };
    let about = |error: Error| error.with_subject(Subject::Element(format!("{element}/bandwidth")));
    let (inbound, outbound) = match (&bandwidth.inbound, &bandwidth.outbound) {
        (None, None) => return Ok(None),
        (Some(inbound), Some(outbound)) => (inbound, outbound),
        _ => return Err(about(one_way())),
    };
    let same =
        (inbound.average, inbound.peak, inbound.burst) == (outbound.average, outbound.peak, outbound.burst);
    if !same {
        return Err(about(one_way()));
    }
    if inbound.floor.or(outbound.floor).is_some() {
        let message = "a standard switch of ESX grants no least bandwidth (floor)";
        return Err(about(Error::unsupported(message)));
    }
    let scaled = |value: Option<u64>, unit: u64| -> Result<Option<i64>> {
        let Some(value) = value.filter(|value| *value > 0) else {
            return Ok(None);
        };
        let value = value
            .checked_mul(unit)
            .and_then(|value| i64::try_from(value).ok());
        value.map(Some).ok_or_else(|| {
            let message = "the limit is larger than ESX can express";
            about(Error::new(ErrorKind::InvalidConfig, message))
        })
    };
    let average = scaled(inbound.average, BITS)?;
    if average.is_none() {
        return Ok(None);
    }
    Ok(Some(HostNetworkTrafficShapingPolicy {
        enabled: Some(true),
        average_bandwidth: average,
        peak_bandwidth: scaled(inbound.peak, BITS)?,
        burst_size: scaled(inbound.burst, BYTES)?,
    }))
}

fn one_way() -> Error {
    Error::unsupported(
        "a standard switch of ESX limits both directions alike: say the same average, peak and burst for inbound and outbound",
    )
}

/// The limits that a standard switch keeps; `None` where it does not shape.
pub(super) fn bandwidth_of(shaping: Option<&HostNetworkTrafficShapingPolicy>) -> Option<Bandwidth> {
    let shaping = shaping.filter(|shaping| shaping.enabled == Some(true))?;
    let limit = limit(
        shaping.average_bandwidth,
        shaping.peak_bandwidth,
        shaping.burst_size,
    );
    let mut bandwidth = Bandwidth::default();
    bandwidth.inbound = Some(limit.clone());
    bandwidth.outbound = Some(limit);
    Some(bandwidth)
}

/// The limits that a port of a distributed switch keeps, which has them for each direction: what goes into the switch comes
/// out of the guest.
pub(super) fn bandwidth_of_distributed(setting: &AnyDVPortSetting) -> Option<Bandwidth> {
    let one = |shaping: Option<&DVSTrafficShapingPolicy>| {
        let shaping = shaping?;
        let is_on = shaping.enabled.as_ref().and_then(|enabled| enabled.value) == Some(true);
        is_on.then(|| {
            limit(
                shaping.average_bandwidth.as_ref().and_then(|policy| policy.value),
                shaping.peak_bandwidth.as_ref().and_then(|policy| policy.value),
                shaping.burst_size.as_ref().and_then(|policy| policy.value),
            )
        })
    };
    let mut bandwidth = Bandwidth::default();
    bandwidth.inbound = one(setting.out_shaping_policy.as_ref());
    bandwidth.outbound = one(setting.in_shaping_policy.as_ref());
    (bandwidth.inbound.is_some() || bandwidth.outbound.is_some()).then_some(bandwidth)
}

fn limit(average: Option<i64>, peak: Option<i64>, burst: Option<i64>) -> BandwidthLimit {
    let scaled = |value: Option<i64>, unit: u64| {
        let value = value.and_then(|value| u64::try_from(value).ok())?;
        Some(value / unit).filter(|value| *value > 0)
    };
    let mut limit = BandwidthLimit::default();
    limit.average = Some(scaled(average, BITS).unwrap_or_default());
    limit.peak = scaled(peak, BITS);
    limit.burst = scaled(burst, BYTES);
    limit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(average: u64, peak: Option<u64>, burst: Option<u64>) -> Bandwidth {
        let mut limit = BandwidthLimit::default();
        (limit.average, limit.peak, limit.burst) = (Some(average), peak, burst);
        let mut bandwidth = Bandwidth::default();
        bandwidth.inbound = Some(limit.clone());
        bandwidth.outbound = Some(limit);
        bandwidth
    }

    #[test]
    fn limits_go_there_and_come_back() {
        for bandwidth in [both(1000, Some(5000), Some(5120)), both(1, None, None)] {
            let shaping = shaping_of(Some(&bandwidth), "/network").unwrap().unwrap();
            assert_eq!(bandwidth_of(Some(&shaping)), Some(bandwidth));
        }
        let shaping = shaping_of(Some(&both(1000, None, Some(1))), "/network")
            .unwrap()
            .unwrap();
        assert_eq!(
            (shaping.average_bandwidth, shaping.burst_size),
            (Some(8_000_000), Some(1024))
        );
    }

    #[test]
    fn what_a_switch_cannot_do_is_refused() {
        let mut unequal = both(1000, None, None);
        unequal.outbound = None;
        let error = shaping_of(Some(&unequal), "/network/portgroup").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(format!("{:?}", error.subject()).contains("/network/portgroup/bandwidth"));
        let huge = both(u64::MAX, None, None);
        let error = shaping_of(Some(&huge), "/network").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(shaping_of(None, "/network").unwrap().is_none());
        let off = HostNetworkTrafficShapingPolicy::default();
        assert_eq!(bandwidth_of(Some(&off)), None);
    }
}
