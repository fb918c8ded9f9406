package main

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// madeNetworks numbers the networks of a vCenter that are made here.
var madeNetworks int64 = 9000

// connect gives a port group its network in the inventory: the hosts of a datacenter share the one of a name.
func (n *hostNetwork) connect(name string) types.BaseMethodFault {
	datacenter, folder := n.place()
	network, isOther := networkNamed(folder, name)
	if isOther {
		return &types.DuplicateName{Name: name}
	}
	if network == nil {
		network = new(mo.Network)
		network.Name = strings.NewReplacer("%", "%25", "/", "%2f", "\\", "%5c").Replace(name)
		value := "HaNetwork-" + name
		if simulator.Map.IsVPX() {
			value = fmt.Sprintf("network-%d", atomic.AddInt64(&madeNetworks, 1))
		}
		network.Self = types.ManagedObjectReference{Type: "Network", Value: value}
		network.Summary = &types.NetworkSummary{Network: &network.Self, Name: network.Name, Accessible: true}
		simulator.Map.AddReference(folder, &folder.ChildEntity, network.Self)
		simulator.Map.PutEntity(folder, network)
		simulator.Map.AddReference(datacenter, &datacenter.Network, network.Self)
	}
	simulator.Map.AddReference(n.host, &n.host.Network, network.Self)
	return nil
}

// disconnect takes the network of a port group from the host, and out of the inventory where no other host has it.
func (n *hostNetwork) disconnect(name string) {
	datacenter, folder := n.place()
	network, _ := networkNamed(folder, name)
	if network == nil {
		return
	}
	simulator.Map.RemoveReference(n.host, &n.host.Network, network.Self)
	for _, entity := range simulator.Map.All("HostSystem") {
		host := entity.(*simulator.HostSystem)
		if simulator.FindReference(host.Network, network.Self) != nil {
			return
		}
	}
	simulator.Map.RemoveReference(folder, &folder.ChildEntity, network.Self)
	simulator.Map.RemoveReference(datacenter, &datacenter.Network, network.Self)
	simulator.Map.Remove(network.Self)
}

// inUse tells whether the host itself or one of its machines is connected to a port group.
func (n *hostNetwork) inUse(name string) bool {
	for _, card := range n.info.Vnic {
		if card.Portgroup == name {
			return true
		}
	}
	_, folder := n.place()
	network, _ := networkNamed(folder, name)
	if network == nil {
		return false
	}
	for _, reference := range n.host.Vm {
		machine, ok := simulator.Map.Get(reference).(*simulator.VirtualMachine)
		if ok && simulator.FindReference(machine.Network, network.Self) != nil {
			return true
		}
	}
	return false
}

// place is the host's datacenter, and its folder of networks.
func (n *hostNetwork) place() (*simulator.Datacenter, *simulator.Folder) {
	datacenter := datacenterAbove(n.host.Parent)
	return datacenter, simulator.Map.Get(datacenter.NetworkFolder).(*simulator.Folder)
}

// networkNamed is the standard network of a name, and whether something else has the name.
func networkNamed(folder *simulator.Folder, name string) (*mo.Network, bool) {
	escaped := strings.NewReplacer("%", "%25", "/", "%2f", "\\", "%5c").Replace(name)
	found := simulator.Map.FindByName(escaped, folder.ChildEntity)
	if found == nil {
		return nil, false
	}
	network, ok := found.(*mo.Network)
	return network, !ok
}

// linkNetworks tells networks which hosts and machines they have, which the library does not keep. A host without any
// has those of its datacenter.
func linkNetworks() {
	machines := make(map[types.ManagedObjectReference][]types.ManagedObjectReference)
	for _, entity := range simulator.Map.All("VirtualMachine") {
		machine := entity.(*simulator.VirtualMachine)
		simulator.Map.WithLock(machine, func() {
			for _, network := range machine.Network {
				machines[network] = append(machines[network], machine.Self)
			}
		})
	}
	hosts := make(map[types.ManagedObjectReference][]types.ManagedObjectReference)
	for _, entity := range simulator.Map.All("HostSystem") {
		host := entity.(*simulator.HostSystem)
		simulator.Map.WithLock(host, func() {
			for _, network := range host.Network {
				hosts[network] = append(hosts[network], host.Self)
			}
		})
	}
	for _, kind := range []string{"Network", "DistributedVirtualPortgroup", "OpaqueNetwork"} {
		for _, entity := range simulator.Map.All(kind) {
			simulator.Map.WithLock(entity, func() {
				network := networkOf(entity)
				network.Vm, network.Host = machines[network.Self], hosts[network.Self]
			})
		}
	}
}

func networkOf(entity mo.Entity) *mo.Network {
	switch network := entity.(type) {
	case *mo.Network:
		return network
	case *mo.OpaqueNetwork:
		return &network.Network
	case *simulator.DistributedVirtualPortgroup:
		return &network.Network
	}
	return new(mo.Network)
}

// connectHost gives a host the standard networks of its datacenter.
func connectHost(host *simulator.HostSystem) {
	above := datacenterAbove(host.Parent)
	if above == nil {
		return
	}
	for _, reference := range existing(above.Network) {
		if reference.Type == "Network" && simulator.FindReference(host.Network, reference) == nil {
			host.Network = append(host.Network, reference)
		}
	}
}

// tagUplinks marks the port groups by which distributed switches go out, as real ones are.
func tagUplinks() {
	for _, entity := range simulator.Map.All("DistributedVirtualPortgroup") {
		group := entity.(*simulator.DistributedVirtualPortgroup)
		if strings.Contains(group.Name, "-DVUplinks-") {
			group.Tag = []types.Tag{{Key: "SYSTEM/DVS.UPLINKDVPG"}}
		}
	}
}
