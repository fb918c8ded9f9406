package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func init() {
	own["VirtualMachine.CloneVM_Task"] = cloneVM
	own["VirtualMachine.MarkAsTemplate"] = markAsTemplate
	own["VirtualMachine.MarkAsVirtualMachine"] = markAsVirtualMachine
}

// cloneVM keeps the library from giving the disks of the clone to the machine that is cloned, and does what it leaves out:
// where the clone is, what is other of it, that it is powered on.
func cloneVM(c *call) soap.HasFault {
	request := c.body.(*types.CloneVM_Task)
	if simulator.Map.IsESX() {
		return fault(new(types.NotSupported))
	}
	if failed := duplicate(request.Folder, request.Name, c.this); failed != nil {
		return c.failed(failed)
	}
	spec := &request.Spec
	if failed := c.checkClone(spec); failed != nil {
		return c.failed(failed)
	}
	kept := copyDevices(c.machine().Config.Hardware.Device)
	if spec.Template && spec.Location.Pool == nil {
		// A template needs none, but the library wants one.
		pool := simulator.Map.Any("ResourcePool").Reference()
		spec.Location.Pool = &pool
	}
	template := spec.Template
	spec.Template = false
	said := c.library()
	c.machine().Config.Hardware.Device = kept
	result, failed := infoOf(said)
	if failed != nil {
		return said
	}
	c.configured(said)
	clone := simulator.Map.Get(result.(types.ManagedObjectReference)).(*simulator.VirtualMachine)
	if failed := c.completeClone(clone, spec, kept); failed != nil {
		return c.failed(failed)
	}
	if template {
		asTemplate(clone)
	}
	return said
}

// checkClone tells what a real server has against it.
func (c *call) checkClone(spec *types.VirtualMachineCloneSpec) types.BaseMethodFault {
	machine := c.machine()
	if spec.Snapshot != nil && (machine.Snapshot == nil || inTree(machine.Snapshot.RootSnapshotList, *spec.Snapshot) == nil) {
		return &types.ManagedObjectNotFound{Obj: *spec.Snapshot}
	}
	linked := spec.Location.DiskMoveType == string(types.VirtualMachineRelocateDiskMoveOptionsCreateNewChildDiskBacking)
	if linked && spec.Snapshot == nil {
		return &types.InvalidArgument{InvalidProperty: "spec.location.diskMoveType"}
	}
	if spec.Template && spec.PowerOn {
		return &types.InvalidArgument{InvalidProperty: "spec.powerOn"}
	}
	return nil
}

func (c *call) completeClone(
	clone *simulator.VirtualMachine, spec *types.VirtualMachineCloneSpec, origin []types.BaseVirtualDevice,
) types.BaseMethodFault {
	ctx := contextOf(c.ctx.Session.UserName, clone.Self)
	if spec.Location.DiskMoveType == string(types.VirtualMachineRelocateDiskMoveOptionsCreateNewChildDiskBacking) {
		growFrom(clone.Config.Hardware.Device, origin)
	}
	inner := &call{front: c.front, ctx: ctx, this: clone.Self}
	if host := spec.Location.Host; host != nil {
		inner.name = "RelocateVM_Task"
		if failed := inner.relocate(types.VirtualMachineRelocateSpec{Host: host}); failed != nil {
			return failed
		}
	}
	if spec.Config != nil {
		change := *spec.Config
		change.DeviceChange, change.ExtraConfig, change.InstanceUuid = nil, nil, ""
		request := &types.ReconfigVM_Task{This: clone.Self, Spec: change}
		if _, failed := infoOf(callLibrary(ctx, clone, "ReconfigVM_Task", request)); failed != nil {
			return failed
		}
		stampChange(clone)
		writeConfiguration(clone)
	}
	if spec.PowerOn {
		request := &types.PowerOnVM_Task{This: clone.Self}
		if _, failed := infoOf(callLibrary(ctx, clone, "PowerOnVM_Task", request)); failed != nil {
			return failed
		}
	}
	return nil
}

// growFrom has the disks of a linked clone go on from those of its origin.
func growFrom(disks, origin []types.BaseVirtualDevice) {
	parents := map[int32]*types.VirtualDiskFlatVer2BackingInfo{}
	for _, device := range origin {
		if disk, ok := device.(*types.VirtualDisk); ok {
			if backing, ok := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo); ok {
				parents[disk.Key] = backing
			}
		}
	}
	for _, device := range disks {
		if disk, ok := device.(*types.VirtualDisk); ok {
			if backing, ok := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo); ok {
				backing.Parent = parents[disk.Key]
			}
		}
	}
}

// asTemplate tells that a machine is a template, which is in no resource pool.
func asTemplate(machine *simulator.VirtualMachine) {
	leavePool(machine)
	simulator.Map.Update(machine, []types.PropertyChange{
		{Name: "config.template", Val: true},
		{Name: "summary.config.template", Val: true},
		{Name: "resourcePool", Val: nil},
	})
	stampChange(machine)
}

func leavePool(machine *simulator.VirtualMachine) {
	if machine.ResourcePool == nil {
		return
	}
	if pool, ok := simulator.Map.Get(*machine.ResourcePool).(*simulator.ResourcePool); ok {
		simulator.Map.RemoveReference(pool, &pool.Vm, machine.Self)
	}
}

func markAsTemplate(c *call) soap.HasFault {
	machine := c.machine()
	if simulator.Map.IsESX() || machine.Config.Template {
		return fault(new(types.NotSupported))
	}
	if state := machine.Runtime.PowerState; state != types.VirtualMachinePowerStatePoweredOff {
		return fault(&types.InvalidPowerState{
			RequestedState: types.VirtualMachinePowerStatePoweredOff,
			ExistingState:  state,
		})
	}
	asTemplate(machine)
	return c.returns(nil)
}

func markAsVirtualMachine(c *call) soap.HasFault {
	request := c.body.(*types.MarkAsVirtualMachine)
	machine := c.machine()
	if simulator.Map.IsESX() || !machine.Config.Template {
		return fault(new(types.NotSupported))
	}
	pool, ok := simulator.Map.Get(request.Pool).(*simulator.ResourcePool)
	if !ok {
		return fault(&types.ManagedObjectNotFound{Obj: request.Pool})
	}
	simulator.Map.AddReference(pool, &pool.Vm, machine.Self)
	changes := []types.PropertyChange{
		{Name: "config.template", Val: false},
		{Name: "summary.config.template", Val: false},
		{Name: "resourcePool", Val: &request.Pool},
	}
	if request.Host != nil {
		changes = append(changes,
			types.PropertyChange{Name: "runtime.host", Val: request.Host},
			types.PropertyChange{Name: "summary.runtime.host", Val: request.Host},
		)
	}
	simulator.Map.Update(machine, changes)
	stampChange(machine)
	return c.returns(nil)
}
