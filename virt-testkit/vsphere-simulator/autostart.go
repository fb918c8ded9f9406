package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// autostart is which machines of a host are started with it. The library has the references of such managers, and
// nothing behind them.
type autostart struct {
	mo.HostAutoStartManager
	host *simulator.HostSystem
}

// addAutostart gives each host one of its own.
func addAutostart(host *simulator.HostSystem) {
	manager := &autostart{host: host}
	manager.Self = types.ManagedObjectReference{Type: "HostAutoStartManager", Value: "autostart-" + host.Self.Value}
	manager.Config.Defaults = &types.AutoStartDefaults{
		Enabled:          types.NewBool(false),
		StartDelay:       120,
		StopDelay:        120,
		WaitForHeartbeat: types.NewBool(false),
		StopAction:       "PowerOff",
	}
	simulator.Map.Put(manager)
	host.ConfigManager.AutoStartManager = &manager.Self
	manager.show()
}

// show puts the configuration where it can be read too: in that of the host.
func (a *autostart) show() {
	config := a.Config
	a.host.Config.AutoStart = &config
}

// ReconfigureAutostart changes what is named, and leaves the rest as it is.
func (a *autostart) ReconfigureAutostart(
	_ *simulator.Context, r *types.ReconfigureAutostart,
) soap.HasFault {
	if defaults := r.Spec.Defaults; defaults != nil {
		own := *a.Config.Defaults
		if defaults.Enabled != nil {
			own.Enabled = defaults.Enabled
		}
		if defaults.WaitForHeartbeat != nil {
			own.WaitForHeartbeat = defaults.WaitForHeartbeat
		}
		if defaults.StartDelay != 0 {
			own.StartDelay = defaults.StartDelay
		}
		if defaults.StopDelay != 0 {
			own.StopDelay = defaults.StopDelay
		}
		if defaults.StopAction != "" {
			own.StopAction = defaults.StopAction
		}
		a.Config.Defaults = &own
	}
	for _, info := range r.Spec.PowerInfo {
		machine, ok := simulator.Map.Get(info.Key).(*simulator.VirtualMachine)
		if !ok || machine.Runtime.Host == nil || *machine.Runtime.Host != a.host.Self {
			return &methods.ReconfigureAutostartBody{
				Fault_: simulator.Fault("", &types.InvalidArgument{InvalidProperty: "spec.powerInfo.key"}),
			}
		}
		a.set(info)
	}
	a.show()
	simulator.Map.Update(a, []types.PropertyChange{{Name: "config", Val: a.Config}})
	return &methods.ReconfigureAutostartBody{Res: new(types.ReconfigureAutostartResponse)}
}

// set takes the place of what there is of the machine. What is not to be started has no entry.
func (a *autostart) set(info types.AutoStartPowerInfo) {
	a.drop(info.Key)
	if info.StartAction != "none" || info.StopAction != "none" && info.StopAction != "systemDefault" {
		a.Config.PowerInfo = append(a.Config.PowerInfo, info)
	}
}

func (a *autostart) drop(machine types.ManagedObjectReference) {
	kept := []types.AutoStartPowerInfo{}
	for _, other := range a.Config.PowerInfo {
		if other.Key != machine {
			kept = append(kept, other)
		}
	}
	a.Config.PowerInfo = kept
}

// forget drops a machine that has gone.
func (a *autostart) forget(machine types.ManagedObjectReference) {
	a.drop(machine)
	a.show()
}
