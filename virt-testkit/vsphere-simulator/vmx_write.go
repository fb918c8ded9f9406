package main

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vim25/types"
)

// guestVMX is the name that a VMX file has for a guest.
func guestVMX(id string) string {
	name := strings.ToLower(strings.Replace(strings.Replace(id, "Guest", "", 1), "_", "", -1))
	if strings.HasSuffix(name, "64") {
		return strings.TrimSuffix(name, "64") + "-64"
	}
	return name
}

func addAllocation(entries map[string]string, kind, minimum string, allocation *types.ResourceAllocationInfo) {
	if allocation == nil {
		return
	}
	if allocation.Reservation != nil && *allocation.Reservation > 0 {
		entries["sched."+kind+"."+minimum] = strconv.FormatInt(*allocation.Reservation, 10)
	}
	if allocation.Limit != nil && *allocation.Limit >= 0 {
		entries["sched."+kind+".max"] = strconv.FormatInt(*allocation.Limit, 10)
	}
	if shares := allocation.Shares; shares != nil {
		switch shares.Level {
		case types.SharesLevelCustom:
			entries["sched."+kind+".shares"] = strconv.Itoa(int(shares.Shares))
		case types.SharesLevelNormal, "":
		default:
			entries["sched."+kind+".shares"] = string(shares.Level)
		}
	}
}

// deviceWriter writes the lines of a machine's devices.
type deviceWriter struct {
	entries   map[string]string
	directory string
	devices   object.VirtualDeviceList
	buses     map[int32]string
}

// addDevices adds the controllers, disks, drives, cards and ports.
func addDevices(entries map[string]string, directory string, devices object.VirtualDeviceList) {
	w := deviceWriter{entries: entries, directory: directory, devices: devices, buses: make(map[int32]string)}
	for _, device := range devices {
		w.addController(device)
	}
	for _, device := range devices {
		w.addDevice(device)
	}
}

func (w *deviceWriter) addController(device types.BaseVirtualDevice) {
	present := func(key int32, name string) {
		w.buses[key] = name
		w.entries[name+".present"] = "TRUE"
	}
	switch controller := device.(type) {
	case types.BaseVirtualSCSIController:
		scsi := controller.GetVirtualSCSIController()
		name := fmt.Sprintf("scsi%d", scsi.BusNumber)
		present(scsi.Key, name)
		w.entries[name+".virtualDev"] = scsiModel(device)
		switch scsi.SharedBus {
		case types.VirtualSCSISharingVirtualSharing:
			w.entries[name+".sharedBus"] = "virtual"
		case types.VirtualSCSISharingPhysicalSharing:
			w.entries[name+".sharedBus"] = "physical"
		}
	case types.BaseVirtualSATAController:
		sata := controller.GetVirtualSATAController()
		present(sata.Key, fmt.Sprintf("sata%d", sata.BusNumber))
	case *types.VirtualNVMEController:
		present(controller.Key, fmt.Sprintf("nvme%d", controller.BusNumber))
	case *types.VirtualIDEController:
		w.buses[controller.Key] = fmt.Sprintf("ide%d", controller.BusNumber)
	case *types.VirtualUSBController:
		w.entries["usb.present"] = "TRUE"
		if controller.EhciEnabled != nil && *controller.EhciEnabled {
			w.entries["ehci.present"] = "TRUE"
		}
	case *types.VirtualUSBXHCIController:
		w.entries["usb_xhci.present"] = "TRUE"
	}
}

func (w *deviceWriter) addDevice(device types.BaseVirtualDevice) {
	base := device.GetVirtualDevice()
	unit := int32(0)
	if base.UnitNumber != nil {
		unit = *base.UnitNumber
	}
	at := fmt.Sprintf("%s:%d", w.buses[base.ControllerKey], unit)
	switch device := device.(type) {
	case *types.VirtualDisk:
		w.addDisk(at, device)
	case *types.VirtualCdrom:
		w.addDrive(at, device)
	case *types.VirtualFloppy:
		w.addFloppy(fmt.Sprintf("floppy%d", base.Key-floppyKey), device)
	case types.BaseVirtualEthernetCard:
		w.addCard(fmt.Sprintf("ethernet%d", base.Key-cardKey), device)
	case *types.VirtualSerialPort:
		w.addSerial(fmt.Sprintf("serial%d", base.Key-serialKey), device)
	case *types.VirtualParallelPort:
		w.addPort(fmt.Sprintf("parallel%d", base.Key-parallelKey), device.Backing)
	case types.BaseVirtualSoundCard:
		w.entries["sound.present"] = "TRUE"
		w.entries["sound.virtualDev"] = soundModel(device)
	case *types.VirtualMachineVideoCard:
		w.entries["svga.present"] = "TRUE"
		if device.VideoRamSizeInKB > 0 {
			w.entries["svga.vramSize"] = strconv.FormatInt(device.VideoRamSizeInKB<<10, 10)
		}
	}
}

