package main

import (
	"fmt"
	"path"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// deviceReader makes devices of the lines of a VMX file.
type deviceReader struct {
	entries   map[string]string
	directory string
	devices   object.VirtualDeviceList
}

// Where the keys of devices begin, as real hosts give them.
const (
	scsiKey  = 1000
	ideKey   = 200
	sataKey  = 15000
	diskKey  = 2000
	driveKey = 3000
	cardKey  = 4000
)

// addDevicesOf adds to a machine the devices that its VMX file has.
func addDevicesOf(machine *simulator.VirtualMachine, entries map[string]string) {
	reader := deviceReader{entries: entries, directory: path.Dir(machine.Config.Files.VmPathName)}
	for bus := int32(0); bus < 4; bus++ {
		reader.readBus("scsi", bus, scsiKey+bus, 16)
		reader.readBus("sata", bus, sataKey+bus, 30)
	}
	for bus := int32(0); bus < 2; bus++ {
		reader.readBus("ide", bus, ideKey+bus, 2)
	}
	for number := int32(0); number < 10; number++ {
		reader.readCard(number)
	}
	if len(reader.devices) == 0 {
		return
	}
	devices := append(object.VirtualDeviceList(machine.Config.Hardware.Device), reader.devices...)
	disks, cards := int32(0), int32(0)
	for _, device := range devices {
		switch device.(type) {
		case *types.VirtualDisk:
			disks++
		case types.BaseVirtualEthernetCard:
			cards++
		}
	}
	simulator.Map.Update(machine, []types.PropertyChange{
		{Name: "config.hardware.device", Val: []types.BaseVirtualDevice(devices)},
		{Name: "summary.config.numVirtualDisks", Val: disks},
		{Name: "summary.config.numEthernetCards", Val: cards},
	})
}

func (r *deviceReader) is(key string) bool {
	return strings.EqualFold(r.entries[strings.ToLower(key)], "true")
}

func (r *deviceReader) value(key string) string { return r.entries[strings.ToLower(key)] }

func describe(label, summary string) *types.Description {
	return &types.Description{Label: label, Summary: summary}
}

// readBus reads a controller, and what is at it.
func (r *deviceReader) readBus(kind string, bus, key, units int32) {
	name := fmt.Sprintf("%s%d", kind, bus)
	controller := types.VirtualController{BusNumber: bus}
	controller.Key = key
	controller.DeviceInfo = describe(fmt.Sprintf("%s controller %d", strings.ToUpper(kind), bus), kind)
	if r.is(name + ".present") {
		switch kind {
		case "scsi":
			r.devices = append(r.devices, scsiController(controller, r.value(name+".virtualDev")))
		case "sata":
			r.devices = append(r.devices, &types.VirtualAHCIController{
				VirtualSATAController: types.VirtualSATAController{VirtualController: controller},
			})
		}
	} else if kind != "ide" {
		return
	}
	for unit := int32(0); unit < units; unit++ {
		at := fmt.Sprintf("%s:%d", name, unit)
		if !r.is(at + ".present") {
			continue
		}
		number := unit
		device := types.VirtualDevice{ControllerKey: key, UnitNumber: &number}
		if strings.Contains(r.value(at+".deviceType"), "cdrom") {
			r.addDrive(device, at)
		} else {
			r.addDisk(device, at)
		}
	}
}

func scsiController(controller types.VirtualController, model string) types.BaseVirtualDevice {
	scsi := types.VirtualSCSIController{
		VirtualController: controller, SharedBus: types.VirtualSCSISharingNoSharing, ScsiCtlrUnitNumber: 7,
	}
	switch strings.ToLower(model) {
	case "pvscsi":
		return &types.ParaVirtualSCSIController{VirtualSCSIController: scsi}
	case "lsisas1068":
		return &types.VirtualLsiLogicSASController{VirtualSCSIController: scsi}
	case "buslogic":
		return &types.VirtualBusLogicController{VirtualSCSIController: scsi}
	}
	return &types.VirtualLsiLogicController{VirtualSCSIController: scsi}
}

// full is the datastore path of a file that a VMX file names.
func (r *deviceReader) full(file string) string {
	const volumes = "/vmfs/volumes/"
	if strings.HasPrefix(file, volumes) {
		parts := strings.SplitN(strings.TrimPrefix(file, volumes), "/", 2)
		if len(parts) == 2 {
			return "[" + parts[0] + "] " + parts[1]
		}
	}
	return r.directory + "/" + file
}

func (r *deviceReader) addDisk(device types.VirtualDevice, at string) {
	file := r.full(r.value(at + ".fileName"))
	capacity, kind, _ := readDisk(fileOf(file), file)
	disks := int32(len(r.devices.SelectByType((*types.VirtualDisk)(nil))))
	device.Key = diskKey + disks
	device.DeviceInfo = describe(fmt.Sprintf("Hard disk %d", disks+1), fmt.Sprintf("%d KB", capacity))
	device.Backing = &types.VirtualDiskFlatVer2BackingInfo{
		VirtualDeviceFileBackingInfo: types.VirtualDeviceFileBackingInfo{FileName: file},
		DiskMode:                     string(types.VirtualDiskModePersistent),
		ThinProvisioned:              types.NewBool(kind == "thin"),
	}
	r.devices = append(r.devices, &types.VirtualDisk{
		VirtualDevice: device, CapacityInKB: capacity, CapacityInBytes: capacity << 10,
	})
}

func (r *deviceReader) addDrive(device types.VirtualDevice, at string) {
	drives := int32(len(r.devices.SelectByType((*types.VirtualCdrom)(nil))))
	device.Key = driveKey + drives
	device.DeviceInfo = describe(fmt.Sprintf("CD/DVD drive %d", drives+1), "CD/DVD drive")
	name := r.value(at + ".fileName")
	if r.value(at+".deviceType") == "cdrom-image" && name == "emptyBackingString" {
		device.Backing = &types.VirtualCdromRemotePassthroughBackingInfo{}
	} else if r.value(at+".deviceType") == "cdrom-image" {
		device.Backing = &types.VirtualCdromIsoBackingInfo{
			VirtualDeviceFileBackingInfo: types.VirtualDeviceFileBackingInfo{FileName: r.full(r.value(at + ".fileName"))},
		}
	} else {
		device.Backing = &types.VirtualCdromAtapiBackingInfo{VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{
			DeviceName: r.value(at + ".fileName"),
		}}
	}
	device.Connectable = &types.VirtualDeviceConnectInfo{StartConnected: r.value(at+".startConnected") == ""}
	r.devices = append(r.devices, &types.VirtualCdrom{VirtualDevice: device})
}

func (r *deviceReader) readCard(number int32) {
	at := fmt.Sprintf("ethernet%d", number)
	if !r.is(at + ".present") {
		return
	}
	network := r.value(at + ".networkName")
	card := types.VirtualEthernetCard{AddressType: string(types.VirtualEthernetCardMacTypeGenerated)}
	card.Key = cardKey + number
	card.DeviceInfo = describe(fmt.Sprintf("Network adapter %d", number+1), network)
	card.Connectable = &types.VirtualDeviceConnectInfo{StartConnected: true, AllowGuestControl: true}
	card.Backing = &types.VirtualEthernetCardNetworkBackingInfo{
		VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{DeviceName: network},
	}
	card.MacAddress = strings.ToLower(r.value(at + ".generatedAddress"))
	if address := r.value(at + ".address"); address != "" {
		card.MacAddress, card.AddressType = strings.ToLower(address), string(types.VirtualEthernetCardMacTypeManual)
	}
	if card.MacAddress == "" {
		card.MacAddress = fmt.Sprintf("00:0c:29:00:00:%02x", number+1)
	}
	switch strings.ToLower(r.value(at + ".virtualDev")) {
	case "vmxnet3":
		r.devices = append(r.devices, &types.VirtualVmxnet3{VirtualVmxnet: types.VirtualVmxnet{VirtualEthernetCard: card}})
	case "e1000e":
		r.devices = append(r.devices, &types.VirtualE1000e{VirtualEthernetCard: card})
	case "e1000":
		r.devices = append(r.devices, &types.VirtualE1000{VirtualEthernetCard: card})
	default:
		r.devices = append(r.devices, &types.VirtualPCNet32{VirtualEthernetCard: card})
	}
}
