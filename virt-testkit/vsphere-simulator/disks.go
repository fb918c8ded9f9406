package main

import (
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func init() {
	own["VirtualDiskManager.CreateVirtualDisk_Task"] = createDisk
	own["VirtualDiskManager.ExtendVirtualDisk_Task"] = extendDisk
	own["VirtualDiskManager.CopyVirtualDisk_Task"] = copyDisk
	own["VirtualDiskManager.ZeroFillVirtualDisk_Task"] = zeroFillDisk
	own["HostDatastoreBrowser.SearchDatastore_Task"] = searchDatastore
	own["HostDatastoreBrowser.SearchDatastoreSubFolders_Task"] = searchDatastore
	own["HostStorageSystem.RescanHba"] = func(c *call) soap.HasFault { return c.returns(nil) }
	own["HostStorageSystem.RescanAllHba"] = func(c *call) soap.HasFault { return c.returns(nil) }
}

// createDisk has the library make the files, and gives them a size and a descriptor.
func createDisk(c *call) soap.HasFault {
	request := c.body.(*types.CreateVirtualDisk_Task)
	kind, capacity := "thin", int64(0)
	if request.Spec != nil {
		kind = request.Spec.GetVirtualDiskSpec().DiskType
	}
	if spec, ok := request.Spec.(*types.FileBackedVirtualDiskSpec); ok {
		capacity = spec.CapacityKb
	}
	if capacity <= 0 {
		return fault(&types.InvalidArgument{InvalidProperty: "spec.capacityKb"})
	}
	if kind != "thin" && !c.front.plan.hasRoom(capacity<<10) {
		return c.failed(&types.NoDiskSpace{FileFault: types.FileFault{File: request.Name}})
	}
	said := c.library()
	if _, failed := infoOf(said); failed != nil {
		return said
	}
	writeDisk(fileIn(request.Datacenter, request.Name), capacity, kind)
	return said
}

func extendDisk(c *call) soap.HasFault {
	request := c.body.(*types.ExtendVirtualDisk_Task)
	return c.task(func() (types.AnyType, types.BaseMethodFault) {
		file := fileIn(request.Datacenter, request.Name)
		capacity, kind, failed := readDisk(file, request.Name)
		if failed != nil {
			return nil, failed
		}
		if request.NewCapacityKb < capacity {
			return nil, &types.InvalidArgument{InvalidProperty: "newCapacityKb"}
		}
		writeDisk(file, request.NewCapacityKb, kind)
		return nil, nil
	})
}

func zeroFillDisk(c *call) soap.HasFault {
	request := c.body.(*types.ZeroFillVirtualDisk_Task)
	return c.task(func() (types.AnyType, types.BaseMethodFault) {
		file := fileIn(request.Datacenter, request.Name)
		capacity, kind, failed := readDisk(file, request.Name)
		if failed != nil {
			return nil, failed
		}
		// A hole reads as zeros.
		if os.Truncate(flatOf(file), 0) != nil {
			return nil, &types.CannotAccessFile{FileFault: types.FileFault{File: request.Name}}
		}
		writeDisk(file, capacity, kind)
		return nil, nil
	})
}

// copyDisk has the library copy the files, and makes the descriptor that of the copy.
func copyDisk(c *call) soap.HasFault {
	request := c.body.(*types.CopyVirtualDisk_Task)
	capacity, kind, failed := readDisk(fileIn(request.SourceDatacenter, request.SourceName), request.SourceName)
	if failed != nil {
		return c.failed(failed)
	}
	said := c.library()
	if _, failed := infoOf(said); failed != nil {
		return said
	}
	if request.DestSpec != nil {
		kind = request.DestSpec.GetVirtualDiskSpec().DiskType
	}
	writeDisk(fileIn(request.DestDatacenter, request.DestName), capacity, kind)
	return said
}

// fileIn is where a file of a datacenter's datastore is on this machine: other datacenters may have one of the same name.
func fileIn(datacenter *types.ManagedObjectReference, datastorePath string) string {
	var at object.DatastorePath
	if datacenter == nil || !at.FromString(datastorePath) {
		return fileOf(datastorePath)
	}
	for _, entity := range simulator.Map.All("Datastore") {
		store := entity.(*simulator.Datastore)
		holder := datacenterAbove(store.Parent)
		if store.Name == at.Datastore && holder != nil && holder.Self == *datacenter {
			return path.Join(store.Info.GetDatastoreInfo().Url, path.Join("/", at.Path))
		}
	}
	return ""
}

// allocated is how much room a file takes.
func allocated(file string) int64 {
	const block = 512
	var info syscall.Stat_t
	if syscall.Stat(file, &info) != nil {
		return 0
	}
	return info.Blocks * block
}

func flatOf(file string) string { return strings.TrimSuffix(file, ".vmdk") + "-flat.vmdk" }

// writeDisk writes the descriptor of a disk, and makes its data as large; what is in the data stays.
func writeDisk(file string, capacityKB int64, kind string) {
	sectors := capacityKB * 2
	flat := flatOf(file)
	_ = os.Truncate(flat, capacityKB<<10)
	descriptor := "# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType=\"vmfs\"\n\n" +
		fmt.Sprintf("RW %d VMFS \"%s\"\n\n", sectors, flat[strings.LastIndex(flat, "/")+1:]) +
		"ddb.adapterType = \"lsilogic\"\n"
	if kind == "thin" {
		descriptor += "ddb.thinProvisioned = \"1\"\n"
	}
	_ = os.WriteFile(file, []byte(descriptor), 0o600)
}

// readDisk reads from the descriptor how large a disk is, and of which kind.
func readDisk(file, name string) (capacityKB int64, kind string, failed types.BaseMethodFault) {
	text, err := os.ReadFile(file)
	if file == "" || err != nil {
		return 0, "", &types.FileNotFound{FileFault: types.FileFault{File: name}}
	}
	kind = "preallocated"
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) > 2 && words[0] == "RW" {
			sectors, _ := strconv.ParseInt(words[1], 10, 64)
			capacityKB = sectors / 2
		}
		if strings.HasPrefix(line, "ddb.thinProvisioned") {
			kind = "thin"
		}
	}
	return capacityKB, kind, nil
}

