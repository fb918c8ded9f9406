package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// completeViews adds to the views that are asked for what the library forgets: it tells them of a new machine before that
// is on its host, and those that begin at a host or above it in a cluster never hear of it.
func completeViews(ctx *simulator.Context, specs []types.PropertyFilterSpec) {
	for _, spec := range specs {
		for _, set := range spec.ObjectSet {
			if view, ok := ctx.Session.Get(set.Obj).(*simulator.ContainerView); ok {
				simulator.Map.WithLock(view, func() { completeView(view) })
			}
		}
	}
}

func completeView(view *simulator.ContainerView) {
	if !showsMachines(view) {
		return
	}
	shown := make(map[types.ManagedObjectReference]bool, len(view.View))
	for _, reference := range view.View {
		shown[reference] = true
	}
	for _, entity := range simulator.Map.All("VirtualMachine") {
		machine := entity.(*simulator.VirtualMachine)
		if !shown[machine.Self] && isBelow(machine, view.Container) {
			view.View = append(view.View, machine.Self)
		}
	}
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
