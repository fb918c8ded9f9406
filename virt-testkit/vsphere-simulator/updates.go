package main

import (
	"bytes"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vim25/xml"
)

// updates is what a collector has told its session: per filter, object and property the value that was told last.
type updates struct {
	version int
	told    map[types.ManagedObjectReference]map[types.ManagedObjectReference]properties
	// What has been found and not told yet, because an answer was cut short.
	rest []types.PropertyFilterUpdate
	// The last answer, for whoever lost it.
	answer *types.UpdateSet
	// Closed when another wait begins, or when the wait is cancelled.
	cancel chan struct{}
}

// properties are the values of an object, as they are written.
type properties map[string]string

// changes tells all who wait that something may have changed.
var changes = newBell()

// bell wakes all who wait for it.
type bell struct {
	mutex sync.Mutex
	next  chan struct{}
}

func newBell() *bell { return &bell{next: make(chan struct{})} }

func (b *bell) ring() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	close(b.next)
	b.next = make(chan struct{})
}

func (b *bell) heard() <-chan struct{} {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.next
}

// Whoever waits is told of values that move by themselves so often, as by real servers.
const movingInterval = 20 * time.Second

// WaitForUpdatesEx waits until there is something to tell.
func (p *collector) WaitForUpdatesEx(ctx *simulator.Context, r *types.WaitForUpdatesEx) soap.HasFault {
	cancel, fault := p.beginWait(r.Version)
	if fault != nil {
		return &methods.WaitForUpdatesExBody{Fault_: fault}
	}
	session := theFront.sessions.of(ctx.Session.Key)
	if session == nil {
		return &methods.WaitForUpdatesExBody{Fault_: notAuthenticated(p.Self)}
	}
	limit, most, once := waitOptions(r.Options)
	if set := p.again(r.Version); set != nil {
		return updated(set)
	}
	for {
		bell := changes.heard()
		set, fault := p.look(ctx, most)
		if fault != nil {
			return &methods.WaitForUpdatesExBody{Fault_: fault}
		}
		if set == nil && r.Version == "" {
			// The first answer comes at once, even with nothing in it.
			set = &types.UpdateSet{Version: strconv.Itoa(p.version())}
		}
		if set != nil {
			return updated(set)
		}
		if once {
			return updated(nil)
		}
		select {
		case <-bell:
		case <-time.After(movingInterval):
		case <-limit:
			return updated(nil)
		case <-cancel:
			return &methods.WaitForUpdatesExBody{Fault_: simulator.Fault("", new(types.RequestCanceled))}
		case <-session.ended:
			return &methods.WaitForUpdatesExBody{Fault_: notAuthenticated(p.Self)}
		}
	}
}

// CheckForUpdates does not wait.
func (p *collector) CheckForUpdates(ctx *simulator.Context, r *types.CheckForUpdates) soap.HasFault {
	none := int32(0)
	body := p.WaitForUpdatesEx(ctx, &types.WaitForUpdatesEx{
		This: r.This, Version: r.Version, Options: &types.WaitOptions{MaxWaitSeconds: &none},
	}).(*methods.WaitForUpdatesExBody)
	if body.Fault_ != nil {
		return &methods.CheckForUpdatesBody{Fault_: body.Fault_}
	}
	return &methods.CheckForUpdatesBody{Res: &types.CheckForUpdatesResponse{Returnval: body.Res.Returnval}}
}

// WaitForUpdates is the elder one, which waits for ever.
func (p *collector) WaitForUpdates(ctx *simulator.Context, r *types.WaitForUpdates) soap.HasFault {
	body := p.WaitForUpdatesEx(ctx, &types.WaitForUpdatesEx{This: r.This, Version: r.Version})
	said := body.(*methods.WaitForUpdatesExBody)
	if said.Fault_ != nil {
		return &methods.WaitForUpdatesBody{Fault_: said.Fault_}
	}
	return &methods.WaitForUpdatesBody{Res: &types.WaitForUpdatesResponse{Returnval: *said.Res.Returnval}}
}

// CancelWaitForUpdates ends the wait that there is.
func (p *collector) CancelWaitForUpdates(*types.CancelWaitForUpdates) soap.HasFault {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.endWait()
	return &methods.CancelWaitForUpdatesBody{Res: new(types.CancelWaitForUpdatesResponse)}
}

