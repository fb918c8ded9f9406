package main

import (
	"os"
	"path"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func init() {
	own["VirtualMachine.MigrateVM_Task"] = migrateVM
	own["VirtualMachine.RelocateVM_Task"] = relocateVM
}

func migrateVM(c *call) soap.HasFault {
	request := c.body.(*types.MigrateVM_Task)
	machine := c.machine()
	if simulator.Map.IsESX() {
		return fault(new(types.NotSupported))
	}
	if request.State != "" && request.State != machine.Runtime.PowerState {
		return c.failed(&types.InvalidPowerState{
			RequestedState: request.State,
			ExistingState:  machine.Runtime.PowerState,
		})
	}
	if request.Host == nil && request.Pool == nil {
		return fault(&types.InvalidArgument{InvalidProperty: "host"})
	}
	spec := types.VirtualMachineRelocateSpec{Host: request.Host, Pool: request.Pool}
	return c.task(func() (types.AnyType, types.BaseMethodFault) {
		return nil, c.relocate(spec)
	})
}

func relocateVM(c *call) soap.HasFault {
	request := c.body.(*types.RelocateVM_Task)
	return c.task(func() (types.AnyType, types.BaseMethodFault) {
		return nil, c.relocate(request.Spec)
	})
}

// relocate has the library move the machine, and then puts right the lists of what it was on and is on now, and the
// files if it has another datastore.
func (c *call) relocate(spec types.VirtualMachineRelocateSpec) types.BaseMethodFault {
	machine := c.machine()
	if spec.Host != nil && simulator.Map.Get(*spec.Host) == nil {
		return &types.ManagedObjectNotFound{Obj: *spec.Host}
	}
	before := hostOf(&machine.VirtualMachine)
	pool := machine.ResourcePool
	stores := append([]types.ManagedObjectReference{}, machine.Datastore...)
	request := &types.RelocateVM_Task{This: c.this, Spec: spec}
	if _, failed := infoOf(callLibrary(c.ctx, machine, "RelocateVM_Task", request)); failed != nil {
		return failed
	}
	if spec.Host != nil {
		after := hostOf(&machine.VirtualMachine)
		simulator.Map.RemoveReference(before, &before.Vm, c.this)
		simulator.Map.AddReference(after, &after.Vm, c.this)
		event := eventOf(machine)
		c.post(&types.VmMigratedEvent{VmEvent: event, SourceHost: types.HostEventArgument{
			EntityEventArgument: types.EntityEventArgument{Name: before.Name}, Host: before.Self,
		}})
	}
	if spec.Pool != nil && pool != nil {
		if from, ok := simulator.Map.Get(*pool).(*simulator.ResourcePool); ok {
			simulator.Map.RemoveReference(from, &from.Vm, c.this)
		}
		if to, ok := simulator.Map.Get(*spec.Pool).(*simulator.ResourcePool); ok {
			simulator.Map.AddReference(to, &to.Vm, c.this)
		}
	}
	if spec.Datastore != nil && len(stores) > 0 && stores[0] != *spec.Datastore {
		return moveFiles(machine, stores[0], *spec.Datastore)
	}
	return nil
}

// moveFiles moves a machine's directory to another datastore.
func moveFiles(machine *simulator.VirtualMachine, from, to types.ManagedObjectReference) types.BaseMethodFault {
	source, target := storeOf(from), storeOf(to)
	var at object.DatastorePath
	if source == nil || target == nil || !at.FromString(machine.Config.Files.VmPathName) {
		return new(types.InvalidDatastore)
	}
	directory := path.Dir(at.Path)
	err := os.Rename(
		path.Join(source.Info.GetDatastoreInfo().Url, directory),
		path.Join(target.Info.GetDatastoreInfo().Url, directory),
	)
	if err != nil {
		return &types.CannotAccessFile{FileFault: types.FileFault{File: at.String()}}
	}
	rename := func(name string) string {
		return strings.Replace(name, "["+source.Name+"]", "["+target.Name+"]", 1)
	}
	files := machine.Config.Files
	files.VmPathName = rename(files.VmPathName)
	files.SnapshotDirectory = rename(files.SnapshotDirectory)
	files.SuspendDirectory = rename(files.SuspendDirectory)
	files.LogDirectory = rename(files.LogDirectory)
	for _, device := range machine.Config.Hardware.Device {
		if backing, ok := device.GetVirtualDevice().Backing.(types.BaseVirtualDeviceFileBackingInfo); ok {
			info := backing.GetVirtualDeviceFileBackingInfo()
			if strings.HasPrefix(info.FileName, "["+source.Name+"] "+directory) {
				info.FileName, info.Datastore = rename(info.FileName), &to
			}
		}
	}
	for i := range machine.LayoutEx.File {
		machine.LayoutEx.File[i].Name = rename(machine.LayoutEx.File[i].Name)
	}
	simulator.Map.RemoveReference(source, &source.Vm, machine.Self)
	simulator.Map.AddReference(target, &target.Vm, machine.Self)
	simulator.Map.Update(machine, []types.PropertyChange{
		{Name: "config.files", Val: files},
		{Name: "summary.config.vmPathName", Val: files.VmPathName},
		{Name: "config.hardware.device", Val: machine.Config.Hardware.Device},
	})
	writeConfiguration(machine)
	return nil
}

func storeOf(reference types.ManagedObjectReference) *simulator.Datastore {
	store, _ := simulator.Map.Get(reference).(*simulator.Datastore)
	return store
}
