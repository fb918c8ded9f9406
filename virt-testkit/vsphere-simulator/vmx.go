package main

import (
	"fmt"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// writeConfiguration writes the machine's VMX file, which the library leaves empty.
func writeConfiguration(machine *simulator.VirtualMachine) {
	file := fileOf(machine.Config.Files.VmPathName)
	if file == "" {
		return
	}
	entries := entriesOf(machine)
	keys := make([]string, 0, len(entries))
	for key := range entries {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	var text strings.Builder
	text.WriteString(".encoding = \"UTF-8\"\n")
	for _, key := range keys {
		_, _ = fmt.Fprintf(&text, "%s = \"%s\"\n", key, escapeVMX(entries[key]))
	}
	_ = os.WriteFile(file, []byte(text.String()), 0o600)
}

// fileOf is where a datastore's file is on this machine.
func fileOf(datastorePath string) string {
	var at object.DatastorePath
	if !at.FromString(datastorePath) {
		return ""
	}
	for _, entity := range simulator.Map.All("Datastore") {
		if store := entity.(*simulator.Datastore); store.Name == at.Datastore {
			return path.Join(store.Info.GetDatastoreInfo().Url, path.Join("/", at.Path))
		}
	}
	return ""
}

// entriesOf is a machine as a VMX file has it.
func entriesOf(machine *simulator.VirtualMachine) map[string]string {
	config := machine.Config
	entries := map[string]string{
		"config.version":       "8",
		"virtualHW.version":    strings.TrimLeft(strings.TrimPrefix(config.Version, "vmx-"), "0"),
		"displayName":          machine.Name,
		"guestOS":              strings.TrimSuffix(strings.ToLower(strings.TrimSuffix(config.GuestId, "Guest")), "guest"),
		"uuid.bios":            uuidVMX(config.Uuid),
		"vc.uuid":              uuidVMX(config.InstanceUuid),
		"memsize":              strconv.Itoa(int(config.Hardware.MemoryMB)),
		"numvcpus":             strconv.Itoa(int(config.Hardware.NumCPU)),
		"cpuid.coresPerSocket": strconv.Itoa(int(config.Hardware.NumCoresPerSocket)),
	}
	if config.Firmware == string(types.GuestOsDescriptorFirmwareTypeEfi) {
		entries["firmware"] = config.Firmware
	}
	if config.Annotation != "" {
		entries["annotation"] = config.Annotation
	}
	addAllocations(entries, config)
	for _, extra := range config.ExtraConfig {
		if option := extra.GetOptionValue(); option.Key != "govcsim" {
			entries[option.Key] = fmt.Sprint(option.Value)
		}
	}
	addDevices(entries, path.Dir(config.Files.VmPathName), config.Hardware.Device)
	return entries
}

// addAllocations adds what is other than usual of the shares of a machine.
func addAllocations(entries map[string]string, config *types.VirtualMachineConfigInfo) {
	kinds := []struct {
		key  string
		info *types.ResourceAllocationInfo
		min  string
	}{
		{"sched.cpu", config.CpuAllocation, "min"}, {"sched.mem", config.MemoryAllocation, "minSize"},
	}
	for _, kind := range kinds {
		if kind.info == nil {
			continue
		}
		if reserved := kind.info.Reservation; reserved != nil && *reserved > 0 {
			entries[kind.key+".min"] = strconv.FormatInt(*reserved, 10)
			entries[kind.key+"."+kind.min] = strconv.FormatInt(*reserved, 10)
		}
		if limit := kind.info.Limit; limit != nil && *limit >= 0 {
			entries[kind.key+".max"] = strconv.FormatInt(*limit, 10)
		}
		if shares := kind.info.Shares; shares != nil && shares.Level == types.SharesLevelCustom {
			entries[kind.key+".shares"] = strconv.Itoa(int(shares.Shares))
		} else if shares != nil && shares.Level != types.SharesLevelNormal {
			entries[kind.key+".shares"] = string(shares.Level)
		}
	}
}

// addDevices adds the controllers, disks, drives and cards.
func addDevices(entries map[string]string, directory string, devices object.VirtualDeviceList) {
	buses := make(map[int32]string)
	card := 0
	for _, device := range devices {
		switch controller := device.(type) {
		case types.BaseVirtualSCSIController:
			scsi := controller.GetVirtualSCSIController()
			name := fmt.Sprintf("scsi%d", scsi.BusNumber)
			buses[scsi.Key] = name
			entries[name+".present"] = "TRUE"
			entries[name+".virtualDev"] = scsiModel(device)
		case *types.VirtualIDEController:
			buses[controller.Key] = fmt.Sprintf("ide%d", controller.BusNumber)
		case *types.VirtualAHCIController:
			name := fmt.Sprintf("sata%d", controller.BusNumber)
			buses[controller.Key] = name
			entries[name+".present"] = "TRUE"
		}
	}
	for _, device := range devices {
		base := device.GetVirtualDevice()
		unit := int32(0)
		if base.UnitNumber != nil {
			unit = *base.UnitNumber
		}
		at := fmt.Sprintf("%s:%d", buses[base.ControllerKey], unit)
		switch device := device.(type) {
		case *types.VirtualDisk:
			entries[at+".present"] = "TRUE"
			if strings.HasPrefix(at, "scsi") {
				entries[at+".deviceType"] = "scsi-hardDisk"
			} else if strings.HasPrefix(at, "ide") {
				entries[at+".deviceType"] = "ata-hardDisk"
			}
			if backing, ok := base.Backing.(types.BaseVirtualDeviceFileBackingInfo); ok {
				entries[at+".fileName"] = shortPath(directory, backing.GetVirtualDeviceFileBackingInfo().FileName)
			}
		case *types.VirtualCdrom:
			addDrive(entries, at, device)
		case types.BaseVirtualEthernetCard:
			addCard(entries, fmt.Sprintf("ethernet%d", card), device)
			card++
		}
	}
}

func addDrive(entries map[string]string, at string, drive *types.VirtualCdrom) {
	entries[at+".present"] = "TRUE"
	if backing, ok := drive.Backing.(*types.VirtualCdromIsoBackingInfo); ok {
		entries[at+".deviceType"] = "cdrom-image"
		entries[at+".fileName"] = backing.FileName
		if file := fileOfVMFS(backing.FileName); file != "" {
			entries[at+".fileName"] = file
		}
		return
	}
	entries[at+".deviceType"] = "atapi-cdrom"
	entries[at+".startConnected"] = "FALSE"
	entries[at+".fileName"] = "/dev/cdrom"
}

// fileOfVMFS is a datastore's file as the host itself names it.
func fileOfVMFS(datastorePath string) string {
	var at object.DatastorePath
	if !at.FromString(datastorePath) {
		return ""
	}
	return path.Join("/vmfs/volumes", at.Datastore, at.Path)
}

func addCard(entries map[string]string, at string, device types.BaseVirtualEthernetCard) {
	card := device.GetVirtualEthernetCard()
	entries[at+".present"] = "TRUE"
	entries[at+".networkName"] = "VM Network"
	if backing, ok := card.Backing.(*types.VirtualEthernetCardNetworkBackingInfo); ok {
		entries[at+".networkName"] = backing.DeviceName
	}
	entries[at+".connectionType"] = "bridged"
	if card.AddressType == string(types.VirtualEthernetCardMacTypeManual) {
		entries[at+".addressType"] = "static"
		entries[at+".address"] = card.MacAddress
	} else {
		entries[at+".addressType"] = "generated"
		entries[at+".generatedAddress"] = card.MacAddress
		entries[at+".generatedAddressOffset"] = "0"
	}
	switch device.(type) {
	case *types.VirtualVmxnet3:
		entries[at+".virtualDev"] = "vmxnet3"
	case *types.VirtualE1000e:
		entries[at+".virtualDev"] = "e1000e"
	case *types.VirtualE1000:
		entries[at+".virtualDev"] = "e1000"
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

// shortPath leaves out the directory that the VMX file itself is in.
func shortPath(directory, file string) string {
	if strings.HasPrefix(file, directory+"/") {
		return strings.TrimPrefix(file, directory+"/")
	}
	if full := fileOfVMFS(file); full != "" {
		return full
	}
	return file
}

// uuidVMX writes a UUID as VMX files do: 16 bytes in hex, with a dash in the middle.
func uuidVMX(uuid string) string {
	digits := strings.ReplaceAll(uuid, "-", "")
	if len(digits) != 32 {
		return uuid
	}
	var bytes []string
	for i := 0; i < len(digits); i += 2 {
		bytes = append(bytes, digits[i:i+2])
	}
	return strings.Join(bytes[:8], " ") + "-" + strings.Join(bytes[8:], " ")
}

// escapeVMX writes what would end a value as VMX files do.
func escapeVMX(value string) string {
	var out strings.Builder
	for _, char := range value {
		if char < ' ' || char == '"' || char == '|' {
			_, _ = fmt.Fprintf(&out, "|%02X", char)
		} else {
			out.WriteRune(char)
		}
	}
	return out.String()
}
