//! CPUs compared.

use virt_core::model::domain::Cpu;
use virt_core::node::{BaselineOptions, CpuComparison, HypervisorTarget};
use virt_core::{CallContext, Error, ErrorKind, Result};

use crate::driver::{RemoteConnection, document, flags};
use crate::protocol::remote::connect::{
    ConnectBaselineCpu, ConnectBaselineCpuArgs, ConnectBaselineHypervisorCpu,
    ConnectBaselineHypervisorCpuArgs, ConnectCompareCpu, ConnectCompareCpuArgs, ConnectCompareHypervisorCpu,
    ConnectCompareHypervisorCpuArgs, ConnectGetCpuModelNames, ConnectGetCpuModelNamesArgs,
};
use crate::protocol::xdr::XdrString;

/// `virConnectBaselineCPUFlags`.
const EXPAND_FEATURES: u32 = 1 << 0;
const MIGRATABLE: u32 = 1 << 1;

impl RemoteConnection {
    pub(super) async fn compare_node_cpu(
        &self,
        call: &CallContext,
        cpu: &Cpu,
        target: Option<&HypervisorTarget>,
    ) -> Result<CpuComparison> {
        let xml: XdrString = cpu.to_xml().into();
        let result = match target {
            None => {
                let args = ConnectCompareCpuArgs { xml, flags: 0 };
                self.link.call::<ConnectCompareCpu>(call, &args).await?.result
            }
            Some(target) => {
                let args = ConnectCompareHypervisorCpuArgs {
                    emulator: target.emulator.as_deref().map(Into::into),
                    arch: target.arch.as_deref().map(Into::into),
                    machine: target.machine.as_deref().map(Into::into),
                    virttype: target.virt_type.as_ref().map(|kind| kind.as_str().into()),
                    xml_cpu: xml,
                    flags: 0,
                };
                let compared = self.link.call::<ConnectCompareHypervisorCpu>(call, &args);
                compared.await?.result
            }
        };
        // `virCPUCompareResult`.
        match result {
            0 => Ok(CpuComparison::Incompatible),
            1 => Ok(CpuComparison::Identical),
            2 => Ok(CpuComparison::Superset),
            other => Err(Error::new(
                ErrorKind::Corrupt,
                format!("the daemon compared a CPU with a result that has no meaning here: {other}"),
            )),
        }
    }

    pub(super) async fn baseline_node_cpu(
        &self,
        call: &CallContext,
        cpus: &[Cpu],
        target: Option<&HypervisorTarget>,
        options: &BaselineOptions,
    ) -> Result<Cpu> {
        let xml_cpus = cpus.iter().map(|cpu| cpu.to_xml().into()).collect();
        let flags = flags::set(&[
            (options.expand_features, EXPAND_FEATURES),
            (options.migratable, MIGRATABLE),
        ]);
        let found = match target {
            None => {
                let args = ConnectBaselineCpuArgs { xml_cpus, flags };
                self.link.call::<ConnectBaselineCpu>(call, &args).await?.cpu
            }
            Some(target) => {
                let args = ConnectBaselineHypervisorCpuArgs {
                    emulator: target.emulator.as_deref().map(Into::into),
                    arch: target.arch.as_deref().map(Into::into),
                    machine: target.machine.as_deref().map(Into::into),
                    virttype: target.virt_type.as_ref().map(|kind| kind.as_str().into()),
                    xml_cpus,
                    flags,
                };
                let found = self.link.call::<ConnectBaselineHypervisorCpu>(call, &args);
                found.await?.cpu
            }
        };
        Cpu::from_xml(&found.text()).map_err(|error| document::not_understood("CPU", error))
    }

    pub(super) async fn node_cpu_models(&self, call: &CallContext, arch: &str) -> Result<Vec<String>> {
        let args = ConnectGetCpuModelNamesArgs {
            arch: arch.into(),
            need_results: 1,
            flags: 0,
        };
        let found = self.link.call::<ConnectGetCpuModelNames>(call, &args).await?;
        Ok(found.models.into_iter().map(XdrString::into_text).collect())
    }
}