// beginWait ends the wait that there may be, and judges the version from which the next one begins.
func (p *collector) beginWait(version string) (<-chan struct{}, *soap.Fault) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	state := &p.updates
	if version == "" {
		state.told, state.rest, state.answer = nil, nil, nil
	} else if known, err := strconv.Atoi(version); err != nil || known > state.version || known < state.version-1 {
		return nil, simulator.Fault("", new(types.InvalidCollectorVersion))
	}
	p.endWait()
	state.cancel = make(chan struct{})
	return state.cancel, nil
}

// endWait is called with the lock held.
func (p *collector) endWait() {
	if p.updates.cancel != nil {
		close(p.updates.cancel)
		p.updates.cancel = nil
	}
}

// again is the last answer, for whoever asks from the version before it.
func (p *collector) again(version string) *types.UpdateSet {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if version != "" && version == strconv.Itoa(p.updates.version-1) {
		return p.updates.answer
	}
	return nil
}

// look finds what has changed, and cuts it to what is told at once.
func (p *collector) look(ctx *simulator.Context, most int) (*types.UpdateSet, *soap.Fault) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	state := &p.updates
	found := state.rest
	if len(found) == 0 {
		var fault *soap.Fault
		if found, fault = p.compare(ctx); fault != nil {
			return nil, fault
		}
	}
	if len(found) == 0 {
		if state.version == 0 {
			state.version = 1
		}
		return nil, nil
	}
	now, rest := cut(found, most)
	state.rest = rest
	state.version++
	state.answer = &types.UpdateSet{Version: strconv.Itoa(state.version), FilterSet: now}
	if len(rest) > 0 {
		state.answer.Truncated = types.NewBool(true)
	}
	return state.answer, nil
}

func (p *collector) version() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.updates.version
}

// cut takes as many objects from the front as may be told at once; a test can have asked for just one.
func cut(found []types.PropertyFilterUpdate, most int) (now, rest []types.PropertyFilterUpdate) {
	count := 0
	for _, filter := range found {
		count += len(filter.ObjectSet)
	}
	if count > 1 && theFront.plan.truncates() {
		most = 1
	}
	if most <= 0 || count <= most {
		return found, nil
	}
	for i, filter := range found {
		if len(filter.ObjectSet) <= most {
			now = append(now, filter)
			most -= len(filter.ObjectSet)
			continue
		}
		head, tail := filter, filter
		head.ObjectSet, tail.ObjectSet = filter.ObjectSet[:most], filter.ObjectSet[most:]
		if most > 0 {
			now = append(now, head)
		}
		return now, append([]types.PropertyFilterUpdate{tail}, found[i+1:]...)
	}
	return now, nil
}

func waitOptions(options *types.WaitOptions) (limit <-chan time.Time, most int, once bool) {
	if options == nil {
		return nil, 0, false
	}
	if options.MaxWaitSeconds != nil {
		seconds := time.Duration(*options.MaxWaitSeconds)
		limit, once = time.After(seconds*time.Second), seconds == 0
	}
	return limit, int(options.MaxObjectUpdates), once
}

func updated(set *types.UpdateSet) soap.HasFault {
	return &methods.WaitForUpdatesExBody{Res: &types.WaitForUpdatesExResponse{Returnval: set}}
}

func notAuthenticated(object types.ManagedObjectReference) *soap.Fault {
	return simulator.Fault("The session is not authenticated.", &types.NotAuthenticated{
		NoPermission: types.NoPermission{Object: object, PrivilegeId: "System.View"},
	})
}

// written is a value as text, to compare it: what is simple by itself, and anything else as it would be sent.
func written(value types.AnyType) string {
	switch plain := value.(type) {
	case string:
		return plain
	case time.Time:
		return plain.String()
	case types.ManagedObjectReference:
		return plain.String()
	}
	switch plain := reflect.Indirect(reflect.ValueOf(value)); plain.Kind() {
	case reflect.String:
		return plain.String()
	case reflect.Bool:
		return strconv.FormatBool(plain.Bool())
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(plain.Int(), 10)
	}
	var out bytes.Buffer
	_ = xml.NewEncoder(&out).EncodeElement(struct {
		Val types.AnyType `xml:"val,typeattr"`
	}{value}, xml.StartElement{Name: xml.Name{Local: "v"}})
	return out.String()
}
