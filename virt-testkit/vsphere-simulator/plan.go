package main

import (
	"net"
	"net/http"
	"sync"

	"github.com/vmware/govmomi/vim25/types"
)

// plan is what a test has asked to go wrong, and what has been called.
type plan struct {
	mutex sync.Mutex
	// How many of the next calls are answered with 503, and how many lose their connection.
	unavailable int
	reset       int
	// For how many milliseconds the next call of a method waits.
	delays map[string][]int
	// Who cannot log in, whatever the password.
	locked map[string]bool
	counts map[string]int
	// How many of the next updates are cut after their first object.
	truncations int
	// Properties, as TYPE.PATH, of which the next one that is asked for ends the connection.
	crashing map[string]bool
	// How many bytes there is room for; negative for as many as anybody wants.
	room int64
	// After how many bytes the next files that are read are cut.
	cuts []int
	// How the next tasks of a method go.
	slow map[string][]slow
	// Whether there are no pictures by /screen.
	withoutScreens bool
	// About how many entities a query of performance may be, 0 for any number.
	measured int
}

func newPlan() *plan {
	return &plan{
		delays:   make(map[string][]int),
		locked:   make(map[string]bool),
		counts:   make(map[string]int),
		crashing: make(map[string]bool),
		slow:     make(map[string][]slow),
		room:     -1,
	}
}

// arrive counts a call and does with it what was asked for. It tells whether the call goes on.
func (p *plan) arrive(w http.ResponseWriter, r *http.Request, method string, delay int) bool {
	p.mutex.Lock()
	p.counts[method]++
	reset, unavailable := p.reset > 0, false
	if reset {
		p.reset--
	} else if unavailable = p.unavailable > 0; unavailable {
		p.unavailable--
	}
	if waiting := p.delays[method]; len(waiting) > 0 && !reset && !unavailable {
		delay += waiting[0]
		p.delays[method] = waiting[1:]
	}
	p.mutex.Unlock()
	if reset {
		resetConnection(w)
		return false
	}
	sleepMillis(delay)
	if unavailable {
		drain(r)
		http.Error(w, "503 Service Unavailable", http.StatusServiceUnavailable)
		return false
	}
	return true
}

func (p *plan) isLocked(user string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.locked[user]
}

func (p *plan) lacksScreens() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.withoutScreens
}

// truncates tells whether the update that is told now is cut.
func (p *plan) truncates() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.truncations == 0 {
		return false
	}
	p.truncations--
	return true
}

// slowness is how the task that begins now goes, where a test has asked for it.
func (p *plan) slowness(method string) *slow {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	waiting := p.slow[method]
	if len(waiting) == 0 {
		return nil
	}
	p.slow[method] = waiting[1:]
	return &waiting[0]
}

func (p *plan) mostMeasured() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.measured
}

// crashes tells whether one of the properties is one that has to end the connection, once.
func (p *plan) crashes(specs []types.PropertyFilterSpec) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, spec := range specs {
		for _, set := range spec.PropSet {
			for _, path := range set.PathSet {
				if name := set.Type + "." + path; p.crashing[name] {
					delete(p.crashing, name)
					return true
				}
			}
		}
	}
	return false
}

// resetConnection ends a connection the hard way: the peer sees a reset, and no answer.
func resetConnection(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	connection, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	lower := connection
	if wrapped, ok := lower.(interface{ NetConn() net.Conn }); ok {
		lower = wrapped.NetConn()
	}
	if tcp, ok := lower.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
		_ = tcp.Close()
	}
	_ = connection.Close()
}
