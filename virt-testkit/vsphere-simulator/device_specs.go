package main

import (
	"fmt"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// deviceSpecs are the changes of devices that a specification asks for, of a machine that has some already.
type deviceSpecs struct {
	devices    object.VirtualDeviceList
	datacenter *simulator.Datacenter
	running    bool
	// The adapter of the display, where it is to be another one than every machine has.
	video *types.VirtualMachineVideoCard
	// Disks that are added with the file they have: they are as large as that.
	existing []*types.VirtualDisk
}

// Where the keys of devices begin, as real hosts give them.
const (
	nvmeKey     = 31000
	usbKey      = 7000
	xhciKey     = 14000
	floppyKey   = 8000
	serialKey   = 9000
	parallelKey = 10000
	soundKey    = 5000
	sataDiskKey = 16000
	nvmeDiskKey = 32000
	ideDriveKey = 3000
)

// prepare judges the changes as real hosts do, and gives what is added the keys and places that those give. The changes
// that are left are for the library.
func (s *deviceSpecs) prepare(spec *types.VirtualMachineConfigSpec) types.BaseMethodFault {
	var left []types.BaseVirtualDeviceConfigSpec
	keys := make(map[int32]int32)
	for i, change := range spec.DeviceChange {
		change := change.GetVirtualDeviceConfigSpec()
		if change.Device == nil {
			return invalidSpec(i)
		}
		own := change.Device.GetVirtualDevice()
		if key, ok := keys[own.ControllerKey]; ok {
			own.ControllerKey = key
		}
		if card, ok := change.Device.(*types.VirtualMachineVideoCard); ok && change.Operation != types.VirtualDeviceConfigSpecOperationRemove {
			if s.running {
				return notWhileRunning()
			}
			s.video = card
			continue
		}
		if failed := s.judge(i, change); failed != nil {
			return failed
		}
		switch change.Operation {
		case types.VirtualDeviceConfigSpecOperationAdd:
			before := own.Key
			if failed := s.place(i, change); failed != nil {
				return failed
			}
			if before < 0 {
				keys[before] = own.Key
			}
			s.devices = append(s.devices, change.Device)
		case types.VirtualDeviceConfigSpecOperationRemove:
			// Nothing but the key counts of what is removed.
			change.Device = s.devices.FindByKey(own.Key)
			s.devices = s.without(own.Key)
		case types.VirtualDeviceConfigSpecOperationEdit:
			s.devices = append(s.without(own.Key), change.Device)
		}
		left = append(left, change)
	}
	spec.DeviceChange = left
	return nil
}

func (s *deviceSpecs) without(key int32) object.VirtualDeviceList {
	return s.devices.Select(func(device types.BaseVirtualDevice) bool {
		return device.GetVirtualDevice().Key != key
	})
}

func invalidSpec(index int) types.BaseMethodFault {
	return &types.InvalidDeviceSpec{
		InvalidVmConfig: types.InvalidVmConfig{Property: fmt.Sprintf("deviceChange[%d].device", index)},
		DeviceIndex:     int32(index),
	}
}

func notWhileRunning() types.BaseMethodFault {
	return &types.InvalidPowerState{
		RequestedState: types.VirtualMachinePowerStatePoweredOff,
		ExistingState:  types.VirtualMachinePowerStatePoweredOn,
	}
}

// judge refuses what no host does.
func (s *deviceSpecs) judge(index int, change *types.VirtualDeviceConfigSpec) types.BaseMethodFault {
	adds := change.Operation == types.VirtualDeviceConfigSpecOperationAdd
	own := change.Device.GetVirtualDevice()
	existing := s.devices.FindByKey(own.Key)
	if !adds && existing == nil {
		return invalidSpec(index)
	}
	edits := change.Operation == types.VirtualDeviceConfigSpecOperationEdit
	if s.running && !edits && !s.hotPlugs(change.Device) {
		return notWhileRunning()
	}
	switch device := change.Device.(type) {
	case types.BaseVirtualEthernetCard:
		if change.Operation != types.VirtualDeviceConfigSpecOperationRemove && !s.hasNetwork(own.Backing) {
			return &types.InvalidDeviceBacking{InvalidDeviceSpec: *invalidSpec(index).(*types.InvalidDeviceSpec)}
		}
	case *types.VirtualDisk:
		backing, ok := own.Backing.(types.BaseVirtualDeviceFileBackingInfo)
		if !ok {
			return invalidSpec(index)
		}
		if adds && change.FileOperation == "" {
			s.existing = append(s.existing, device)
		}
		if edits {
			return resizeDisk(index, existing, device, backing.GetVirtualDeviceFileBackingInfo().FileName)
		}
	}
	return nil
}

// hotPlugs tells whether a device comes and goes while the machine runs.
func (s *deviceSpecs) hotPlugs(device types.BaseVirtualDevice) bool {
	switch device := device.(type) {
	case *types.VirtualFloppy, *types.VirtualSerialPort, *types.VirtualParallelPort, *types.VirtualPCIPassthrough,
		types.BaseVirtualSoundCard:
		return false
	case *types.VirtualDisk, *types.VirtualCdrom:
		_, ide := s.devices.FindByKey(device.GetVirtualDevice().ControllerKey).(*types.VirtualIDEController)
		return !ide
	}
	return true
}

func (s *deviceSpecs) hasNetwork(backing types.BaseVirtualDeviceBackingInfo) bool {
	switch backing := backing.(type) {
	case *types.VirtualEthernetCardNetworkBackingInfo:
		return simulator.Map.FindByName(backing.DeviceName, s.datacenter.Network) != nil
	case *types.VirtualEthernetCardDistributedVirtualPortBackingInfo:
		group := types.ManagedObjectReference{Type: "DistributedVirtualPortgroup", Value: backing.Port.PortgroupKey}
		return backing.Port.PortgroupKey == "" || simulator.Map.Get(group) != nil
	}
	return backing != nil
}

// resizeDisk makes the image of a disk as large as it is to be.
func resizeDisk(index int, existing types.BaseVirtualDevice, disk *types.VirtualDisk, file string) types.BaseMethodFault {
	before, ok := existing.(*types.VirtualDisk)
	if !ok {
		return invalidSpec(index)
	}
	if disk.CapacityInBytes != 0 && disk.CapacityInBytes != before.CapacityInBytes {
		disk.CapacityInKB = disk.CapacityInBytes >> 10
	}
	disk.CapacityInBytes = disk.CapacityInKB << 10
	if disk.CapacityInKB < before.CapacityInKB {
		return &types.InvalidArgument{InvalidProperty: fmt.Sprintf("configSpec.deviceChange[%d].device.capacityInKB", index)}
	}
	if disk.CapacityInKB > before.CapacityInKB {
		_, kind, failed := readDisk(fileOf(file), file)
		if failed != nil {
			return failed
		}
		writeDisk(fileOf(file), disk.CapacityInKB, kind)
	}
	return nil
}

// place gives a device that is added the key and the place that a host gives it.
func (s *deviceSpecs) place(index int, change *types.VirtualDeviceConfigSpec) types.BaseMethodFault {
	own := change.Device.GetVirtualDevice()
	unit := int32(0)
	if own.UnitNumber != nil {
		unit = *own.UnitNumber
	}
	switch device := change.Device.(type) {
	case types.BaseVirtualSCSIController:
		scsi := device.GetVirtualSCSIController()
		scsi.ScsiCtlrUnitNumber = 7
		return s.give(index, own, scsiKey+scsi.BusNumber)
	case types.BaseVirtualSATAController:
		return s.give(index, own, sataKey+device.GetVirtualSATAController().BusNumber)
	case *types.VirtualNVMEController:
		return s.give(index, own, nvmeKey+device.BusNumber)
	case *types.VirtualUSBController:
		return s.give(index, own, usbKey)
	case *types.VirtualUSBXHCIController:
		return s.give(index, own, xhciKey)
	case *types.VirtualDisk, *types.VirtualCdrom, *types.VirtualSCSIPassthrough:
		key := s.keyOn(own.ControllerKey, unit)
		if key == 0 || own.UnitNumber == nil {
			return &types.MissingController{InvalidDeviceSpec: *invalidSpec(index).(*types.InvalidDeviceSpec)}
		}
		for _, other := range s.devices {
			other := other.GetVirtualDevice()
			if other.ControllerKey == own.ControllerKey && other.UnitNumber != nil && *other.UnitNumber == unit {
				return invalidSpec(index)
			}
		}
		return s.give(index, own, key)
	case types.BaseVirtualEthernetCard:
		key := s.free(cardKey)
		number := key - cardKey + 7
		own.ControllerKey, own.UnitNumber = 100, &number
		if device.GetVirtualEthernetCard().AddressType == "" {
			device.GetVirtualEthernetCard().AddressType = string(types.VirtualEthernetCardMacTypeGenerated)
		}
		return s.give(index, own, key)
	case *types.VirtualFloppy:
		return s.numbered(index, own, floppyKey)
	case *types.VirtualSerialPort:
		return s.numbered(index, own, serialKey)
	case *types.VirtualParallelPort:
		return s.numbered(index, own, parallelKey)
	case types.BaseVirtualSoundCard:
		return s.give(index, own, soundKey)
	}
	return nil
}

// keyOn is the key of what is at a place of a controller, 0 where there is no such controller.
func (s *deviceSpecs) keyOn(controllerKey, unit int32) int32 {
	switch controller := s.devices.FindByKey(controllerKey).(type) {
	case types.BaseVirtualSCSIController:
		if unit == 7 {
			return 0
		}
		return diskKey + controller.GetVirtualSCSIController().BusNumber*16 + unit
	case types.BaseVirtualSATAController:
		return sataDiskKey + controller.GetVirtualSATAController().BusNumber*30 + unit
	case *types.VirtualNVMEController:
		return nvmeDiskKey + controller.BusNumber*15 + unit
	case *types.VirtualIDEController:
		return ideDriveKey + controller.BusNumber*2 + unit
	}
	return 0
}

func (s *deviceSpecs) numbered(index int, own *types.VirtualDevice, base int32) types.BaseMethodFault {
	key := s.free(base)
	number := key - base
	own.ControllerKey, own.UnitNumber = 400, &number
	return s.give(index, own, key)
}

func (s *deviceSpecs) give(index int, own *types.VirtualDevice, key int32) types.BaseMethodFault {
	if s.devices.FindByKey(key) != nil {
		return invalidSpec(index)
	}
	own.Key = key
	return nil
}

// free is the first key from a base that nothing has.
func (s *deviceSpecs) free(base int32) int32 {
	for s.devices.FindByKey(base) != nil {
		base++
	}
	return base
}

// finish sees to what the library does not.
func (s *deviceSpecs) finish(machine *simulator.VirtualMachine) {
	for _, disk := range s.existing {
		backing := disk.Backing.(types.BaseVirtualDeviceFileBackingInfo).GetVirtualDeviceFileBackingInfo()
		if capacity, _, failed := readDisk(fileOf(backing.FileName), backing.FileName); failed == nil && capacity != 0 {
			disk.CapacityInKB, disk.CapacityInBytes = capacity, capacity<<10
		}
	}
	for _, device := range machine.Config.Hardware.Device {
		switch device := device.(type) {
		case *types.VirtualDisk:
			if device.CapacityInBytes == 0 {
				device.CapacityInBytes = device.CapacityInKB << 10
			}
		case *types.VirtualMachineVideoCard:
			if s.video != nil && s.video.VideoRamSizeInKB != 0 {
				device.VideoRamSizeInKB = s.video.VideoRamSizeInKB
			}
		}
	}
}

// specsOfNew are those of a machine that is about to be made.
func specsOfNew(folder types.ManagedObjectReference) *deviceSpecs {
	datacenter := datacenterAbove(&folder)
	return &deviceSpecs{devices: append(object.VirtualDeviceList{}, esx.VirtualDevice...), datacenter: datacenter}
}

// specsOf are those of a machine.
func specsOf(machine *simulator.VirtualMachine) *deviceSpecs {
	return &deviceSpecs{
		devices:    append(object.VirtualDeviceList{}, machine.Config.Hardware.Device...),
		datacenter: datacenterAbove(machine.Parent),
		running:    machine.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn,
	}
}

// numberCards gives the cards that the library has made the keys that a host gives them.
func numberCards(machine *mo.VirtualMachine) {
	key := int32(cardKey)
	for _, device := range machine.Config.Hardware.Device {
		if card, ok := device.(types.BaseVirtualEthernetCard); ok {
			card.GetVirtualEthernetCard().Key = key
			key++
		}
	}
}
