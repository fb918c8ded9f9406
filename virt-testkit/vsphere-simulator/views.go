package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// correctViews has the views that are asked for show the machines that are there now. The library tells them of a new
// machine before that is on its host, so that those that begin at a host or above it in a cluster never hear of it, and it
// does not tell them that one has moved.
func correctViews(ctx *simulator.Context, specs []types.PropertyFilterSpec) {
	for _, spec := range specs {
		for _, set := range spec.ObjectSet {
			if view, ok := ctx.Session.Get(set.Obj).(*simulator.ContainerView); ok {
				simulator.Map.WithLock(view, func() { correctView(view) })
			}
		}
	}
}

func correctView(view *simulator.ContainerView) {
	if !showsMachines(view) || !hasMachines(view.Container) {
		return
	}
	var shown []types.ManagedObjectReference
	for _, reference := range view.View {
		if reference.Type != "VirtualMachine" {
			shown = append(shown, reference)
		}
	}
	for _, entity := range simulator.Map.All("VirtualMachine") {
		machine := entity.(*simulator.VirtualMachine)
		if isBelow(machine, view.Container) {
			shown = append(shown, machine.Self)
		}
	}
	view.View = shown
}

// hasMachines tells whether machines run on an object: on a host, or on the hosts of a cluster.
func hasMachines(container types.ManagedObjectReference) bool {
	switch container.Type {
	case "HostSystem", "ComputeResource", "ClusterComputeResource":
		return true
	}
	return false
}

func showsMachines(view *simulator.ContainerView) bool {
	for _, kind := range view.Type {
		if kind == "VirtualMachine" || kind == "ManagedEntity" {
			return true
		}
	}
	return len(view.Type) == 0
}

// isBelow tells whether a machine is on a host, or on one of a cluster's.
func isBelow(machine *simulator.VirtualMachine, container types.ManagedObjectReference) bool {
	if machine.Runtime.Host == nil {
		return false
	}
	if *machine.Runtime.Host == container {
		return true
	}
	host, ok := simulator.Map.Get(*machine.Runtime.Host).(*simulator.HostSystem)
	return ok && host.Parent != nil && *host.Parent == container
}
