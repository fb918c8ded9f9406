package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// readConfiguration gives a machine that has been registered what its VMX file says: name, memory, processors, guest,
// note, UUID, disks, drives and cards.
func readConfiguration(ctx *simulator.Context, registered types.AnyType) {
	reference, ok := registered.(types.ManagedObjectReference)
	if !ok {
		return
	}
	machine := simulator.Map.Get(reference).(*simulator.VirtualMachine)
	entries := readVMX(fileOf(machine.Config.Files.VmPathName))
	number := func(key string) int64 {
		value, _ := strconv.ParseInt(entries[strings.ToLower(key)], 10, 64)
		return value
	}
	spec := types.VirtualMachineConfigSpec{
		NumCPUs:    int32(number("numvcpus")),
		MemoryMB:   number("memsize"),
		Annotation: entries["annotation"],
		Uuid:       uuidFromVMX(entries["uuid.bios"]),
		Firmware:   entries["firmware"],
	}
	if spec.Firmware == "" {
		spec.Firmware = string(types.GuestOsDescriptorFirmwareTypeBios)
	}
	if guest := guestIDOf(entries["guestos"]); guest != "" {
		spec.GuestId = guest
	}
	inner := contextOf(ctx.Session.UserName, reference)
	simulator.Map.WithLock(machine, func() {
		callLibrary(inner, machine, "ReconfigVM_Task", &types.ReconfigVM_Task{This: reference, Spec: spec})
		if name := entries["displayname"]; name != "" {
			simulator.Map.Update(machine, []types.PropertyChange{
				{Name: "name", Val: name},
				{Name: "config.name", Val: name},
				{Name: "summary.config.name", Val: name},
			})
		}
		addDevicesOf(machine, entries)
		stampChange(machine)
		allocate(machine)
	})
}

// readVMX reads the lines KEY = "VALUE"; keys are the same in capitals and small letters.
func readVMX(file string) map[string]string {
	entries := make(map[string]string)
	text, err := os.ReadFile(file)
	if err != nil {
		return entries
	}
	for _, line := range strings.Split(string(text), "\n") {
		parts := strings.SplitN(line, "=", 2)
		if len(parts) != 2 || strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		value := strings.Trim(strings.TrimSpace(parts[1]), "\"")
		entries[strings.ToLower(strings.TrimSpace(parts[0]))] = unescapeVMX(value)
	}
	return entries
}

func unescapeVMX(value string) string {
	var out strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] == '|' && i+2 < len(value) {
			if code, err := strconv.ParseUint(value[i+1:i+3], 16, 8); err == nil {
				out.WriteByte(byte(code))
				i += 2
				continue
			}
		}
		out.WriteByte(value[i])
	}
	return out.String()
}

func uuidFromVMX(value string) string {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(value)
	if len(digits) != 32 {
		return ""
	}
	return strings.Join([]string{digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]}, "-")
}

// guestIDOf is the API's name of a guest system, as far as the library knows one.
func guestIDOf(guest string) string {
	if guest == "" {
		return ""
	}
	wanted := strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(guest)) + "guest"
	for _, id := range simulator.GuestID {
		if strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(string(id))) == wanted {
			return string(id)
		}
	}
	return ""
}
