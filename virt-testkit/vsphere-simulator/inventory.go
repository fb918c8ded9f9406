package main

import (
	"crypto/md5"
	"fmt"
	"text/template"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// completeInventory adds to the library's objects what real ones have.
func completeInventory() {
	mountDatastores()
	for _, entity := range simulator.Map.All("Datacenter") {
		datacenter := entity.(*simulator.Datacenter)
		datacenter.Datastore = existing(datacenter.Datastore)
	}
	for _, entity := range simulator.Map.All("HostSystem") {
		host := entity.(*simulator.HostSystem)
		host.Capability = capability()
		addAutostart(host)
		shareNetwork(host)
		connectHost(host)
	}
	for _, entity := range simulator.Map.All("VirtualMachine") {
		machine := entity.(*simulator.VirtualMachine)
		attachDrives(machine)
		numberCards(&machine.VirtualMachine)
		completeMachine(machine)
		stampBoot(machine)
	}
	for _, entity := range simulator.Map.All("ClusterComputeResource") {
		cluster := entity.(*simulator.ClusterComputeResource)
		if config, ok := cluster.ConfigurationEx.(*types.ClusterConfigInfoEx); ok {
			config.DrsConfig.DefaultVmBehavior = types.DrsBehaviorFullyAutomated
			config.DasConfig.Enabled = types.NewBool(true)
		}
	}
	addGuestLogin()
	tagUplinks()
	mendEventTexts()
}

// stampBoot says since when a machine runs that the library has running from the beginning.
func stampBoot(machine *simulator.VirtualMachine) {
	if machine.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn && machine.Runtime.BootTime == nil {
		now := time.Now()
		machine.Runtime.BootTime = &now
		machine.Summary.Runtime.BootTime = &now
	}
}

// mendEventTexts puts plain texts in the place of those that the library crashes at.
func mendEventTexts() {
	infos := simulator.Map.EventManager().Description.EventInfo
	for i := range infos {
		if _, err := template.New("").Parse(infos[i].FullFormat); err != nil {
			infos[i].FullFormat = infos[i].Description
		}
	}
}

// attachDrives puts the drives of the library's machines, which it has at their SCSI controllers, where they belong.
func attachDrives(machine *simulator.VirtualMachine) {
	const firstIDE = 200
	for _, device := range machine.Config.Hardware.Device {
		if drive, ok := device.(*types.VirtualCdrom); ok {
			first := int32(0)
			drive.ControllerKey, drive.UnitNumber = firstIDE, &first
		}
	}
}

// addGuestLogin adds the manager that says who may do something in a guest.
func addGuestLogin() {
	for _, value := range []string{"ha-guest-operations-manager", "guestOperationsManager"} {
		reference := types.ManagedObjectReference{Type: "GuestOperationsManager", Value: value}
		if manager, ok := simulator.Map.Get(reference).(*simulator.GuestOperationsManager); ok {
			login := &mo.GuestAuthManager{Self: types.ManagedObjectReference{
				Type: "GuestAuthManager", Value: "guestOperationsAuthManager",
			}}
			manager.AuthManager = &login.Self
			simulator.Map.Put(login)
		}
	}
}

// mountDatastores gives every host a mount of every datastore.
func mountDatastores() {
	hosts := simulator.Map.All("HostSystem")
	taken := make(map[string]bool)
	for _, entity := range simulator.Map.All("Datastore") {
		store := entity.(*simulator.Datastore)
		store.Host = nil
		// A place is one datastore's only; its name may be that of others in other datacenters.
		place := "/vmfs/volumes/" + store.Name
		if taken[place] {
			sum := md5.Sum([]byte(store.Self.Value))
			place = fmt.Sprintf("/vmfs/volumes/%x-%x-%x-%x", sum[:4], sum[4:8], sum[8:10], sum[10:])
		}
		taken[place] = true
		for _, entity := range hosts {
			host := entity.(*simulator.HostSystem)
			if sameDatacenter(host, store) {
				store.Host = append(store.Host, mountAt(host.Self, place))
			}
			if sameDatacenter(host, store) && simulator.FindReference(host.Datastore, store.Self) == nil {
				host.Datastore = append(host.Datastore, store.Self)
			}
		}
	}
}

// mountAt is a datastore as a host has it.
func mountAt(host types.ManagedObjectReference, place string) types.DatastoreHostMount {
	return types.DatastoreHostMount{
		Key: host,
		MountInfo: types.HostMountInfo{
			Path:       place,
			AccessMode: string(types.HostMountModeReadWrite),
			Mounted:    types.NewBool(true),
			Accessible: types.NewBool(true),
		},
	}
}

// sameDatacenter tells whether a host and a datastore are of one datacenter: others are not reached.
func sameDatacenter(host *simulator.HostSystem, store *simulator.Datastore) bool {
	return datacenterAbove(host.Parent) == datacenterAbove(store.Parent)
}

// capability is what a host says that it can do.
func capability() *types.HostCapability {
	return &types.HostCapability{
		RecursiveResourcePoolsSupported:         true,
		CpuMemoryResourceConfigurationSupported: true,
		RebootSupported:                         true,
		ShutdownSupported:                       true,
		VmotionSupported:                        true,
		MaxSupportedVMs:                         1024,
		MaxRunningVMs:                           1024,
		MaxSupportedVcpus:                       128,
		MaxHostSupportedVcpus:                   4096,
		NfsSupported:                            true,
		IscsiSupported:                          true,
		VlanTaggingSupported:                    true,
		NicTeamingSupported:                     true,
		MaintenanceModeSupported:                true,
		BackgroundSnapshotsSupported:            true,
		ScreenshotSupported:                     true,
		ScaledScreenshotSupported:               true,
		StorageVMotionSupported:                 types.NewBool(true),
		CloneFromSnapshotSupported:              types.NewBool(true),
		DeltaDiskBackingsSupported:              types.NewBool(true),
		NestedHVSupported:                       types.NewBool(true),
	}
}

// existing leaves out the references to what does not exist.
func existing(references []types.ManagedObjectReference) []types.ManagedObjectReference {
	var kept []types.ManagedObjectReference
	for _, reference := range references {
		if simulator.Map.Get(reference) != nil {
			kept = append(kept, reference)
		}
	}
	return kept
}
