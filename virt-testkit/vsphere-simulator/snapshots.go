package main

import (
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func init() {
	own["VirtualMachineSnapshot.RenameSnapshot"] = renameSnapshot
	own["VirtualMachineSnapshot.RevertToSnapshot_Task"] = revertToSnapshot
	own["VirtualMachineSnapshot.RemoveSnapshot_Task"] = removeSnapshot
	own["VirtualMachine.CreateSnapshot_Task"] = createSnapshot
}

// inTree finds a snapshot in a machine's tree.
func inTree(
	tree []types.VirtualMachineSnapshotTree, wanted types.ManagedObjectReference,
) *types.VirtualMachineSnapshotTree {
	for i := range tree {
		if tree[i].Snapshot == wanted {
			return &tree[i]
		}
		if found := inTree(tree[i].ChildSnapshotList, wanted); found != nil {
			return found
		}
	}
	return nil
}

// machineOf is the machine of the snapshot that is called, and what its tree has of it.
func (c *call) machineOf() (*simulator.VirtualMachine, *types.VirtualMachineSnapshotTree) {
	snapshot := simulator.Map.Get(c.this).(*simulator.VirtualMachineSnapshot)
	machine, ok := simulator.Map.Get(snapshot.Vm).(*simulator.VirtualMachine)
	if !ok || machine.Snapshot == nil {
		return nil, nil
	}
	return machine, inTree(machine.Snapshot.RootSnapshotList, c.this)
}

func renameSnapshot(c *call) soap.HasFault {
	request := c.body.(*types.RenameSnapshot)
	machine, found := c.machineOf()
	if found == nil {
		return fault(&types.ManagedObjectNotFound{Obj: c.this})
	}
	simulator.Map.WithLock(machine, func() {
		if request.Name != "" {
			found.Name = request.Name
		}
		if request.Description != "" {
			found.Description = request.Description
		}
		simulator.Map.Update(machine, []types.PropertyChange{
			{Name: "snapshot.rootSnapshotList", Val: machine.Snapshot.RootSnapshotList},
		})
	})
	return c.returns(nil)
}

// createSnapshot has a snapshot without memory be one of a machine that is off, as real ones are, and takes no notice of
// file systems that nobody can freeze.
func createSnapshot(c *call) soap.HasFault {
	request := c.body.(*types.CreateSnapshot_Task)
	if toolsOf(c.machine()) != nil {
		request.Quiesce = false
	}
	said := c.library()
	result, failed := infoOf(said)
	reference, ok := result.(types.ManagedObjectReference)
	if failed != nil || !ok {
		return said
	}
	keepFiles(c.this, reference)
	if request.Memory {
		return said
	}
	machine := c.machine()
	if found := inTree(machine.Snapshot.RootSnapshotList, reference); found != nil {
		found.State = types.VirtualMachinePowerStatePoweredOff
	}
	return said
}

// keptFiles are the files of guests as they were, by snapshot.
var keptFiles sync.Map

func keepFiles(machine, snapshot types.ManagedObjectReference) {
	guest := guestOf(machine)
	guest.mutex.Lock()
	defer guest.mutex.Unlock()
	keptFiles.Store(snapshot, copyFiles(guest.files))
}

func putFilesBack(machine, snapshot types.ManagedObjectReference) {
	kept, ok := keptFiles.Load(snapshot)
	if !ok {
		return
	}
	guest := guestOf(machine)
	guest.mutex.Lock()
	defer guest.mutex.Unlock()
	guest.files = copyFiles(kept.(map[string][]byte))
}

func copyFiles(files map[string][]byte) map[string][]byte {
	copied := make(map[string][]byte, len(files))
	for name, content := range files {
		copied[name] = append([]byte(nil), content...)
	}
	return copied
}

// revertToSnapshot gives the machine the power and the configuration that it had. One that would go on is left suspended
// where it is not to be powered on.
func revertToSnapshot(c *call) soap.HasFault {
	request := c.body.(*types.RevertToSnapshot_Task)
	machine, found := c.machineOf()
	if found == nil {
		return c.failed(&types.ManagedObjectNotFound{Obj: c.this})
	}
	snapshot := simulator.Map.Get(c.this).(*simulator.VirtualMachineSnapshot)
	state := found.State
	if suppress := request.SuppressPowerOn; suppress != nil && *suppress && state == types.VirtualMachinePowerStatePoweredOn {
		state = types.VirtualMachinePowerStateSuspended
	}
	said := c.library()
	putFilesBack(machine.Self, c.this)
	simulator.Map.WithLock(machine, func() {
		config := snapshot.Config
		config.Hardware.Device = copyDevices(config.Hardware.Device)
		changes := []types.PropertyChange{{Name: "config", Val: &config}}
		if machine.Runtime.PowerState != state {
			changes = append(changes,
				types.PropertyChange{Name: "runtime.powerState", Val: state},
				types.PropertyChange{Name: "summary.runtime.powerState", Val: state},
			)
		}
		simulator.Map.Update(machine, changes)
		stampChange(machine)
		writeConfiguration(machine)
	})
	return said
}

// removeSnapshot keeps the library from crashing at a current snapshot that has no parent. Where the current one goes with
// others below the one that is removed, the parent of that is the current one then.
func removeSnapshot(c *call) soap.HasFault {
	request := c.body.(*types.RemoveSnapshot_Task)
	machine, found := c.machineOf()
	if found == nil {
		return c.failed(&types.ManagedObjectNotFound{Obj: c.this})
	}
	simulator.Map.WithLock(machine, func() {
		current := machine.Snapshot.CurrentSnapshot
		if current == nil {
			return
		}
		below := request.RemoveChildren && inTree(found.ChildSnapshotList, *current) != nil
		if *current == c.this || below {
			machine.Snapshot.CurrentSnapshot = parentOf(machine.Snapshot.RootSnapshotList, c.this)
		}
	})
	return c.library()
}

// parentOf is the snapshot above another one in the tree.
func parentOf(
	tree []types.VirtualMachineSnapshotTree, child types.ManagedObjectReference,
) *types.ManagedObjectReference {
	for i := range tree {
		for _, below := range tree[i].ChildSnapshotList {
			if below.Snapshot == child {
				return &tree[i].Snapshot
			}
		}
		if found := parentOf(tree[i].ChildSnapshotList, child); found != nil {
			return found
		}
	}
	return nil
}
