package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// compare looks at all filters, and tells what is other than what was told last. The lock is held.
func (p *collector) compare(ctx *simulator.Context) ([]types.PropertyFilterUpdate, *soap.Fault) {
	told := make(map[types.ManagedObjectReference]map[types.ManagedObjectReference]properties)
	var found []types.PropertyFilterUpdate
	theFront.moving.refresh(movingInterval)
	for _, reference := range p.Filter {
		filter, ok := ctx.Session.Get(reference).(*simulator.PropertyFilter)
		if !ok {
			continue
		}
		spec := filter.Spec
		// An object that has gone leaves the filter.
		spec.ReportMissingObjectsInResults = types.NewBool(true)
		objects, fault := p.retrieve(ctx, []types.PropertyFilterSpec{spec})
		if fault != nil {
			return nil, fault
		}
		before := p.updates.told[reference]
		now := make(map[types.ManagedObjectReference]properties, len(objects))
		update := types.PropertyFilterUpdate{Filter: reference}
		for _, object := range objects {
			current := make(properties, len(object.PropSet))
			for _, property := range object.PropSet {
				current[property.Name] = written(property.Val)
			}
			now[object.Obj] = current
			if changed, ok := difference(object, before, current); ok {
				update.ObjectSet = append(update.ObjectSet, changed)
			}
		}
		for object := range before {
			if _, ok := now[object]; !ok {
				leaving := types.ObjectUpdate{Kind: types.ObjectUpdateKindLeave, Obj: object}
				update.ObjectSet = append(update.ObjectSet, leaving)
			}
		}
		told[reference] = now
		if len(update.ObjectSet) > 0 {
			found = append(found, update)
		}
	}
	p.updates.told = told
	return found, nil
}

// difference is what has changed of an object that a filter has.
func difference(
	object types.ObjectContent, before map[types.ManagedObjectReference]properties, current properties,
) (types.ObjectUpdate, bool) {
	last, known := before[object.Obj]
	update := types.ObjectUpdate{Kind: types.ObjectUpdateKindModify, Obj: object.Obj}
	if !known {
		update.Kind = types.ObjectUpdateKindEnter
		update.MissingSet = object.MissingSet
	}
	for _, property := range object.PropSet {
		if value, ok := last[property.Name]; ok && value == current[property.Name] {
			continue
		}
		update.ChangeSet = append(update.ChangeSet, types.PropertyChange{
			Name: property.Name, Op: types.PropertyChangeOpAssign, Val: property.Val,
		})
	}
	for name := range last {
		if _, ok := current[name]; !ok {
			unset := types.PropertyChange{Name: name, Op: types.PropertyChangeOpAssign}
			update.ChangeSet = append(update.ChangeSet, unset)
		}
	}
	return update, !known || len(update.ChangeSet) > 0
}

// listener rings the bell at every change in the library's registry, and follows the machines' power.
type listener struct{}

func (listener) Reference() types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: "Listener", Value: "listener"}
}

func (listener) PutObject(object mo.Reference) {
	if task, ok := object.(*simulator.Task); ok && task.Info.Entity != nil {
		completeTask(task)
	}
	changes.ring()
}

func (listener) RemoveObject(gone types.ManagedObjectReference) {
	if gone.Type == "VirtualMachine" {
		forget(gone)
	}
	changes.ring()
}

// forget drops what is kept of a machine elsewhere.
func forget(machine types.ManagedObjectReference) {
	withoutTools.Delete(machine)
	guests.Delete(machine)
	questions.mutex.Lock()
	delete(questions.open, machine)
	questions.mutex.Unlock()
	for _, entity := range simulator.Map.All("HostSystem") {
		host := entity.(*simulator.HostSystem)
		if manager, ok := simulator.Map.Get(*host.ConfigManager.AutoStartManager).(*autostart); ok {
			simulator.Map.WithLock(manager, func() { manager.forget(machine) })
		}
	}
}

func (listener) UpdateObject(object mo.Reference, changed []types.PropertyChange) {
	defer changes.ring()
	if task, ok := object.(*mo.Task); ok && task.Info.Error != nil {
		// The library gives the name of a Go type.
		task.Info.Error.LocalizedMessage = messageOf(task.Info.Error.Fault)
	}
	machine, ok := object.(*mo.VirtualMachine)
	if !ok {
		return
	}
	for _, change := range changed {
		if change.Name == "runtime.powerState" {
			followBoot(machine)
			followPower(machine)
		}
	}
}
