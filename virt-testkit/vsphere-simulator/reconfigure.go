package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// What memory is added in steps of while a machine runs, in MiB, and to how many times what it was started with.
const (
	memoryStep  = 128
	memoryTimes = 16
)

// notNow is the fault for a change that a machine does not take in the state it is in. The library takes all.
func notNow(machine *simulator.VirtualMachine, spec *types.VirtualMachineConfigSpec) types.BaseMethodFault {
	state, config := machine.Runtime.PowerState, machine.Config
	if state == types.VirtualMachinePowerStatePoweredOff {
		return nil
	}
	cpus := spec.NumCPUs != 0 && spec.NumCPUs != config.Hardware.NumCPU
	memory := spec.MemoryMB != 0 && spec.MemoryMB != int64(config.Hardware.MemoryMB)
	hotAdd := spec.CpuHotAddEnabled != nil || spec.CpuHotRemoveEnabled != nil || spec.MemoryHotAddEnabled != nil
	if hotAdd || (cpus || memory) && state == types.VirtualMachinePowerStateSuspended {
		return &types.InvalidPowerState{
			RequestedState: types.VirtualMachinePowerStatePoweredOff,
			ExistingState:  state,
		}
	}
	if cpus {
		can := config.CpuHotAddEnabled
		if spec.NumCPUs < config.Hardware.NumCPU {
			can = config.CpuHotRemoveEnabled
		}
		if !isSet(can) {
			return new(types.CpuHotPlugNotSupported)
		}
	}
	if memory {
		more := spec.MemoryMB - int64(config.Hardware.MemoryMB)
		if more < 0 || !isSet(config.MemoryHotAddEnabled) {
			return new(types.MemoryHotPlugNotSupported)
		}
		if more%config.HotPlugMemoryIncrementSize != 0 || spec.MemoryMB > config.HotPlugMemoryLimit {
			return &types.InvalidArgument{InvalidProperty: "configSpec.memoryMB"}
		}
	}
	return nil
}

func isSet(flag *bool) bool { return flag != nil && *flag }

// limitMemory says what memory can be added to a machine that runs from now on, or that it does not.
func limitMemory(machine *mo.VirtualMachine) {
	config := machine.Config
	if machine.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOn {
		config.HotPlugMemoryLimit, config.HotPlugMemoryIncrementSize = 0, 0
	} else if isSet(config.MemoryHotAddEnabled) && config.HotPlugMemoryLimit == 0 {
		config.HotPlugMemoryLimit = memoryTimes * int64(config.Hardware.MemoryMB)
		config.HotPlugMemoryIncrementSize = memoryStep
	}
}

// share fills in what a change of allocations leaves out, where the library forgets what was, and the numbers of levels.
func share(machine *simulator.VirtualMachine, spec *types.VirtualMachineConfigSpec) types.BaseMethodFault {
	config := machine.Config
	cpus, memory := config.Hardware.NumCPU, config.Hardware.MemoryMB
	if spec.NumCPUs != 0 {
		cpus = spec.NumCPUs
	}
	if spec.MemoryMB != 0 {
		memory = int32(spec.MemoryMB)
	}
	spec.CpuAllocation = merged(config.CpuAllocation, spec.CpuAllocation, 1000*cpus)
	spec.MemoryAllocation = merged(config.MemoryAllocation, spec.MemoryAllocation, 10*memory)
	if !isPossible(spec.CpuAllocation) {
		return &types.InvalidArgument{InvalidProperty: "configSpec.cpuAllocation"}
	}
	reserved := spec.MemoryAllocation
	if !isPossible(reserved) || reserved != nil && *reserved.Reservation > int64(memory) {
		return &types.InvalidArgument{InvalidProperty: "configSpec.memoryAllocation"}
	}
	return nil
}

func isPossible(info *types.ResourceAllocationInfo) bool {
	return info == nil || *info.Limit < 0 || *info.Reservation <= *info.Limit
}

func merged(is, asked *types.ResourceAllocationInfo, normal int32) *types.ResourceAllocationInfo {
	if is == nil && asked == nil {
		return nil
	}
	none, unlimited := int64(0), int64(-1)
	whole := types.ResourceAllocationInfo{
		Reservation: &none,
		Limit:       &unlimited,
		Shares:      &types.SharesInfo{Level: types.SharesLevelNormal},
	}
	for _, info := range []*types.ResourceAllocationInfo{is, asked} {
		if info == nil {
			continue
		}
		if info.Reservation != nil {
			whole.Reservation = info.Reservation
		}
		if info.Limit != nil {
			whole.Limit = info.Limit
		}
		if info.Shares != nil {
			shares := *info.Shares
			whole.Shares = &shares
		}
	}
	switch whole.Shares.Level {
	case types.SharesLevelLow:
		whole.Shares.Shares = normal / 2
	case types.SharesLevelNormal:
		whole.Shares.Shares = normal
	case types.SharesLevelHigh:
		whole.Shares.Shares = normal * 2
	}
	return &whole
}
