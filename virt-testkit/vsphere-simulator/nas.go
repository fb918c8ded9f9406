package main

import (
	"os"
	"path"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func init() {
	own["HostDatastoreSystem.CreateNasDatastore"] = createNAS
	own["HostDatastoreSystem.RemoveDatastore"] = removeDatastore
	own["Datastore.RefreshDatastore"] = refreshDatastore
}

// exports are the directories that stand for those of NFS servers.
var exports struct {
	mutex sync.Mutex
	paths []string
}

func removeExports() {
	exports.mutex.Lock()
	defer exports.mutex.Unlock()
	for _, at := range exports.paths {
		_ = os.RemoveAll(at)
	}
}

// createNAS mounts a directory of a server. The library takes the name of the datastore for a directory of this machine.
func createNAS(c *call) soap.HasFault {
	request := *c.body.(*types.CreateNasDatastore)
	system := simulator.Map.Get(c.this).(*simulator.HostDatastoreSystem)
	name := request.Spec.LocalPath
	if name == "" || request.Spec.RemoteHost == "" || request.Spec.RemotePath == "" {
		return fault(&types.InvalidArgument{InvalidProperty: "spec"})
	}
	at, err := os.MkdirTemp("", "vsphere-nas-")
	if err != nil {
		return fault(new(types.HostConfigFault))
	}
	exports.mutex.Lock()
	exports.paths = append(exports.paths, at)
	exports.mutex.Unlock()
	request.Spec.LocalPath = path.Join(at, name)
	if os.Mkdir(request.Spec.LocalPath, 0o700) != nil {
		return fault(&types.InvalidName{Name: name})
	}
	said := callLibrary(c.ctx, system, c.name, &request)
	if said.Fault() != nil {
		return said
	}
	store := simulator.Map.Get(resultOf(said).(types.ManagedObjectReference)).(*simulator.Datastore)
	store.Host = []types.DatastoreHostMount{mountAt(system.Host.Self, "/vmfs/volumes/"+name)}
	if info, ok := store.Info.(*types.NasDatastoreInfo); ok {
		info.Nas.Name = name
		info.Nas.Type = request.Spec.Type
	}
	return said
}

// removeDatastore unmounts a datastore that no machine has files in.
func removeDatastore(c *call) soap.HasFault {
	request := c.body.(*types.RemoveDatastore)
	system := simulator.Map.Get(c.this).(*simulator.HostDatastoreSystem)
	store, ok := simulator.Map.Get(request.Datastore).(*simulator.Datastore)
	if !ok {
		return fault(&types.ManagedObjectNotFound{Obj: request.Datastore})
	}
	said := callLibrary(c.ctx, store, "Destroy_Task", &types.Destroy_Task{This: request.Datastore})
	if _, failed := infoOf(said); failed != nil {
		return fault(failed)
	}
	simulator.RemoveReference(&system.Datastore, request.Datastore)
	return c.returns(nil)
}

// refreshDatastore answers where the library says nothing at all.
func refreshDatastore(c *call) soap.HasFault {
	if said := c.library(); said.Fault() != nil {
		return said
	}
	return c.returns(nil)
}
