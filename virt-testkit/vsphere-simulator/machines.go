package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
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
	specs := specsOfNew(c.this)
	if failed := specs.prepare(&request.Config); failed != nil {
		return c.failed(failed)
	}
	defaults := types.DefaultResourceConfigSpec()
	completeAllocations(&request.Config, &defaults.CpuAllocation, &defaults.MemoryAllocation)
	removeLogs(request.Config.Files)
	said := c.library()
	if result, failed := infoOf(said); failed == nil {
		if machine, ok := simulator.Map.Get(result.(types.ManagedObjectReference)).(*simulator.VirtualMachine); ok {
			specs.finish(machine)
			mergeOptions(machine)
		}
	}
	return c.configured(said)
}

// removeLogs makes room for the files that a host writes anew beside a VMX file, and that the library would find there.
func removeLogs(files *types.VirtualMachineFileInfo) {
	if files == nil || path.Ext(files.VmPathName) != ".vmx" {
		return
	}
	vmx := fileOf(files.VmPathName)
	_ = os.Remove(path.Join(path.Dir(vmx), "vmware.log"))
	if left, err := filepath.Glob(path.Join(path.Dir(vmx), "*.nvram")); err == nil {
		for _, file := range left {
			_ = os.Remove(file)
		}
	}
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
	specs := specsOf(machine)
	if failed := specs.prepare(&request.Spec); failed != nil {
		return c.failed(failed)
	}
	said := c.library()
	if _, failed := infoOf(said); failed != nil {
		return said
	}
	allocate(machine)
	machine.Config.Modified = time.Now()
	specs.finish(machine)
	mergeOptions(machine)
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
		// All of it at once.
		simulator.Map.Update(machine, []types.PropertyChange{
			{Name: "name", Val: request.NewName},
			{Name: "config.name", Val: request.NewName},
			{Name: "summary.config.name", Val: request.NewName},
			{Name: "config.changeVersion", Val: versionNow()},
		})
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
	simulator.Map.Update(machine, []types.PropertyChange{{Name: "config.changeVersion", Val: versionNow()}})
}

func versionNow() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000000Z") }

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
