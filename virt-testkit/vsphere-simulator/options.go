package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// mergeOptions has an option take the place of the one of its name, and removes the empty ones: the library only appends.
func mergeOptions(machine *simulator.VirtualMachine) {
	values := make(map[string]types.BaseOptionValue)
	var order []string
	for _, option := range machine.Config.ExtraConfig {
		key := option.GetOptionValue().Key
		if _, known := values[key]; !known {
			order = append(order, key)
		}
		values[key] = option
	}
	var left []types.BaseOptionValue
	for _, key := range order {
		if value := values[key].GetOptionValue().Value; value != "" {
			left = append(left, values[key])
		}
	}
	machine.Config.ExtraConfig = left
}

// completeAllocations fills what a specification leaves out of shares, reservations and limits with what there is: the library
// takes them as a whole.
func completeAllocations(spec *types.VirtualMachineConfigSpec, cpu, memory *types.ResourceAllocationInfo) {
	complete(spec.CpuAllocation, cpu)
	complete(spec.MemoryAllocation, memory)
}

func complete(asked, own *types.ResourceAllocationInfo) {
	if asked == nil || own == nil {
		return
	}
	if asked.Reservation == nil {
		asked.Reservation = own.Reservation
	}
	if asked.Limit == nil {
		asked.Limit = own.Limit
	}
	if asked.ExpandableReservation == nil {
		asked.ExpandableReservation = own.ExpandableReservation
	}
	if asked.Shares == nil {
		asked.Shares = own.Shares
	}
}