// searchDatastore adds to what the library finds how large disks are, where that was asked for.
func searchDatastore(c *call) soap.HasFault {
	switch request := c.body.(type) {
	case *types.SearchDatastore_Task:
		request.SearchSpec = everything(request.SearchSpec)
	case *types.SearchDatastoreSubFolders_Task:
		request.SearchSpec = everything(request.SearchSpec)
	}
	said := c.library()
	returned, failed := infoOf(said)
	if failed != nil {
		return said
	}
	switch results := returned.(type) {
	case types.HostDatastoreBrowserSearchResults:
		completeFiles(&results)
	case types.ArrayOfHostDatastoreBrowserSearchResults:
		for i := range results.HostDatastoreBrowserSearchResults {
			completeFiles(&results.HostDatastoreBrowserSearchResults[i])
		}
	}
	return said
}

// everything has a search without a pattern find all there is.
func everything(spec *types.HostDatastoreBrowserSearchSpec) *types.HostDatastoreBrowserSearchSpec {
	if spec == nil {
		spec = new(types.HostDatastoreBrowserSearchSpec)
	}
	if len(spec.MatchPattern) == 0 {
		spec.MatchPattern = []string{"*"}
	}
	return spec
}

func completeFiles(results *types.HostDatastoreBrowserSearchResults) {
	var at object.DatastorePath
	directory := ""
	if at.FromString(results.FolderPath) && results.Datastore != nil {
		store := simulator.Map.Get(*results.Datastore).(*simulator.Datastore)
		directory = path.Join(store.Info.GetDatastoreInfo().Url, path.Join("/", at.Path))
		// As hosts write it: no slash at the beginning, and one at the end of what is not the datastore itself.
		at.Path = strings.Trim(at.Path, "/")
		if at.Path != "" {
			at.Path += "/"
		}
		results.FolderPath = at.String()
	}
	for _, file := range results.File {
		disk, ok := file.(*types.VmDiskFileInfo)
		if !ok {
			continue
		}
		name := disk.Path
		capacity, kind, failed := readDisk(directory+"/"+name, name)
		if failed != nil || capacity == 0 {
			continue
		}
		disk.CapacityKb = capacity
		disk.DiskType = "VirtualDiskFlatVer2BackingInfo"
		disk.Thin = types.NewBool(kind == "thin")
		disk.HardwareVersion = 13
		if disk.FileSize == 0 {
			continue
		}
		// That of all of its files: of a thin one what was written.
		disk.FileSize = capacity << 10
		if kind == "thin" {
			disk.FileSize = allocated(flatOf(directory + "/" + name))
		}
	}
}

// completeDisks gives the disks of the machines that there are from the start their size.
func completeDisks(machine *simulator.VirtualMachine) {
	for _, device := range machine.Config.Hardware.Device {
		disk, ok := device.(*types.VirtualDisk)
		if !ok {
			continue
		}
		backing, ok := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
		if !ok {
			continue
		}
		file := fileOf(backing.FileName)
		if capacity, _, failed := readDisk(file, backing.FileName); failed == nil && capacity == 0 {
			kind := "preallocated"
			if backing.ThinProvisioned != nil && *backing.ThinProvisioned {
				kind = "thin"
			}
			writeDisk(file, disk.CapacityInKB, kind)
		}
	}
}
