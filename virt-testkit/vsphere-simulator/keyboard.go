package main

import (
	"fmt"
	"strings"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// keyboards are the machines' keyboards and buttons.
var keyboards = struct {
	mutex  sync.Mutex
	struck map[types.ManagedObjectReference][]string
}{struck: make(map[types.ManagedObjectReference][]string)}

func init() {
	own["VirtualMachine.PutUsbScanCodes"] = putScanCodes
	own["VirtualMachine.SendNMI"] = sendNMI
	controls["keys"] = struckKeys
}

// strike keeps what was struck at a machine.
func strike(machine *simulator.VirtualMachine, what ...string) {
	keyboards.mutex.Lock()
	defer keyboards.mutex.Unlock()
	keyboards.struck[machine.Self] = append(keyboards.struck[machine.Self], what...)
}

// struckKeys is the control that tells what was struck at a machine.
func struckKeys(_ *front, ask asked) (interface{}, error) {
	machine := machineNamed(ask.text("vm"))
	if machine == nil {
		return nil, errNoMachine(ask.text("vm"))
	}
	keyboards.mutex.Lock()
	defer keyboards.mutex.Unlock()
	return append([]string{}, keyboards.struck[machine.Self]...), nil
}

func putScanCodes(c *call) soap.HasFault {
	if failed := isOn(c.machine()); failed != nil {
		return fault(failed)
	}
	events := c.body.(*types.PutUsbScanCodes).Spec.KeyEvents
	for _, event := range events {
		const keyboardPage = 7
		if event.UsbHidCode&0xffff != keyboardPage {
			return fault(&types.InvalidArgument{InvalidProperty: "spec.keyEvents.usbHidCode"})
		}
		strike(c.machine(), heldWith(event.Modifiers)+fmt.Sprintf("0x%02x", event.UsbHidCode>>16))
	}
	return c.returns(int32(len(events)))
}

// heldWith names the modifiers that are held.
func heldWith(held *types.UsbScanCodeSpecModifierType) string {
	if held == nil {
		return ""
	}
	var names strings.Builder
	for _, one := range []struct {
		name string
		held *bool
	}{
		{"leftControl", held.LeftControl}, {"leftShift", held.LeftShift}, {"leftAlt", held.LeftAlt},
		{"leftGui", held.LeftGui}, {"rightControl", held.RightControl}, {"rightShift", held.RightShift},
		{"rightAlt", held.RightAlt}, {"rightGui", held.RightGui},
	} {
		if one.held != nil && *one.held {
			names.WriteString(one.name + "+")
		}
	}
	return names.String()
}

func sendNMI(c *call) soap.HasFault {
	if failed := isOn(c.machine()); failed != nil {
		return fault(failed)
	}
	strike(c.machine(), "nmi")
	return c.returns(nil)
}
