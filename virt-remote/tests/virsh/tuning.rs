//! What a domain is given, and what the guest says.

use virt_core::domain::AddressSource;
use virt_remote::protocol::remote::connect::{ConnectGetAllDomainStats, ConnectGetAllDomainStatsArgs};
use virt_remote::protocol::remote::domain::{DomainGetControlInfo, DomainGetControlInfoArgs};
use virt_remote::protocol::remote::domain_guest::{
    DomainGetFsinfo, DomainGetFsinfoArgs, DomainGetHostname, DomainGetHostnameArgs,
};
use virt_remote::protocol::remote::domain_tuning::{
    DomainGetMemoryParameters, DomainGetMemoryParametersArgs, DomainGetNumaParameters,
    DomainGetNumaParametersArgs, DomainGetPerfEvents, DomainGetPerfEventsArgs, DomainGetSchedulerParameters,
    DomainGetSchedulerParametersArgs, DomainGetSchedulerType, DomainGetSchedulerTypeArgs,
};
use virt_remote::protocol::remote::domain_vcpu::{DomainGetVcpusFlags, DomainGetVcpusFlagsArgs};
use virt_remote::protocol::remote::object::Domain;
use virt_remote::protocol::xdr::{TypedParams, TypedValue};

use super::check::Check;

/// `VIR_DOMAIN_AFFECT_LIVE`, `VIR_DOMAIN_AFFECT_CONFIG`, `VIR_DOMAIN_VCPU_MAXIMUM`.
const LIVE: u32 = 1;
const CONFIG: u32 = 2;
const MAXIMUM: u32 = 4;

/// `VIR_DOMAIN_MEMORY_PARAM_UNLIMITED`.
const UNLIMITED: u64 = 9_007_199_254_740_991;

pub async fn compare(check: &mut Check) {
    let dom = check.domain("test").await;
    processors(check, &dom).await;
    parameters(check, &dom).await;
    guest(check, &dom).await;
}

async fn processors(check: &mut Check, dom: &Domain) {
    let mut rows = Vec::new();
    for (name, limit) in [("maximum", MAXIMUM), ("current", 0)] {
        for (scope, flags) in [("config", CONFIG), ("live", LIVE)] {
            let args = DomainGetVcpusFlagsArgs {
                dom: dom.clone(),
                flags: flags | limit,
            };
            let count = check.call::<DomainGetVcpusFlags>(args).await.num;
            rows.push([name, scope, &count.to_string()].map(str::to_owned).into());
        }
    }
    check.table("vcpucount test", rows).await;
    let args = ConnectGetAllDomainStatsArgs {
        doms: vec![dom.clone()],
        stats: 1,
        flags: 0,
    };
    let stats = check.call::<ConnectGetAllDomainStats>(args).await.ret_stats;
    let row = stats.into_iter().next().expect("a row");
    let mut fields = shown(&row.params);
    fields.push(("Domain".to_owned(), "'test'".to_owned()));
    let fields: Vec<(&str, String)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    check.fields("domstats --state test", &fields, &[]).await;
    let args = DomainGetControlInfoArgs {
        dom: dom.clone(),
        flags: 0,
    };
    let control = check.call::<DomainGetControlInfo>(args).await;
    let states = ["ok", "background job", "occupied", "error"];
    let state = usize::try_from(control.state)
        .ok()
        .and_then(|state| states.get(state));
    check
        .text("domcontrol test", state.expect("a state that virsh knows"))
        .await;
}

