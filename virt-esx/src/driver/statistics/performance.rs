//! What a server has measured of many machines: asked for in one call, or in as few as it takes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use virt_core::stats::StatsGroups;
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::counters::{Counters, Figure};
use crate::driver::EsxDriver;
use crate::property;
use crate::vim::{
    AnyPerfEntityMetricBase, AnyPerfMetricSeries, Fault, InvalidArgument, ManagedObjectNotFound,
    ManagedObjectReference, PerfCounterInfo, PerfEntityMetric, PerfQuerySpec, QueryPerf,
};

/// The interval of what hosts measure themselves, in seconds. All else is of what a vCenter has kept.
const INTERVAL: i32 = 20;
/// The property by which a server says that a question is too large for it.
const TOO_LARGE: &str = "querySpec.size";

/// What is known of how a server measures.
#[derive(Debug)]
pub(in crate::driver) struct Performance {
    /// The numbers of figures, and the login in which they were looked up.
    counters: Mutex<Option<(u64, Arc<Counters>)>>,
    /// About how many machines it can be asked at once.
    most: AtomicUsize,
}

impl Default for Performance {
    fn default() -> Self {
        Self {
            counters: Mutex::default(),
            most: AtomicUsize::new(usize::MAX),
        }
    }
}

/// What was measured of one machine, last.
#[derive(Debug, Default)]
pub(super) struct Samples {
    pub(super) at: Option<SystemTime>,
    pub(super) interval: Option<Duration>,
    values: HashMap<(Figure, String), u64>,
}

impl Samples {
    /// A figure of one of the machine's devices; of the machine itself where that has no name.
    pub(super) fn value(&self, figure: Figure, of: &str) -> Option<u64> {
        self.values.get(&(figure, of.to_owned())).copied()
    }

    fn take(&mut self, counters: &Counters, metric: &PerfEntityMetric) {
        if let Some(last) = metric.sample_info.last() {
            self.at = last.timestamp.to_system_time();
            self.interval = u64::try_from(last.interval).ok().map(Duration::from_secs);
        }
        for series in &metric.value {
            let AnyPerfMetricSeries::PerfMetricIntSeries(series) = series else {
                continue;
            };
            // Less than nothing is what a server has not measured.
            let value = series.value.last().and_then(|value| u64::try_from(*value).ok());
            if let Some((figure, value)) = counters.figure(series.id.counter_id).zip(value) {
                self.values.insert((figure, series.id.instance.clone()), value);
            }
        }
    }
}

impl EsxDriver {
    /// The server's numbers of figures: asked for once in a session.
    async fn counters(&self, call: &CallContext) -> Result<Arc<Counters>> {
        let session = &self.server.session;
        let logins = session.logins().await;
        let known = || {
            let counters = self.performance.counters.lock();
            counters.unwrap_or_else(PoisonError::into_inner).clone()
        };
        if let Some((of, counters)) = known()
            && of == logins
        {
            return Ok(counters);
        }
        let manager = self.performance_manager()?;
        let mut read = property::of_object(session, call, &manager, &["perfCounter"]).await?;
        let infos = read
            .remove("perfCounter")
            .map(|infos| infos.list::<PerfCounterInfo>());
        let infos = infos.and_then(std::result::Result::ok).unwrap_or_default();
        let counters = Arc::new(Counters::of(&infos));
        let mut known = self
            .performance
            .counters
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *known = Some((logins, Arc::clone(&counters)));
        Ok(counters)
    }

    fn performance_manager(&self) -> Result<ManagedObjectReference> {
        let manager = self.server.session.content().perf_manager.clone();
        manager.ok_or_else(|| Error::unsupported("the server measures nothing"))
    }

    /// What was measured last of these machines, for these groups of statistics. Machines of which nothing was, and those
    /// that are gone, are left out.
    pub(super) async fn measured(
        &self,
        call: &CallContext,
        machines: &[ManagedObjectReference],
        groups: StatsGroups,
    ) -> Result<HashMap<ManagedObjectReference, Samples>> {
        if machines.is_empty() || groups == StatsGroups::none() {
            return Ok(HashMap::new());
        }
        let counters = self.counters(call).await?;
        let wanted = counters.wanted(groups);
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let spec = |machine: &ManagedObjectReference| PerfQuerySpec {
            entity: machine.clone(),
            max_sample: Some(1),
            metric_id: wanted.clone(),
            interval_id: Some(INTERVAL),
            ..PerfQuerySpec::default()
        };
        let mut found: HashMap<ManagedObjectReference, Samples> = HashMap::new();
        let answers = self
            .ask_in_parts(call, machines.iter().map(spec).collect())
            .await?;
        for answer in answers {
            if let AnyPerfEntityMetricBase::PerfEntityMetric(metric) = answer {
                let samples = found.entry(metric.entity.clone()).or_default();
                samples.take(&counters, &metric);
            }
        }
        Ok(found)
    }

