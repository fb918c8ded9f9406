package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vim25/xml"
)

func init() {
	own["Folder.CreateVM_Task"] = createVM
	own["Folder.RegisterVM_Task"] = registerVM
	own["VirtualMachine.CloneVM_Task"] = cloneVM
	own["VirtualMachine.ReconfigVM_Task"] = reconfigVM
	own["VirtualMachine.Rename_Task"] = renameVM
	own["VirtualMachine.ConsolidateVMDisks_Task"] = func(c *call) soap.HasFault {
		return c.task(func() (types.AnyType, types.BaseMethodFault) { return nil, nil })
	}
}

func errNoMachine(name string) error { return fmt.Errorf("there is no machine %q", name) }

// duplicate is the fault for a name that another child of the folder has.
func duplicate(folder types.ManagedObjectReference, name string, self types.ManagedObjectReference) types.BaseMethodFault {
	holder, ok := simulator.Map.Get(folder).(*simulator.Folder)
	if !ok || name == "" {
		return nil
	}
	other := simulator.Map.FindByName(name, holder.ChildEntity)
	if other == nil || other.Reference() == self {
		return nil
	}
	return &types.DuplicateName{Name: name, Object: other.Reference()}
}

func createVM(c *call) soap.HasFault {
	request := c.body.(*types.CreateVM_Task)
	if failed := duplicate(c.this, request.Config.Name, c.this); failed != nil {
		return c.failed(failed)
	}
	return c.configured(c.library())
}

func registerVM(c *call) soap.HasFault {
	request := c.body.(*types.RegisterVM_Task)
	if failed := duplicate(c.this, request.Name, c.this); failed != nil {
		return c.failed(failed)
	}
	addMissingFiles(request)
	said := c.library()
	if result, failed := infoOf(said); failed == nil {
		readConfiguration(c.ctx, result)
	}
	return said
}

// addMissingFiles makes the files beside a VMX file that the library wants, and that real servers make by themselves.
func addMissingFiles(request *types.RegisterVM_Task) {
	vmx := fileOf(request.Path)
	if _, err := os.Stat(vmx); vmx == "" || err != nil {
		return
	}
	name := request.Name
	if name == "" {
		name = path.Base(path.Dir(vmx))
	}
	for _, beside := range []string{name + ".nvram", "vmware.log"} {
		if file, err := os.OpenFile(path.Join(path.Dir(vmx), beside), os.O_CREATE, 0o600); err == nil {
			_ = file.Close()
		}
	}
}

// cloneVM keeps the library from giving the disks of the clone to the machine that is cloned.
func cloneVM(c *call) soap.HasFault {
	request := c.body.(*types.CloneVM_Task)
	if failed := duplicate(request.Folder, request.Name, c.this); failed != nil {
		return c.failed(failed)
	}
	kept := copyDevices(c.machine().Config.Hardware.Device)
	said := c.library()
	c.machine().Config.Hardware.Device = kept
	return c.configured(said)
}

func copyDevices(devices []types.BaseVirtualDevice) []types.BaseVirtualDevice {
	var text bytes.Buffer
	from, to := types.ArrayOfVirtualDevice{VirtualDevice: devices}, types.ArrayOfVirtualDevice{}
	if err := xml.NewEncoder(&text).Encode(&from); err != nil {
		panic(err)
	}
	decoder := xml.NewDecoder(&text)
	decoder.TypeFunc = types.TypeFunc()
	if err := decoder.Decode(&to); err != nil {
		panic(err)
	}
	return to.VirtualDevice
}

// reconfigVM refuses a change of something that has changed since it was read.
func reconfigVM(c *call) soap.HasFault {
	request := c.body.(*types.ReconfigVM_Task)
	machine := c.machine()
	if asked := request.Spec.ChangeVersion; asked != "" && asked != machine.Config.ChangeVersion {
		return c.failed(new(types.ConcurrentAccess))
	}
	if failed := duplicate(*machine.Parent, request.Spec.Name, c.this); failed != nil {
		return c.failed(failed)
	}
	if failed := notNow(machine, &request.Spec); failed != nil {
		return c.failed(failed)
	}
	if failed := share(machine, &request.Spec); failed != nil {
		return c.failed(failed)
	}
	said := c.library()
	allocate(machine)
	machine.Config.Modified = time.Now()
	completeDisks(machine)
	stampChange(machine)
	writeConfiguration(machine)
	return said
}

func renameVM(c *call) soap.HasFault {
	request := c.body.(*types.Rename_Task)
	machine := c.machine()
	if failed := duplicate(*machine.Parent, request.NewName, c.this); failed != nil {
		return c.failed(failed)
	}
	return c.task(func() (types.AnyType, types.BaseMethodFault) {
		simulator.Map.Update(machine, []types.PropertyChange{
			{Name: "name", Val: request.NewName},
			{Name: "config.name", Val: request.NewName},
			{Name: "summary.config.name", Val: request.NewName},
		})
		stampChange(machine)
		writeConfiguration(machine)
		return nil, nil
	})
}

// configured sees to the machine that a task has made.
func (c *call) configured(said soap.HasFault) soap.HasFault {
	result, failed := infoOf(said)
	if failed != nil {
		return said
	}
	if reference, ok := result.(types.ManagedObjectReference); ok {
		if machine, ok := simulator.Map.Get(reference).(*simulator.VirtualMachine); ok {
			completeMachine(machine)
		}
	}
	return said
}

// completeMachine adds to a machine what real ones have.
func completeMachine(machine *simulator.VirtualMachine) {
	stampChange(machine)
	allocate(machine)
	completeDisks(machine)
	writeConfiguration(machine)
	followPower(&machine.VirtualMachine)
}

// stampChange gives the configuration a new version.
func stampChange(machine *simulator.VirtualMachine) {
	version := time.Now().UTC().Format("2006-01-02T15:04:05.000000000Z")
	simulator.Map.Update(machine, []types.PropertyChange{{Name: "config.changeVersion", Val: version}})
}

// allocate fills vm.resourceConfig, which the library leaves out.
func allocate(machine *simulator.VirtualMachine) {
	if machine.Config.CpuAllocation == nil || machine.Config.MemoryAllocation == nil {
		return
	}
	machine.ResourceConfig = &types.ResourceConfigSpec{
		Entity:           &machine.Self,
		CpuAllocation:    *machine.Config.CpuAllocation,
		MemoryAllocation: *machine.Config.MemoryAllocation,
	}
}

// hostOf is the host of a machine.
func hostOf(machine *mo.VirtualMachine) *simulator.HostSystem {
	return simulator.Map.Get(*machine.Runtime.Host).(*simulator.HostSystem)
}