async fn parameters(check: &mut Check, dom: &Domain) {
    let kind = check
        .call::<DomainGetSchedulerType>(DomainGetSchedulerTypeArgs { dom: dom.clone() })
        .await;
    let args = DomainGetSchedulerParametersArgs {
        dom: dom.clone(),
        nparams: kind.nparams,
    };
    let params = check.call::<DomainGetSchedulerParameters>(args).await.params;
    same_fields(
        check,
        "schedinfo test",
        &params,
        &[("Scheduler", kind.type_.into_text())],
    )
    .await;
    let args = |nparams| DomainGetMemoryParametersArgs {
        dom: dom.clone(),
        nparams,
        flags: 0,
    };
    // Asked without room, the daemon says how much there is.
    let room = check.call::<DomainGetMemoryParameters>(args(0)).await.nparams;
    let params = check.call::<DomainGetMemoryParameters>(args(room)).await.params;
    same_fields(check, "memtune test", &params, &[]).await;
    let args = |nparams| DomainGetNumaParametersArgs {
        dom: dom.clone(),
        nparams,
        flags: 0,
    };
    let room = check.call::<DomainGetNumaParameters>(args(0)).await.nparams;
    let params = check.call::<DomainGetNumaParameters>(args(room)).await.params;
    let modes = ["strict", "preferred", "interleave", "restrictive"];
    let mode = params
        .i64("numa_mode")
        .and_then(|mode| modes.get(usize::try_from(mode).ok()?));
    let nodes = params
        .string("numa_nodeset")
        .map(|nodes| nodes.text().into_owned());
    let fields = [
        ("numa_mode", (*mode.expect("a mode")).to_owned()),
        ("numa_nodeset", nodes.unwrap_or_default()),
    ];
    check.fields("numatune test", &fields, &[]).await;
    let args = DomainGetPerfEventsArgs {
        dom: dom.clone(),
        flags: 0,
    };
    let params = check.call::<DomainGetPerfEvents>(args).await.params;
    same_fields(check, "perf test", &params, &[]).await;
}

async fn guest(check: &mut Check, dom: &Domain) {
    let args = DomainGetHostnameArgs {
        dom: dom.clone(),
        flags: 0,
    };
    let name = check.call::<DomainGetHostname>(args).await.hostname;
    check.text("domhostname test", name).await;
    let args = DomainGetFsinfoArgs {
        dom: dom.clone(),
        flags: 0,
    };
    let systems = check.call::<DomainGetFsinfo>(args).await.info;
    let rows = systems.into_iter().map(|system| {
        let disks: Vec<_> = system
            .dev_aliases
            .into_iter()
            .map(|disk| disk.into_text())
            .collect();
        let [place, name, kind] =
            [system.mountpoint, system.name, system.fstype].map(|text| text.into_text());
        vec![place, name, kind, disks.join(",")]
    });
    let rows = rows.collect();
    check.table("domfsinfo test", rows).await;
    let domain = check.connection.domain("test").await.expect("a domain");
    let interfaces = domain.interface_addresses(AddressSource::Agent).await;
    let rows = interfaces.expect("interfaces").into_iter().flat_map(|interface| {
        let (name, mac) = (interface.name, interface.mac.unwrap_or_else(|| "-".to_owned()));
        interface.addresses.into_iter().map(move |address| {
            let family = if address.ip.is_ipv4() { "ipv4" } else { "ipv6" };
            let address = format!("{}/{}", address.ip, address.prefix);
            vec![name.clone(), mac.clone(), family.to_owned(), address]
        })
    });
    let rows = rows.collect();
    check.table("domifaddr test --source agent", rows).await;
}

async fn same_fields(check: &mut Check, command: &str, params: &TypedParams, more: &[(&str, String)]) {
    let shown = shown(params);
    let mut fields: Vec<(&str, String)> = shown
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    fields.extend(more.iter().cloned());
    check.fields(command, &fields, &[]).await;
}

/// Typed parameters as virsh shows them.
fn shown(params: &TypedParams) -> Vec<(String, String)> {
    let params = params.iter().map(|param| {
        let value = match &param.value {
            TypedValue::Boolean(is) => if *is { "enabled" } else { "disabled" }.to_owned(),
            TypedValue::String(text) => text.text().into_owned(),
            TypedValue::Double(number) => format!("{number:.6}"),
            TypedValue::ULLong(UNLIMITED) => "unlimited".to_owned(),
            value => {
                let signed = value.as_i64().map(|number| number.to_string());
                signed
                    .or_else(|| value.as_u64().map(|number| number.to_string()))
                    .unwrap_or_default()
            }
        };
        (param.field.text().into_owned(), value)
    });
    params.collect()
}
