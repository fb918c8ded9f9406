package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// The longest names of port groups and of switches.
const (
	longestGroup  = 80
	longestSwitch = 31
)

// hostNetwork is a host's network while it is changed: a copy, which is shown when all has gone well.
type hostNetwork struct {
	call   *call
	host   *simulator.HostSystem
	system *simulator.HostNetworkSystem
	info   types.HostNetworkInfo
}

func init() {
	own["HostNetworkSystem.AddVirtualSwitch"] = changeNetwork(addSwitch)
	own["HostNetworkSystem.UpdateVirtualSwitch"] = changeNetwork(updateSwitch)
	own["HostNetworkSystem.RemoveVirtualSwitch"] = changeNetwork(removeSwitch)
	own["HostNetworkSystem.AddPortGroup"] = changeNetwork(addPortGroup)
	own["HostNetworkSystem.UpdatePortGroup"] = changeNetwork(updatePortGroup)
	own["HostNetworkSystem.RemovePortGroup"] = changeNetwork(removePortGroup)
}

// changeNetwork is a method that changes a host's network, and shows that in the configuration of the host too.
func changeNetwork(change func(n *hostNetwork) types.BaseMethodFault) method {
	return func(c *call) soap.HasFault {
		system := simulator.Map.Get(c.this).(*simulator.HostNetworkSystem)
		host := simulator.Map.Get(system.Host.Self).(*simulator.HostSystem)
		n := &hostNetwork{call: c, host: host, system: system, info: *system.NetworkInfo}
		n.info.Vswitch = append([]types.HostVirtualSwitch{}, n.info.Vswitch...)
		n.info.Portgroup = append([]types.HostPortGroup{}, n.info.Portgroup...)
		if failed := change(n); failed != nil {
			return fault(failed)
		}
		completeSwitches(&n.info)
		system.NetworkInfo = &n.info
		simulator.Map.WithLock(host, func() {
			config := *host.Config
			config.Network = &n.info
			host.Config = &config
		})
		return c.returns(nil)
	}
}

func (n *hostNetwork) switchNamed(name string) *types.HostVirtualSwitch {
	for i := range n.info.Vswitch {
		if n.info.Vswitch[i].Name == name {
			return &n.info.Vswitch[i]
		}
	}
	return nil
}

func (n *hostNetwork) groupNamed(name string) *types.HostPortGroup {
	for i := range n.info.Portgroup {
		if n.info.Portgroup[i].Spec.Name == name {
			return &n.info.Portgroup[i]
		}
	}
	return nil
}

func addSwitch(n *hostNetwork) types.BaseMethodFault {
	request := n.call.body.(*types.AddVirtualSwitch)
	name := request.VswitchName
	if name == "" || len(name) > longestSwitch {
		return &types.InvalidArgument{InvalidProperty: "vswitchName"}
	}
	if n.switchNamed(name) != nil {
		return &types.AlreadyExists{Name: name}
	}
	added := types.HostVirtualSwitch{Name: name}
	if failed := n.configure(&added, request.Spec); failed != nil {
		return failed
	}
	n.info.Vswitch = append(n.info.Vswitch, added)
	return nil
}

func updateSwitch(n *hostNetwork) types.BaseMethodFault {
	request := n.call.body.(*types.UpdateVirtualSwitch)
	changed := n.switchNamed(request.VswitchName)
	if changed == nil {
		return new(types.NotFound)
	}
	return n.configure(changed, &request.Spec)
}

// configure has a switch be as a specification says.
func (n *hostNetwork) configure(to *types.HostVirtualSwitch, spec *types.HostVirtualSwitchSpec) types.BaseMethodFault {
	if spec == nil {
		spec = &types.HostVirtualSwitchSpec{NumPorts: 128}
	}
	var cards []string
	if bond, ok := spec.Bridge.(*types.HostVirtualSwitchBondBridge); ok {
		for _, device := range bond.NicDevice {
			card := n.cardNamed(device)
			if card == nil {
				return new(types.NotFound)
			}
			if other := n.switchWith(card.Key); other != "" && other != to.Name {
				return &types.ResourceInUse{Type: "PhysicalNic", Name: device}
			}
			cards = append(cards, card.Key)
		}
	}
	to.Spec, to.Pnic = *spec, cards
	to.NumPorts, to.NumPortsAvailable = spec.NumPorts, spec.NumPorts
	to.Mtu = spec.Mtu
	if to.Mtu == 0 {
		to.Mtu = 1500
	}
	return nil
}

func (n *hostNetwork) cardNamed(device string) *types.PhysicalNic {
	for i := range n.info.Pnic {
		if n.info.Pnic[i].Device == device {
			return &n.info.Pnic[i]
		}
	}
	return nil
}

