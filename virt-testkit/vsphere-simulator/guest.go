package main

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// followPower gives a machine that runs a guest with its tools, and takes them from one that does not. The machine's
// lock is held by whoever changed its power.
func followPower(machine *mo.VirtualMachine) {
	if machine.Guest == nil || machine.Config == nil {
		return
	}
	limitMemory(machine)
	guest := *machine.Guest
	_, lacking := withoutTools.Load(machine.Self)
	if machine.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn && !lacking {
		runGuest(machine, &guest)
	} else {
		stopGuest(&guest)
	}
	summary := types.VirtualMachineGuestSummary{
		GuestId:            guest.GuestId,
		GuestFullName:      guest.GuestFullName,
		ToolsStatus:        guest.ToolsStatus,
		ToolsVersionStatus: guest.ToolsVersionStatus,
		ToolsRunningStatus: guest.ToolsRunningStatus,
		HostName:           guest.HostName,
		IpAddress:          guest.IpAddress,
	}
	heartbeat := types.ManagedEntityStatusGray
	if guest.GuestState == string(types.VirtualMachineGuestStateRunning) {
		heartbeat = types.ManagedEntityStatusGreen
	}
	holder := simulator.Map.Get(machine.Self)
	if holder == nil {
		return
	}
	simulator.Map.Update(holder, []types.PropertyChange{
		{Name: "guest", Val: &guest},
		{Name: "summary.guest", Val: &summary},
		{Name: "guestHeartbeatStatus", Val: heartbeat},
		{Name: "summary.quickStats.guestHeartbeatStatus", Val: heartbeat},
	})
}

func runGuest(machine *mo.VirtualMachine, guest *types.GuestInfo) {
	guest.ToolsStatus = types.VirtualMachineToolsStatusToolsOk
	guest.ToolsVersionStatus = string(types.VirtualMachineToolsVersionStatusGuestToolsCurrent)
	guest.ToolsVersionStatus2 = guest.ToolsVersionStatus
	guest.ToolsRunningStatus = string(types.VirtualMachineToolsRunningStatusGuestToolsRunning)
	guest.ToolsVersion = "10336"
	guest.GuestId = machine.Config.GuestId
	guest.GuestFullName = machine.Config.GuestFullName
	guest.GuestFamily = "linuxGuest"
	guest.GuestState = string(types.VirtualMachineGuestStateRunning)
	guest.GuestOperationsReady = types.NewBool(true)
	guest.GuestStateChangeSupported = types.NewBool(true)
	guest.HostName = hostNameOf(machine.Name)
	guest.Disk = []types.GuestDiskInfo{{DiskPath: "/", Capacity: 8 << 30, FreeSpace: 5 << 30}}
	guest.Net = nil
	guest.IpAddress = ""
	for _, device := range machine.Config.Hardware.Device {
		card, ok := device.(types.BaseVirtualEthernetCard)
		if !ok {
			continue
		}
		nic := nicOf(machine, card.GetVirtualEthernetCard(), len(guest.Net))
		if guest.IpAddress == "" {
			guest.IpAddress = nic.IpAddress[0]
		}
		guest.Net = append(guest.Net, nic)
	}
}

// nicOf is what the guest's tools tell of a card.
func nicOf(machine *mo.VirtualMachine, card *types.VirtualEthernetCard, index int) types.GuestNicInfo {
	hash := fnv.New32a()
	_, _ = fmt.Fprintf(hash, "%s/%d", machine.Self.Value, index)
	sum := hash.Sum32()
	address := fmt.Sprintf("10.%d.%d.%d", byte(sum>>16), byte(sum>>8), byte(sum)%250+1)
	network := "VM Network"
	if card.DeviceInfo != nil {
		network = card.DeviceInfo.GetDescription().Summary
	}
	if backing, ok := card.Backing.(*types.VirtualEthernetCardNetworkBackingInfo); ok {
		network = backing.DeviceName
	}
	return types.GuestNicInfo{
		Network:        network,
		MacAddress:     card.MacAddress,
		Connected:      true,
		DeviceConfigId: card.Key,
		IpAddress:      []string{address, fmt.Sprintf("fe80::%x:%x", sum>>16, sum&0xffff)},
		IpConfig: &types.NetIpConfigInfo{IpAddress: []types.NetIpConfigInfoIpAddress{
			{IpAddress: address, PrefixLength: 8, State: "preferred"},
			{IpAddress: fmt.Sprintf("fe80::%x:%x", sum>>16, sum&0xffff), PrefixLength: 64, State: "preferred"},
		}},
	}
}

func stopGuest(guest *types.GuestInfo) {
	guest.ToolsStatus = types.VirtualMachineToolsStatusToolsNotRunning
	guest.ToolsRunningStatus = string(types.VirtualMachineToolsRunningStatusGuestToolsNotRunning)
	guest.GuestState = string(types.VirtualMachineGuestStateNotRunning)
	guest.GuestOperationsReady = types.NewBool(false)
	guest.HostName, guest.IpAddress, guest.Net, guest.Disk = "", "", nil, nil
}

// hostNameOf is the name of the guest's own.
func hostNameOf(name string) string {
	clean := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}
	return strings.Trim(strings.Map(clean, strings.ToLower(name)), "-") + ".example.com"
}
