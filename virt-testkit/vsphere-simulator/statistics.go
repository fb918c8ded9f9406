package main

import (
	"fmt"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func init() {
	own["PerformanceManager.QueryPerfCounter"] = queryCounters
	own["PerformanceManager.QueryPerf"] = queryPerf
	own["EventManager.QueryEvents"] = queryEvents
	own["EventManager.PostEvent"] = (*call).library
}

// queryCounters tells of counters, where the library crashes.
func queryCounters(c *call) soap.HasFault {
	request := c.body.(*types.QueryPerfCounter)
	manager := simulator.Map.Get(c.this).(*simulator.PerformanceManager)
	var found []types.PerfCounterInfo
	for _, wanted := range request.CounterId {
		known := false
		for _, counter := range manager.PerfCounter {
			if counter.Key == wanted {
				found, known = append(found, counter), true
			}
		}
		if !known {
			return fault(&types.InvalidArgument{InvalidProperty: "counterId"})
		}
	}
	return c.returns(found)
}

// queryPerf answers for machines that are off with nothing, and for those that do not exist with a fault. Samples are
// the newest last, as real servers have them.
func queryPerf(c *call) soap.HasFault {
	request := c.body.(*types.QueryPerf)
	if most := c.front.plan.mostMeasured(); most > 0 && len(request.QuerySpec) > most {
		return faulty{simulator.Fault("A specified parameter was not correct: querySpec.size",
			&types.InvalidArgument{InvalidProperty: "querySpec.size"})}
	}
	for i := range request.QuerySpec {
		query := &request.QuerySpec[i]
		if simulator.Map.Get(query.Entity) == nil {
			return fault(&types.ManagedObjectNotFound{Obj: query.Entity})
		}
		if query.MaxSample == 0 {
			query.MaxSample = samplesOf(query)
		}
		query.MetricId = c.wanted(query)
	}
	said := c.library()
	if said.Fault() != nil {
		return said
	}
	returned, ok := resultOf(said).([]types.BasePerfEntityMetricBase)
	if !ok {
		return said
	}
	for _, entity := range returned {
		if metric, ok := entity.(*types.PerfEntityMetric); ok {
			orderSamples(metric)
		}
	}
	return said
}

// samplesOf is how many samples there are in the time that is asked about.
func samplesOf(query *types.PerfQuerySpec) int32 {
	interval := query.IntervalId
	if interval <= 0 {
		interval = 20
	}
	end, start := time.Now(), time.Now().Add(-time.Hour)
	if query.EndTime != nil {
		end = *query.EndTime
	}
	if query.StartTime != nil {
		start = *query.StartTime
	}
	count := int32(end.Sub(start)/time.Second)/interval + 1
	if count < 1 {
		return 1
	}
	return count
}

func orderSamples(metric *types.PerfEntityMetric) {
	if machine, ok := simulator.Map.Get(metric.Entity).(*simulator.VirtualMachine); ok && isOn(machine) != nil {
		metric.SampleInfo, metric.Value = nil, nil
		return
	}
	for _, value := range metric.Value {
		if series, ok := value.(*types.PerfMetricIntSeries); ok {
			fillSeries(metric, series)
		}
	}
	for i, j := 0, len(metric.SampleInfo)-1; i < j; i, j = i+1, j-1 {
		metric.SampleInfo[i], metric.SampleInfo[j] = metric.SampleInfo[j], metric.SampleInfo[i]
	}
}

// fillSeries puts a value that moves in the place of each zero, which the library does not write.
func fillSeries(metric *types.PerfEntityMetric, series *types.PerfMetricIntSeries) {
	name := fmt.Sprintf("%s/%d/%s", metric.Entity.Value, series.Id.CounterId, series.Id.Instance)
	for i := range series.Value {
		if series.Value[i] == 0 && i < len(metric.SampleInfo) {
			series.Value[i] = 1 + int64(100*wave(name, metric.SampleInfo[i].Timestamp))
		}
	}
}

// queryEvents reads the newest events, on a host too. They are the oldest first.
func queryEvents(c *call) soap.HasFault {
	request := c.body.(*types.QueryEvents)
	manager := simulator.Map.EventManager()
	events, failed := eventsBy(c.ctx, manager, request.Filter, 1000)
	if failed != nil {
		return failed
	}
	var found []types.BaseEvent
	for _, event := range events {
		if isInTime(event, request.Filter.Time) {
			found = append(found, event)
		}
	}
	if len(found) > 1 && found[0].GetEvent().Key > found[len(found)-1].GetEvent().Key {
		for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
			found[i], found[j] = found[j], found[i]
		}
	}
	if most := int(request.Filter.MaxCount); most > 0 && len(found) > most {
		found = found[len(found)-most:]
	}
	return c.returns(found)
}

// eventsBy are the newest events that a filter lets through. The manager's lock is held.
func eventsBy(
	ctx *simulator.Context, manager *simulator.EventManager, filter types.EventFilterSpec, most int32,
) ([]types.BaseEvent, soap.HasFault) {
	create := &types.CreateCollectorForEvents{This: manager.Self, Filter: filter}
	create.Filter.MaxCount = most
	said := callLibrary(ctx, manager, "CreateCollectorForEvents", create)
	if said.Fault() != nil {
		return nil, said
	}
	reference := resultOf(said).(types.ManagedObjectReference)
	collector := ctx.Session.Get(reference).(*simulator.EventHistoryCollector)
	events := collector.GetLatestPage()
	callLibrary(ctx, collector, "DestroyCollector", &types.DestroyCollector{This: reference})
	return events, nil
}

// showLatestEvent fills the property that the library leaves empty, when somebody asks for it.
func showLatestEvent(specs []types.PropertyFilterSpec) {
	asked := false
	for _, spec := range specs {
		for _, set := range spec.PropSet {
			asked = asked || set.Type == "EventManager"
		}
	}
	if !asked {
		return
	}
	manager := simulator.Map.EventManager()
	simulator.Map.WithLock(manager, func() {
		events, _ := eventsBy(contextOf("", manager.Self), manager, types.EventFilterSpec{}, 1)
		if len(events) > 0 {
			manager.LatestEvent = events[0]
		}
	})
}

func isInTime(event types.BaseEvent, limits *types.EventFilterSpecByTime) bool {
	if limits == nil {
		return true
	}
	at := event.GetEvent().CreatedTime
	if limits.BeginTime != nil && at.Before(*limits.BeginTime) {
		return false
	}
	return limits.EndTime == nil || !at.After(*limits.EndTime)
}
