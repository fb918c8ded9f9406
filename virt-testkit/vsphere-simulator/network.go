package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func init() {
	for _, name := range []string{"AddVirtualSwitch", "RemoveVirtualSwitch", "AddPortGroup", "RemovePortGroup"} {
		own["HostNetworkSystem."+name] = changeNetwork
	}
}

// changeNetwork shows a change of the switches where it is read, in the configuration of the host too.
func changeNetwork(c *call) soap.HasFault {
	said := c.library()
	if said.Fault() == nil {
		system := simulator.Map.Get(c.this).(*simulator.HostNetworkSystem)
		simulator.Map.WithLock(system.Host, func() {
			network := *system.Host.Config.Network
			network.Vswitch = append([]types.HostVirtualSwitch{}, system.NetworkInfo.Vswitch...)
			network.Portgroup = append([]types.HostPortGroup{}, system.NetworkInfo.Portgroup...)
			completeSwitches(&network)
			system.Host.Config.Network = &network
		})
	}
	return said
}

// completeSwitches gives the switches and port groups that have none the keys by which they refer to each other.
func completeSwitches(network *types.HostNetworkInfo) {
	const switchKey, groupKey = "key-vim.host.VirtualSwitch-", "key-vim.host.PortGroup-"
	for i := range network.Vswitch {
		if network.Vswitch[i].Key == "" {
			network.Vswitch[i].Key = switchKey + network.Vswitch[i].Name
		}
		network.Vswitch[i].Portgroup = nil
	}
	for i := range network.Portgroup {
		group := &network.Portgroup[i]
		group.Key = groupKey + group.Spec.Name
		for j := range network.Vswitch {
			if network.Vswitch[j].Name == group.Spec.VswitchName {
				group.Vswitch = network.Vswitch[j].Key
				network.Vswitch[j].Portgroup = append(network.Vswitch[j].Portgroup, group.Key)
			}
		}
	}
}

// shareNetwork has the manager of a host's network begin with what the host's configuration has.
func shareNetwork(host *simulator.HostSystem) {
	system, ok := simulator.Map.Get(*host.ConfigManager.NetworkSystem).(*simulator.HostNetworkSystem)
	if !ok || host.Config == nil || host.Config.Network == nil {
		return
	}
	info := *host.Config.Network
	system.NetworkInfo = &info
}
