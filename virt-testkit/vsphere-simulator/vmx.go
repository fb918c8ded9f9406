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
	// At once, so that nobody reads half of it.
	next := file + "~"
	if os.WriteFile(next, []byte(text.String()), 0o600) == nil {
		_ = os.Rename(next, file)
	}
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
		"guestOS":              guestVMX(config.GuestId),
		"uuid.bios":            uuidVMX(config.Uuid),
		"vc.uuid":              uuidVMX(config.InstanceUuid),
		"memsize":              strconv.Itoa(int(config.Hardware.MemoryMB)),
		"numvcpus":             strconv.Itoa(int(config.Hardware.NumCPU)),
		"cpuid.coresPerSocket": strconv.Itoa(int(config.Hardware.NumCoresPerSocket)),
	}
	if config.Firmware == string(types.GuestOsDescriptorFirmwareTypeEfi) {
		entries["firmware"] = config.Firmware
	}
	addFlag := func(key string, flag *bool) {
		if flag != nil && *flag {
			entries[key] = "TRUE"
		}
	}
	if config.BootOptions != nil {
		addFlag("uefi.secureBoot.enabled", config.BootOptions.EfiSecureBootEnabled)
	}
	addFlag("vhv.enable", config.NestedHVEnabled)
	addFlag("vcpu.hotadd", config.CpuHotAddEnabled)
	addFlag("mem.hotadd", config.MemoryHotAddEnabled)
	addAllocation(entries, "mem", "minSize", config.MemoryAllocation)
	addAllocation(entries, "cpu", "min", config.CpuAllocation)
	if config.CpuAffinity != nil && len(config.CpuAffinity.AffinitySet) > 0 {
		set := strings.Trim(fmt.Sprint(config.CpuAffinity.AffinitySet), "[]")
		entries["sched.cpu.affinity"] = strings.ReplaceAll(set, " ", ",")
	}
	if config.Annotation != "" {
		entries["annotation"] = config.Annotation
	}
	for _, extra := range config.ExtraConfig {
		if option := extra.GetOptionValue(); option.Key != "govcsim" {
			entries[option.Key] = fmt.Sprint(option.Value)
		}
	}
	addDevices(entries, path.Dir(config.Files.VmPathName), config.Hardware.Device)
	return entries
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
