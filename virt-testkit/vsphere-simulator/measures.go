package main

import (
	"fmt"
	"strconv"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func init() {
	own["PerformanceManager.QueryAvailablePerfMetric"] = queryAvailable
}

// queryAvailable tells of the devices that a machine has, where the library tells of those of another.
func queryAvailable(c *call) soap.HasFault {
	request := c.body.(*types.QueryAvailablePerfMetric)
	return c.returns(c.available(request.Entity, request.IntervalId))
}

// available are the measures that there are of an entity: of a machine that does not run there are none.
func (c *call) available(entity types.ManagedObjectReference, interval int32) []types.PerfMetricId {
	machine, ok := simulator.Map.Get(entity).(*simulator.VirtualMachine)
	if ok && isOn(machine) != nil {
		return nil
	}
	manager := simulator.Map.Get(c.this)
	said := callLibrary(c.ctx, manager, "QueryAvailablePerfMetric", &types.QueryAvailablePerfMetric{
		This: c.this, Entity: entity, IntervalId: interval,
	})
	known, _ := resultOf(said).([]types.PerfMetricId)
	if !ok {
		return known
	}
	groups := make(map[int32]string)
	var ofDisks []int32
	for _, counter := range manager.(*simulator.PerformanceManager).PerfCounter {
		group := counter.GroupInfo.GetElementDescription().Key
		groups[counter.Key] = group
		if group == "virtualDisk" && measuredOfDisks[counter.NameInfo.GetElementDescription().Key] {
			ofDisks = append(ofDisks, counter.Key)
		}
	}
	var found []types.PerfMetricId
	for _, metric := range known {
		switch groups[metric.CounterId] {
		case "virtualDisk":
		case "net":
			found = append(found, withCards(machine, metric)...)
		default:
			found = append(found, metric)
		}
	}
	for _, instance := range disksOf(machine) {
		for _, counter := range ofDisks {
			found = append(found, types.PerfMetricId{CounterId: counter, Instance: instance})
		}
	}
	return found
}

// measuredOfDisks are the measures that real servers have of each disk of a machine.
var measuredOfDisks = map[string]bool{
	"read": true, "write": true, "numberReadAveraged": true, "numberWriteAveraged": true,
	"totalReadLatency": true, "totalWriteLatency": true,
}

// withCards is a measure of one card as the same of each that the machine has.
func withCards(machine *simulator.VirtualMachine, metric types.PerfMetricId) []types.PerfMetricId {
	switch metric.Instance {
	case "":
		return []types.PerfMetricId{metric}
	case "4000":
	default:
		// The library has some of a host's cards.
		return nil
	}
	var found []types.PerfMetricId
	for _, device := range machine.Config.Hardware.Device {
		if card, ok := device.(types.BaseVirtualEthernetCard); ok {
			key := strconv.Itoa(int(card.GetVirtualEthernetCard().Key))
			found = append(found, types.PerfMetricId{CounterId: metric.CounterId, Instance: key})
		}
	}
	return found
}

// disksOf are the disks of a machine by their places: scsi0:0.
func disksOf(machine *simulator.VirtualMachine) []string {
	devices := object.VirtualDeviceList(machine.Config.Hardware.Device)
	var found []string
	for _, device := range devices.SelectByType((*types.VirtualDisk)(nil)) {
		base := device.GetVirtualDevice()
		unit := int32(0)
		if base.UnitNumber != nil {
			unit = *base.UnitNumber
		}
		switch controller := devices.FindByKey(base.ControllerKey).(type) {
		case types.BaseVirtualSCSIController:
			bus := controller.GetVirtualSCSIController().BusNumber
			found = append(found, fmt.Sprintf("scsi%d:%d", bus, unit))
		case *types.VirtualIDEController:
			found = append(found, fmt.Sprintf("ide%d:%d", controller.BusNumber, unit))
		case *types.VirtualAHCIController:
			found = append(found, fmt.Sprintf("sata%d:%d", controller.BusNumber, unit))
		}
	}
	return found
}

// wanted are the measures that a query comes to: those that there are not are left out, as by real servers, and * stands for
// all of a machine's devices, and for the machine.
func (c *call) wanted(query *types.PerfQuerySpec) []types.PerfMetricId {
	available := c.available(query.Entity, query.IntervalId)
	if len(query.MetricId) == 0 {
		return available
	}
	asked := make(map[types.PerfMetricId]bool)
	for _, metric := range query.MetricId {
		asked[metric] = true
	}
	var found []types.PerfMetricId
	for _, metric := range available {
		if asked[metric] || asked[types.PerfMetricId{CounterId: metric.CounterId, Instance: "*"}] {
			found = append(found, metric)
		}
	}
	return found
}
