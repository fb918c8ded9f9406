package main

import (
	"fmt"
	"log"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// collector is a property collector with pages, and with updates that have versions. Each session has its own; the
// library makes it with all fields empty.
type collector struct {
	simulator.PropertyCollector

	mutex   sync.Mutex
	pages   map[string][]types.ObjectContent
	last    int
	updates updates
}

// theFront is for objects that the library makes, and that have no other way to it.
var theFront *front

// replaceCollector puts ours in the place of the library's.
func replaceCollector() {
	content := simulator.Map.Get(types.ManagedObjectReference{Type: "ServiceInstance", Value: "ServiceInstance"})
	ours := &collector{}
	ours.Self = content.(*simulator.ServiceInstance).Content.PropertyCollector
	simulator.Map.Put(ours)
}

// CreatePropertyCollector makes another one for the session.
func (p *collector) CreatePropertyCollector(ctx *simulator.Context, _ *types.CreatePropertyCollector) soap.HasFault {
	another := &collector{}
	another.Self.Type = "PropertyCollector"
	return &methods.CreatePropertyCollectorBody{
		Res: &types.CreatePropertyCollectorResponse{Returnval: ctx.Session.Put(another).Reference()},
	}
}

// RetrievePropertiesEx gives no more objects at a time than are asked for.
func (p *collector) RetrievePropertiesEx(ctx *simulator.Context, r *types.RetrievePropertiesEx) soap.HasFault {
	theFront.moving.refresh(time.Second)
	objects, fault := p.retrieve(ctx, r.SpecSet)
	if fault != nil {
		return &methods.RetrievePropertiesExBody{Fault_: fault}
	}
	body := &methods.RetrievePropertiesExBody{Res: new(types.RetrievePropertiesExResponse)}
	if len(objects) > 0 {
		body.Res.Returnval = p.page(objects, pageSize(r.Options.MaxObjects))
	}
	return body
}

// RetrieveProperties knows no pages.
func (p *collector) RetrieveProperties(ctx *simulator.Context, r *types.RetrieveProperties) soap.HasFault {
	theFront.moving.refresh(time.Second)
	objects, fault := p.retrieve(ctx, r.SpecSet)
	if fault != nil {
		return &methods.RetrievePropertiesBody{Fault_: fault}
	}
	return &methods.RetrievePropertiesBody{Res: &types.RetrievePropertiesResponse{Returnval: objects}}
}

// ContinueRetrievePropertiesEx gives the next page.
func (p *collector) ContinueRetrievePropertiesEx(
	_ *simulator.Context, r *types.ContinueRetrievePropertiesEx,
) soap.HasFault {
	p.mutex.Lock()
	objects, ok := p.pages[r.Token]
	delete(p.pages, r.Token)
	p.mutex.Unlock()
	if !ok {
		return &methods.ContinueRetrievePropertiesExBody{Fault_: unknownToken()}
	}
	// The page is as long as the first one was.
	size := len(objects)
	var of int
	if _, err := fmt.Sscanf(r.Token, "%d/", &of); err == nil {
		size = of
	}
	return &methods.ContinueRetrievePropertiesExBody{
		Res: &types.ContinueRetrievePropertiesExResponse{Returnval: *p.page(objects, size)},
	}
}

// CancelRetrievePropertiesEx forgets what is left.
func (p *collector) CancelRetrievePropertiesEx(
	_ *simulator.Context, r *types.CancelRetrievePropertiesEx,
) soap.HasFault {
	p.mutex.Lock()
	_, ok := p.pages[r.Token]
	delete(p.pages, r.Token)
	p.mutex.Unlock()
	if !ok {
		return &methods.CancelRetrievePropertiesExBody{Fault_: unknownToken()}
	}
	return &methods.CancelRetrievePropertiesExBody{Res: new(types.CancelRetrievePropertiesExResponse)}
}

func unknownToken() *soap.Fault {
	return simulator.Fault("A specified parameter was not correct: token",
		&types.InvalidArgument{InvalidProperty: "token"})
}

// page keeps what is over the size, under a token that begins with the size.
func (p *collector) page(objects []types.ObjectContent, size int) *types.RetrieveResult {
	if size <= 0 || len(objects) <= size {
		return &types.RetrieveResult{Objects: objects}
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.last++
	token := fmt.Sprintf("%d/%d", size, p.last)
	if p.pages == nil {
		p.pages = make(map[string][]types.ObjectContent)
	}
	p.pages[token] = objects[size:]
	return &types.RetrieveResult{Token: token, Objects: objects[:size]}
}

func pageSize(asked int32) int {
	own := theFront.opts.page
	if own > 0 && (asked <= 0 || int(asked) > own) {
		return own
	}
	return int(asked)
}

// retrieve collects with the library. A property that makes it crash is one that it does not have, except that a test
// has asked for a crash.
func (p *collector) retrieve(
	ctx *simulator.Context, specs []types.PropertyFilterSpec,
) (objects []types.ObjectContent, fault *soap.Fault) {
	if theFront.plan.crashes(specs) {
		panic("a test has asked for this property to end the connection")
	}
	showLatestEvent(specs)
	correctViews(ctx, specs)
	defer func() {
		if said := recover(); said != nil {
			log.Printf("the library does not collect %v: %v", specs, said)
			fault = simulator.Fault("", new(types.NotSupported))
		}
	}()
	request := &types.RetrievePropertiesEx{This: p.Self, SpecSet: specs}
	body := p.PropertyCollector.RetrievePropertiesEx(ctx, request).(*methods.RetrievePropertiesExBody)
	if body.Fault_ != nil {
		return nil, body.Fault_
	}
	return body.Res.Returnval.Objects, nil
}
