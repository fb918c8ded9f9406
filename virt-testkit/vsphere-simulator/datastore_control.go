package main

import (
	"fmt"
	"os"
	"path"
	"reflect"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

func init() {
	controls["make-disk"] = makeDisk
	controls["make-file"] = makeFile
	controls["remove-file"] = func(_ *front, ask asked) (interface{}, error) {
		return true, os.Remove(fileOf(ask.text("path")))
	}
	controls["has-file"] = func(_ *front, ask asked) (interface{}, error) {
		_, err := os.Stat(fileOf(ask.text("path")))
		return err == nil, nil
	}
	controls["devices"] = tellDevices
}

// makeDisk is the control that makes a disk which no machine has.
func makeDisk(_ *front, ask asked) (interface{}, error) {
	capacity, err := ask.number("kib")
	if err != nil {
		return nil, err
	}
	file := fileOf(ask.text("path"))
	if file == "" {
		return nil, fmt.Errorf("there is no such datastore: %q", ask.text("path"))
	}
	if err := os.MkdirAll(path.Dir(file), 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(flatOf(file), nil, 0o600); err != nil {
		return nil, err
	}
	writeDisk(file, int64(capacity), "thin")
	return true, nil
}

// makeFile is the control that makes a file of nothing but zeros.
func makeFile(_ *front, ask asked) (interface{}, error) {
	size, err := ask.number("bytes")
	if err != nil {
		return nil, err
	}
	file := fileOf(ask.text("path"))
	if file == "" {
		return nil, fmt.Errorf("there is no such datastore: %q", ask.text("path"))
	}
	if err := os.MkdirAll(path.Dir(file), 0o700); err != nil {
		return nil, err
	}
	return true, os.WriteFile(file, make([]byte, size), 0o600)
}

// toldDevice is a device as the library has it, whoever asks.
type toldDevice struct {
	Kind       string `json:"kind"`
	Key        int32  `json:"key"`
	Controller int32  `json:"controller"`
	Unit       *int32 `json:"unit"`
	Backing    string `json:"backing"`
	Name       string `json:"name"`
	Address    string `json:"address"`
	Capacity   int64  `json:"capacity"`
	Connected  bool   `json:"connected"`
}

// tellDevices is the control that tells the devices of a machine.
func tellDevices(_ *front, ask asked) (interface{}, error) {
	named := machineNamed(ask.text("vm"))
	if named == nil {
		return nil, errNoMachine(ask.text("vm"))
	}
	machine := simulator.Map.Get(named.Reference()).(*simulator.VirtualMachine)
	told := []toldDevice{}
	simulator.Map.WithLock(machine, func() {
		for _, device := range machine.Config.Hardware.Device {
			told = append(told, tellDevice(device))
		}
	})
	return told, nil
}

func tellDevice(device types.BaseVirtualDevice) toldDevice {
	own := device.GetVirtualDevice()
	told := toldDevice{
		Kind: reflect.TypeOf(device).Elem().Name(), Key: own.Key, Controller: own.ControllerKey, Unit: own.UnitNumber,
	}
	if own.Backing != nil {
		told.Backing = reflect.TypeOf(own.Backing).Elem().Name()
	}
	switch backing := own.Backing.(type) {
	case types.BaseVirtualDeviceFileBackingInfo:
		told.Name = backing.GetVirtualDeviceFileBackingInfo().FileName
	case types.BaseVirtualDeviceDeviceBackingInfo:
		told.Name = backing.GetVirtualDeviceDeviceBackingInfo().DeviceName
	case *types.VirtualSerialPortURIBackingInfo:
		told.Name = backing.ServiceURI
	case *types.VirtualEthernetCardDistributedVirtualPortBackingInfo:
		told.Name = backing.Port.PortgroupKey
	}
	switch device := device.(type) {
	case *types.VirtualDisk:
		told.Capacity = device.CapacityInBytes
	case types.BaseVirtualEthernetCard:
		told.Address = device.GetVirtualEthernetCard().MacAddress
	}
	if own.Connectable != nil {
		told.Connected = own.Connectable.Connected
	}
	return told
}