// switchWith is the name of the switch that a card belongs to.
func (n *hostNetwork) switchWith(card string) string {
	for _, one := range n.info.Vswitch {
		for _, key := range one.Pnic {
			if key == card {
				return one.Name
			}
		}
	}
	return ""
}

func removeSwitch(n *hostNetwork) types.BaseMethodFault {
	name := n.call.body.(*types.RemoveVirtualSwitch).VswitchName
	if n.switchNamed(name) == nil {
		return new(types.NotFound)
	}
	for _, group := range n.info.Portgroup {
		if group.Spec.VswitchName == name && n.inUse(group.Spec.Name) {
			return &types.ResourceInUse{Type: "VirtualSwitch", Name: name}
		}
	}
	var groups []types.HostPortGroup
	for _, group := range n.info.Portgroup {
		if group.Spec.VswitchName != name {
			groups = append(groups, group)
			continue
		}
		n.disconnect(group.Spec.Name)
	}
	n.info.Portgroup = groups
	for i, one := range n.info.Vswitch {
		if one.Name == name {
			n.info.Vswitch = append(n.info.Vswitch[:i], n.info.Vswitch[i+1:]...)
			break
		}
	}
	return nil
}

func addPortGroup(n *hostNetwork) types.BaseMethodFault {
	spec := n.call.body.(*types.AddPortGroup).Portgrp
	if failed := n.check(spec); failed != nil {
		return failed
	}
	if n.groupNamed(spec.Name) != nil {
		return &types.AlreadyExists{Name: spec.Name}
	}
	if failed := n.connect(spec.Name); failed != nil {
		return failed
	}
	n.info.Portgroup = append(n.info.Portgroup, types.HostPortGroup{Spec: spec, ComputedPolicy: spec.Policy})
	return nil
}

func updatePortGroup(n *hostNetwork) types.BaseMethodFault {
	request := n.call.body.(*types.UpdatePortGroup)
	spec := request.Portgrp
	changed := n.groupNamed(request.PgName)
	if changed == nil {
		return new(types.NotFound)
	}
	if failed := n.check(spec); failed != nil {
		return failed
	}
	if spec.Name != request.PgName {
		if n.groupNamed(spec.Name) != nil {
			return &types.AlreadyExists{Name: spec.Name}
		}
		n.disconnect(request.PgName)
		if failed := n.connect(spec.Name); failed != nil {
			return failed
		}
	}
	changed.Spec, changed.ComputedPolicy = spec, spec.Policy
	return nil
}

func removePortGroup(n *hostNetwork) types.BaseMethodFault {
	name := n.call.body.(*types.RemovePortGroup).PgName
	if n.groupNamed(name) == nil {
		return new(types.NotFound)
	}
	if n.inUse(name) {
		return &types.ResourceInUse{Type: "PortGroup", Name: name}
	}
	for i, group := range n.info.Portgroup {
		if group.Spec.Name == name {
			n.info.Portgroup = append(n.info.Portgroup[:i], n.info.Portgroup[i+1:]...)
			break
		}
	}
	n.disconnect(name)
	return nil
}

// check refuses a port group that cannot be.
func (n *hostNetwork) check(spec types.HostPortGroupSpec) types.BaseMethodFault {
	switch {
	case spec.Name == "" || len(spec.Name) > longestGroup:
		return &types.InvalidArgument{InvalidProperty: "portgrp.name"}
	case spec.VlanId < 0 || spec.VlanId > 4095:
		return &types.InvalidArgument{InvalidProperty: "portgrp.vlanId"}
	case n.switchNamed(spec.VswitchName) == nil:
		return new(types.NotFound)
	}
	return nil
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

// shareNetwork has the manager of a host's network begin with what the host's configuration has, and gives the host a
// second card, which no switch has.
func shareNetwork(host *simulator.HostSystem) {
	system, ok := simulator.Map.Get(*host.ConfigManager.NetworkSystem).(*simulator.HostNetworkSystem)
	if !ok || host.Config == nil || host.Config.Network == nil {
		return
	}
	info := *host.Config.Network
	info.Pnic = append([]types.PhysicalNic{}, info.Pnic...)
	if len(info.Pnic) == 1 {
		second := info.Pnic[0]
		second.Key, second.Device = "key-vim.host.PhysicalNic-vmnic1", "vmnic1"
		second.Mac = "00:0c:29:81:d8:aa"
		info.Pnic = append(info.Pnic, second)
	}
	system.NetworkInfo = &info
	config := *host.Config
	config.Network = &info
	host.Config = &config
}