    /// How busy a processor of a host is, in hundredths of a percent.
    pub(in crate::driver) async fn processor_usage(
        &self,
        call: &CallContext,
        host: &ManagedObjectReference,
        number: u32,
    ) -> Result<Option<u64>> {
        let counters = self.counters(call).await?;
        let metric = counters
            .processor(number)
            .ok_or_else(|| Error::unsupported("the server does not measure how busy one processor is"))?;
        let spec = PerfQuerySpec {
            entity: host.clone(),
            max_sample: Some(1),
            metric_id: vec![metric],
            interval_id: Some(INTERVAL),
            ..PerfQuerySpec::default()
        };
        let mut samples = Samples::default();
        for answer in self.ask_in_parts(call, vec![spec]).await? {
            if let AnyPerfEntityMetricBase::PerfEntityMetric(metric) = answer {
                samples.take(&counters, &metric);
            }
        }
        Ok(samples.value(Figure::CpuUsage, &number.to_string()))
    }

    /// Asks for all at once; where that is too much for the server, for half as many at a time, and that from then on.
    async fn ask_in_parts(
        &self,
        call: &CallContext,
        mut specs: Vec<PerfQuerySpec>,
    ) -> Result<Vec<AnyPerfEntityMetricBase>> {
        let manager = self.performance_manager()?;
        let mut found = Vec::new();
        while !specs.is_empty() {
            let most = self.performance.most.load(Ordering::Relaxed).max(1);
            let rest = specs.split_off(most.min(specs.len()));
            let ask = QueryPerf {
                this: manager.clone(),
                query_spec: specs,
            };
            let error = match self.server.session.read(call, &ask).await {
                Ok(answers) => {
                    found.extend(answers);
                    specs = rest;
                    continue;
                }
                Err(error) => error,
            };
            specs = ask.query_spec;
            let count = specs.len();
            if is_too_large(&error) && count > 1 {
                self.performance.most.store(count / 2, Ordering::Relaxed);
            } else if let Some(gone) = gone(&error) {
                specs.retain(|spec| spec.entity != gone);
                if specs.len() == count {
                    return Err(error);
                }
            } else {
                return Err(error);
            }
            specs.extend(rest);
        }
        Ok(found)
    }
}

/// Whether a question was about more machines than the server answers at once (`config.vpxd.stats.maxQueryMetrics`).
fn is_too_large(error: &Error) -> bool {
    let fault = error.native::<Fault>();
    let property = fault.and_then(|fault| fault.read::<InvalidArgument>()?.invalid_property);
    match (property, fault) {
        (Some(property), _) => property.ends_with(TOO_LARGE),
        (None, Some(fault)) => fault.is_a("InvalidArgument") && fault.message().contains(TOO_LARGE),
        (None, None) => false,
    }
}

/// The machine that was asked about, and is gone.
fn gone(error: &Error) -> Option<ManagedObjectReference> {
    let fault = error
        .native::<Fault>()
        .filter(|_| error.kind() == ErrorKind::NotFound)?;
    Some(fault.read::<ManagedObjectNotFound>()?.obj)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::{DateTime, PerfMetricId, PerfMetricIntSeries, PerfSampleInfo, PerfSummaryType};

    #[test]
    fn the_last_sample_counts_and_what_was_not_measured_does_not() {
        let mut info = PerfCounterInfo {
            key: 6,
            rollup_type: PerfSummaryType::Summation,
            ..PerfCounterInfo::default()
        };
        info.group_info.key = "cpu".to_owned();
        info.name_info.key = "used".to_owned();
        let counters = Counters::of(&[info]);
        let series = |instance: &str, value: Vec<i64>| {
            let mut series = PerfMetricIntSeries {
                value,
                ..PerfMetricIntSeries::default()
            };
            series.base.id = PerfMetricId {
                counter_id: 6,
                instance: instance.to_owned(),
            };
            series.into()
        };
        let sample = |text: &str| PerfSampleInfo {
            timestamp: DateTime::from_text(text),
            interval: 20,
        };
        let metric = PerfEntityMetric {
            sample_info: vec![sample("2026-01-01T00:00:00Z"), sample("2026-01-01T00:00:20Z")],
            value: vec![series("", vec![7, 9]), series("0", vec![5, -1])],
            ..PerfEntityMetric::default()
        };
        let mut samples = Samples::default();
        samples.take(&counters, &metric);
        assert_eq!(samples.value(Figure::CpuUsed, ""), Some(9));
        assert_eq!(samples.value(Figure::CpuUsed, "0"), None);
        assert_eq!(samples.interval, Some(Duration::from_secs(20)));
        assert_eq!(
            samples.at,
            DateTime::from_text("2026-01-01T00:00:20Z").to_system_time()
        );
    }

    #[test]
    fn a_question_that_is_too_large_is_known_by_its_size() {
        let said = |message: &'static str| {
            let fault = Fault::new("InvalidArgument", message);
            Error::new(ErrorKind::InvalidArgument, message).with_source(fault)
        };
        assert!(is_too_large(&said(
            "A specified parameter was not correct: querySpec.size"
        )));
        assert!(!is_too_large(&said(
            "A specified parameter was not correct: querySpec.interval"
        )));
    }
}
