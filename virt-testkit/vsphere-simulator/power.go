package main

import (
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func init() {
	own["VirtualMachine.RebootGuest"] = withTools(rebootGuest)
	own["VirtualMachine.ResetVM_Task"] = resetMachine
	own["VirtualMachine.StandbyGuest"] = withTools(standbyGuest)
	own["VirtualMachine.ShutdownGuest"] = withTools((*call).library)
	controls["tools"] = setTools
}

// withoutTools are the machines whose guests have no tools.
var withoutTools sync.Map

// setTools is the control: takes the tools from a machine's guest, or gives them back.
func setTools(_ *front, ask asked) (interface{}, error) {
	machine := machineNamed(ask.text("vm"))
	if machine == nil {
		return nil, errNoMachine(ask.text("vm"))
	}
	if ask.text("running") == "false" {
		withoutTools.Store(machine.Self, true)
	} else {
		withoutTools.Delete(machine.Self)
	}
	simulator.Map.WithLock(machine, func() { followPower(&machine.VirtualMachine) })
	return true, nil
}

// withTools is a method that the guest's tools do.
func withTools(run method) method {
	return func(c *call) soap.HasFault {
		if failed := toolsOf(c.machine()); failed != nil {
			return fault(failed)
		}
		return run(c)
	}
}

// toolsOf tells why a machine's guest cannot do what it is asked to.
func toolsOf(machine *simulator.VirtualMachine) types.BaseMethodFault {
	if state := machine.Runtime.PowerState; state != types.VirtualMachinePowerStatePoweredOn {
		return &types.InvalidPowerState{
			RequestedState: types.VirtualMachinePowerStatePoweredOn,
			ExistingState:  state,
		}
	}
	if machine.Guest.ToolsRunningStatus != string(types.VirtualMachineToolsRunningStatusGuestToolsRunning) {
		return new(types.ToolsUnavailable)
	}
	return nil
}

func rebootGuest(c *call) soap.HasFault {
	c.post(&types.VmGuestRebootEvent{VmEvent: eventOf(c.machine())})
	c.boots()
	return c.returns(nil)
}

// resetMachine resets a machine: it boots again.
func resetMachine(c *call) soap.HasFault {
	answer := c.library()
	if answer.Fault() == nil && c.machine().Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn {
		c.boots()
	}
	return answer
}

// boots says that the machine boots now.
func (c *call) boots() {
	now := time.Now()
	simulator.Map.Update(c.machine(), []types.PropertyChange{
		{Name: "runtime.bootTime", Val: &now},
		{Name: "summary.runtime.bootTime", Val: &now},
	})
}

// followBoot notes when a machine that runs has booted, which the library says in the summary only. One that wakes up has
// booted before.
func followBoot(machine *mo.VirtualMachine) {
	switch machine.Runtime.PowerState {
	case types.VirtualMachinePowerStatePoweredOff:
		machine.Runtime.BootTime = nil
	case types.VirtualMachinePowerStatePoweredOn:
		if machine.Runtime.BootTime == nil {
			now := time.Now()
			machine.Runtime.BootTime = &now
		}
	}
}

func standbyGuest(c *call) soap.HasFault {
	c.post(&types.VmGuestStandbyEvent{VmEvent: eventOf(c.machine())})
	request := &types.SuspendVM_Task{This: c.this}
	if _, failed := infoOf(callLibrary(c.ctx, c.machine(), "SuspendVM_Task", request)); failed != nil {
		return fault(failed)
	}
	return c.returns(nil)
}

// post posts an event.
func (c *call) post(event types.BaseEvent) {
	manager := simulator.Map.EventManager()
	simulator.Map.WithLock(manager, func() {
		manager.PostEvent(c.ctx, &types.PostEvent{EventToPost: event})
	})
}

// eventOf is what all events of a machine have.
func eventOf(machine *simulator.VirtualMachine) types.VmEvent {
	event := types.VmEvent{Event: types.Event{Vm: &types.VmEventArgument{
		EntityEventArgument: types.EntityEventArgument{Name: machine.Name},
		Vm:                  machine.Self,
	}}}
	if datacenter := datacenterAbove(machine.Parent); datacenter != nil {
		event.Datacenter = &types.DatacenterEventArgument{
			EntityEventArgument: types.EntityEventArgument{Name: datacenter.Name},
			Datacenter:          datacenter.Self,
		}
	}
	if reference := machine.Runtime.Host; reference != nil {
		host := simulator.Map.Get(*reference).(mo.Entity)
		event.Host = &types.HostEventArgument{
			EntityEventArgument: types.EntityEventArgument{Name: host.Entity().Name},
			Host:                *reference,
		}
	}
	return event
}
