package main

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// call is a call of one of our own methods.
type call struct {
	front *front
	ctx   *simulator.Context
	name  string
	this  types.ManagedObjectReference
	// The request, a pointer to the type that is named after the method.
	body interface{}
}

// method is one of our own. What it returns has the fault or the answer.
type method func(c *call) soap.HasFault

// own are the methods that are answered here: those that the library lacks, and those that it answers otherwise than a
// real server does. The key is TYPE.METHOD.
var own = map[string]method{}

// answerHere answers a call if the method is one of our own, and tells whether it was.
func (f *front) answerHere(w http.ResponseWriter, called called, session *session, body []byte) bool {
	run, ok := own[called.this.Type+"."+called.method]
	slow := f.plan.slowness(called.method)
	if slow != nil && !ok {
		run, ok = (*call).library, true
	}
	if !ok {
		return false
	}
	if session == nil {
		answerFault(w, "", &types.NotAuthenticated{
			NoPermission: types.NoPermission{Object: called.this, PrivilegeId: "System.View"},
		})
		return true
	}
	request, err := simulator.UnmarshalBody(types.TypeFunc(), body)
	if err != nil {
		answerFault(w, err.Error(), new(types.InvalidRequest))
		return true
	}
	object := simulator.Map.Get(request.This)
	if object == nil {
		answerFault(w, "", &types.ManagedObjectNotFound{Obj: request.This})
		return true
	}
	c := &call{front: f, ctx: contextOf(session.user, request.This), name: request.Name, this: request.This}
	c.body = request.Body
	var said soap.HasFault
	if slow != nil {
		said = c.slowly(*slow, run)
	} else {
		simulator.Map.WithLock(object, func() { said = run(c) })
	}
	answer(w, said)
	return true
}

// contextOf is a context for calls into the library, on behalf of a user and with the lock of an object held.
func contextOf(user string, locked types.ManagedObjectReference) *simulator.Context {
	now := time.Now()
	return &simulator.Context{
		Context: context.Background(),
		Caller:  &locked,
		Map:     simulator.Map,
		Session: &simulator.Session{
			UserSession: types.UserSession{Key: "own", UserName: user, LoginTime: now, LastActiveTime: now},
			Registry:    simulator.NewRegistry(),
		},
	}
}

// library calls the library's own method of the same name, with the request as it is.
func (c *call) library() soap.HasFault {
	return callLibrary(c.ctx, simulator.Map.Get(c.this), c.name, c.body)
}

// callLibrary calls a method of an object by its name in the API.
func callLibrary(ctx *simulator.Context, object mo.Reference, name string, request interface{}) soap.HasFault {
	goName := strings.Title(name)
	if strings.HasSuffix(goName, "_Task") {
		goName = strings.TrimSuffix(goName, "_Task") + "Task"
	}
	function := reflect.ValueOf(object).MethodByName(goName)
	if !function.IsValid() {
		return fault(&types.MethodNotFound{Receiver: object.Reference(), Method: name})
	}
	var arguments []reflect.Value
	if function.Type().NumIn() == 2 {
		arguments = append(arguments, reflect.ValueOf(ctx))
	}
	arguments = append(arguments, reflect.ValueOf(request))
	return function.Call(arguments)[0].Interface().(soap.HasFault)
}

// faulty is an answer with nothing but a fault.
type faulty struct{ fault *soap.Fault }

func (f faulty) Fault() *soap.Fault { return f.fault }

func fault(is types.BaseMethodFault) soap.HasFault {
	return faulty{simulator.Fault(messageOf(is), is)}
}

func messageOf(is types.BaseMethodFault) string {
	return reflect.TypeOf(is).Elem().Name() + " occurred."
}

// done is an answer of our own: the name of its element, and a pointer to what is in it.
type done struct {
	name string
	Res  interface{}
}

func (done) Fault() *soap.Fault { return nil }

// machine is the machine that is called.
func (c *call) machine() *simulator.VirtualMachine {
	return simulator.Map.Get(c.this).(*simulator.VirtualMachine)
}