func (w *deviceWriter) addDisk(at string, disk *types.VirtualDisk) {
	w.entries[at+".present"] = "TRUE"
	switch {
	case strings.HasPrefix(at, "scsi"):
		w.entries[at+".deviceType"] = "scsi-hardDisk"
	case strings.HasPrefix(at, "ide"), strings.HasPrefix(at, "sata"):
		w.entries[at+".deviceType"] = "ata-hardDisk"
	}
	if backing, ok := disk.Backing.(types.BaseVirtualDeviceFileBackingInfo); ok {
		w.entries[at+".fileName"] = shortPath(w.directory, backing.GetVirtualDeviceFileBackingInfo().FileName)
	}
	if flat, ok := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo); ok {
		if flat.DiskMode != "" && flat.DiskMode != string(types.VirtualDiskModePersistent) {
			w.entries[at+".mode"] = strings.ReplaceAll(flat.DiskMode, "_", "-")
		}
		if flat.WriteThrough != nil && *flat.WriteThrough {
			w.entries[at+".writeThrough"] = "TRUE"
		}
		if flat.Sharing == string(types.VirtualDiskSharingSharingMultiWriter) {
			w.entries[at+".sharing"] = "multi-writer"
		}
	}
}

func (w *deviceWriter) addDrive(at string, drive *types.VirtualCdrom) {
	w.entries[at+".present"] = "TRUE"
	w.addConnection(at, drive.Connectable)
	switch backing := drive.Backing.(type) {
	case *types.VirtualCdromIsoBackingInfo:
		w.entries[at+".deviceType"] = "cdrom-image"
		w.entries[at+".fileName"] = w.imageName(backing.FileName)
	case *types.VirtualCdromRemotePassthroughBackingInfo, *types.VirtualCdromRemoteAtapiBackingInfo:
		w.entries[at+".deviceType"] = "cdrom-raw"
		w.entries[at+".clientDevice"] = "TRUE"
		w.entries[at+".fileName"] = "emptyBackingString"
	case *types.VirtualCdromPassthroughBackingInfo:
		w.entries[at+".deviceType"] = "cdrom-raw"
		w.entries[at+".fileName"] = hostDevice(backing.VirtualDeviceDeviceBackingInfo)
	case *types.VirtualCdromAtapiBackingInfo:
		w.entries[at+".deviceType"] = "atapi-cdrom"
		w.entries[at+".fileName"] = hostDevice(backing.VirtualDeviceDeviceBackingInfo)
	}
}

func (w *deviceWriter) imageName(file string) string {
	if strings.TrimSpace(strings.TrimPrefix(file, "[]")) == "" {
		return "emptyBackingString"
	}
	if strings.HasPrefix(file, "[]") {
		return strings.TrimSpace(strings.TrimPrefix(file, "[]"))
	}
	return shortPath(w.directory, file)
}

func hostDevice(backing types.VirtualDeviceDeviceBackingInfo) string {
	if backing.UseAutoDetect != nil && *backing.UseAutoDetect {
		return "auto detect"
	}
	if backing.DeviceName == "" {
		return "/dev/cdrom"
	}
	return backing.DeviceName
}

func (w *deviceWriter) addConnection(at string, connectable *types.VirtualDeviceConnectInfo) {
	if connectable != nil && !connectable.StartConnected {
		w.entries[at+".startConnected"] = "FALSE"
	}
}

func (w *deviceWriter) addFloppy(at string, floppy *types.VirtualFloppy) {
	w.entries[at+".present"] = "TRUE"
	w.addConnection(at, floppy.Connectable)
	switch backing := floppy.Backing.(type) {
	case *types.VirtualFloppyImageBackingInfo:
		w.entries[at+".fileType"] = "file"
		w.entries[at+".fileName"] = w.imageName(backing.FileName)
	case *types.VirtualFloppyDeviceBackingInfo:
		w.entries[at+".fileType"] = "device"
		w.entries[at+".fileName"] = hostDevice(backing.VirtualDeviceDeviceBackingInfo)
	default:
		w.entries[at+".clientDevice"] = "TRUE"
	}
}

func (w *deviceWriter) addSerial(at string, port *types.VirtualSerialPort) {
	w.addPort(at, port.Backing)
	if port.YieldOnPoll {
		w.entries[at+".yieldOnMsrRead"] = "TRUE"
	}
}

