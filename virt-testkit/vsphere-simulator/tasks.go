package main

import (
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func init() {
	own["Task.CancelTask"] = cancelTask
}

// task runs what a method does as a task that is over when its reference is answered, as those of the library are.
func (c *call) task(run func() (types.AnyType, types.BaseMethodFault)) soap.HasFault {
	task := simulator.CreateTask(simulator.Map.Get(c.this), c.taskName(), func(*simulator.Task) (
		types.AnyType, types.BaseMethodFault,
	) {
		return run()
	})
	return c.returns(task.Run())
}

// failed is a task that has failed.
func (c *call) failed(with types.BaseMethodFault) soap.HasFault {
	return c.task(func() (types.AnyType, types.BaseMethodFault) { return nil, with })
}

// taskName is the name of a task as the library makes it from that of its method.
func (c *call) taskName() string {
	name := strings.Replace(strings.TrimSuffix(c.name, "_Task"), "VM", "Vm", 1)
	return strings.ToLower(name[:1]) + name[1:]
}

// returns answers with a value, or with none.
func (c *call) returns(value interface{}) soap.HasFault {
	answer := done{name: c.name + "Response", Res: &struct{}{}}
	if value == nil {
		return answer
	}
	kind, tag := reflect.TypeOf(value), `xml:"returnval"`
	if kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Interface {
		tag = `xml:"returnval,typeattr"`
	}
	holder := reflect.New(reflect.StructOf([]reflect.StructField{
		{Name: "Returnval", Type: kind, Tag: reflect.StructTag(tag)},
	}))
	holder.Elem().Field(0).Set(reflect.ValueOf(value))
	answer.Res = holder.Interface()
	return answer
}

// infoOf is what has become of a task that the library has run.
func infoOf(said soap.HasFault) (types.AnyType, types.BaseMethodFault) {
	if fault := said.Fault(); fault != nil {
		return nil, fault.Detail.Fault.(types.BaseMethodFault)
	}
	reference, ok := resultOf(said).(types.ManagedObjectReference)
	if !ok {
		return nil, nil
	}
	task, ok := simulator.Map.Get(reference).(*simulator.Task)
	if !ok {
		return nil, nil
	}
	if task.Info.Error != nil {
		return nil, task.Info.Error.Fault
	}
	return task.Info.Result, nil
}

// resultOf is what an answer without a fault returns.
func resultOf(said soap.HasFault) interface{} {
	answer := reflect.Indirect(reflect.ValueOf(said)).FieldByName("Res").Elem()
	if answer.Kind() == reflect.Ptr {
		answer = answer.Elem()
	}
	value := answer.FieldByName("Returnval")
	if !value.IsValid() {
		return nil
	}
	return value.Interface()
}

// slow is how the next task of a method goes: it takes its time, or waits for the answer to a question.
type slow struct {
	millis   int
	question *question
}

// cancels has, for each task that can be cancelled, what cancels it.
var cancels sync.Map

// slowly answers with a task that runs on, and does what the method does at its end.
func (c *call) slowly(how slow, run method) soap.HasFault {
	object := simulator.Map.Get(c.this)
	task := simulator.CreateTask(object, c.taskName(), nil)
	now := time.Now()
	cancelled := make(chan struct{})
	var once sync.Once
	cancels.Store(task.Self, func() { once.Do(func() { close(cancelled) }) })
	simulator.Map.Update(task, []types.PropertyChange{
		{Name: "info.startTime", Val: now},
		{Name: "info.state", Val: types.TaskInfoStateRunning},
		{Name: "info.cancelable", Val: true},
		{Name: "info.progress", Val: int32(0)},
	})
	go func() {
		var result types.AnyType
		var failed types.BaseMethodFault = new(types.RequestCanceled)
		if how.waits(task, object, cancelled) {
			var inner soap.HasFault
			simulator.Map.WithLock(object, func() { inner = run(c) })
			result, failed = infoOf(inner)
		}
		cancels.Delete(task.Self)
		endTask(task, result, failed)
	}()
	return c.returns(task.Self)
}

// waits spends the time of a slow task, and tells whether nobody has cancelled it.
func (how slow) waits(task *simulator.Task, object mo.Reference, cancelled <-chan struct{}) bool {
	var answered <-chan struct{}
	if how.question != nil {
		answered = how.question.put(object)
	} else {
		none := make(chan struct{})
		close(none)
		answered = none
	}
	const steps = 10
	for step := int32(1); step <= steps; step++ {
		select {
		case <-cancelled:
			return false
		case <-time.After(time.Duration(how.millis) * time.Millisecond / steps):
			simulator.Map.Update(task, []types.PropertyChange{{Name: "info.progress", Val: step * 100 / steps}})
		}
	}
	select {
	case <-cancelled:
		return false
	case <-answered:
		return true
	}
}

// recent is how many tasks are remembered with what they are of.
const recent = 20

// completeTask says of a new task what it is of, as real ones do, and there that there is one.
func completeTask(task *simulator.Task) {
	if snapshot, ok := simulator.Map.Get(*task.Info.Entity).(*simulator.VirtualMachineSnapshot); ok {
		task.Info.Entity = &snapshot.Vm
	}
	entity, ok := simulator.Map.Get(*task.Info.Entity).(mo.Entity)
	if !ok {
		return
	}
	// The library gives the reference.
	task.Info.EntityName = entity.Entity().Name
	tasks := append([]types.ManagedObjectReference{}, entity.Entity().RecentTask...)
	if tasks = append(tasks, task.Self); len(tasks) > recent {
		tasks = tasks[len(tasks)-recent:]
	}
	entity.Entity().RecentTask = tasks
}

func endTask(task *simulator.Task, result types.AnyType, failed types.BaseMethodFault) {
	state, said := types.TaskInfoStateSuccess, types.AnyType(nil)
	if failed != nil {
		state = types.TaskInfoStateError
		said = types.LocalizedMethodFault{Fault: failed, LocalizedMessage: messageOf(failed)}
	}
	simulator.Map.Update(task, []types.PropertyChange{
		{Name: "info.completeTime", Val: time.Now()},
		{Name: "info.cancelable", Val: false},
		{Name: "info.result", Val: result},
		{Name: "info.error", Val: said},
		{Name: "info.state", Val: state},
	})
}

// cancelTask cancels a task that still runs.
func cancelTask(c *call) soap.HasFault {
	task := simulator.Map.Get(c.this).(*simulator.Task)
	if cancel, ok := cancels.Load(task.Self); ok {
		cancel.(func())()
		return c.returns(nil)
	}
	if task.Info.State == types.TaskInfoStateRunning || task.Info.State == types.TaskInfoStateQueued {
		return fault(new(types.NotSupported))
	}
	return fault(new(types.InvalidState))
}