func (w *deviceWriter) addPort(at string, backing types.BaseVirtualDeviceBackingInfo) {
	w.entries[at+".present"] = "TRUE"
	switch backing := backing.(type) {
	case types.BaseVirtualDeviceFileBackingInfo:
		w.entries[at+".fileType"] = "file"
		w.entries[at+".fileName"] = w.imageName(backing.GetVirtualDeviceFileBackingInfo().FileName)
	case types.BaseVirtualDeviceDeviceBackingInfo:
		w.entries[at+".fileType"] = "device"
		w.entries[at+".fileName"] = hostDevice(*backing.GetVirtualDeviceDeviceBackingInfo())
	case *types.VirtualSerialPortPipeBackingInfo:
		w.entries[at+".fileType"] = "pipe"
		w.entries[at+".fileName"] = backing.PipeName
		w.entries[at+".pipe.endPoint"] = backing.Endpoint
		if backing.NoRxLoss != nil {
			w.entries[at+".tryNoRxLoss"] = strings.ToUpper(strconv.FormatBool(*backing.NoRxLoss))
		}
	case *types.VirtualSerialPortURIBackingInfo:
		w.entries[at+".fileType"] = "network"
		w.entries[at+".fileName"] = backing.ServiceURI
		w.entries[at+".network.endPoint"] = backing.Direction
		if backing.ProxyURI != "" {
			w.entries[at+".vspc"] = backing.ProxyURI
		}
	case *types.VirtualSerialPortThinPrintBackingInfo:
		w.entries[at+".fileType"] = "thinprint"
	}
}

// fileOfVMFS is a datastore's file as the host itself names it.
func fileOfVMFS(datastorePath string) string {
	var at object.DatastorePath
	if !at.FromString(datastorePath) || at.Datastore == "" {
		return ""
	}
	return path.Join("/vmfs/volumes", at.Datastore, at.Path)
}

func (w *deviceWriter) addCard(at string, device types.BaseVirtualEthernetCard) {
	card := device.GetVirtualEthernetCard()
	w.entries[at+".present"] = "TRUE"
	w.addConnection(at, card.Connectable)
	switch backing := card.Backing.(type) {
	case *types.VirtualEthernetCardNetworkBackingInfo:
		w.entries[at+".networkName"] = backing.DeviceName
	case *types.VirtualEthernetCardDistributedVirtualPortBackingInfo:
		w.entries[at+".dvs.switchId"] = uuidVMX(backing.Port.SwitchUuid)
		w.entries[at+".dvs.portgroupId"] = backing.Port.PortgroupKey
		if backing.Port.PortKey != "" {
			w.entries[at+".dvs.portId"] = backing.Port.PortKey
		}
	case *types.VirtualEthernetCardOpaqueNetworkBackingInfo:
		w.entries[at+".opaqueNetwork.id"] = backing.OpaqueNetworkId
		w.entries[at+".opaqueNetwork.type"] = backing.OpaqueNetworkType
	}
	switch types.VirtualEthernetCardMacType(card.AddressType) {
	case types.VirtualEthernetCardMacTypeManual:
		w.entries[at+".addressType"] = "static"
		w.entries[at+".address"] = card.MacAddress
	case types.VirtualEthernetCardMacTypeAssigned:
		w.entries[at+".addressType"] = "vpx"
		w.entries[at+".generatedAddress"] = card.MacAddress
	default:
		w.entries[at+".addressType"] = "generated"
		w.entries[at+".generatedAddress"] = card.MacAddress
		w.entries[at+".generatedAddressOffset"] = "0"
	}
	switch device.(type) {
	case *types.VirtualVmxnet3:
		w.entries[at+".virtualDev"] = "vmxnet3"
	case *types.VirtualVmxnet2:
		w.entries[at+".virtualDev"] = "vmxnet"
		w.entries[at+".features"] = "15"
	case *types.VirtualVmxnet:
		w.entries[at+".virtualDev"] = "vmxnet"
	case *types.VirtualE1000e:
		w.entries[at+".virtualDev"] = "e1000e"
	case *types.VirtualE1000:
		w.entries[at+".virtualDev"] = "e1000"
	}
}

func scsiModel(device types.BaseVirtualDevice) string {
	switch device.(type) {
	case *types.ParaVirtualSCSIController:
		return "pvscsi"
	case *types.VirtualLsiLogicSASController:
		return "lsisas1068"
	case *types.VirtualBusLogicController:
		return "buslogic"
	}
	return "lsilogic"
}

func soundModel(device types.BaseVirtualSoundCard) string {
	switch device.(type) {
	case *types.VirtualHdAudioCard:
		return "hdaudio"
	case *types.VirtualSoundBlaster16:
		return "sb16"
	}
	return "es1371"
}
