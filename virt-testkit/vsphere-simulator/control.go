package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// control does what a test asks for.
type control func(f *front, ask asked) (interface{}, error)

// controls are the things that a test can ask for: POST /control/NAME?PARAMETER=VALUE.
var controls = map[string]control{
	"end-sessions": func(f *front, _ asked) (interface{}, error) { return f.sessions.endAll(), nil },
	"reset-counts": func(f *front, _ asked) (interface{}, error) { return f.plan.takeCounts(true), nil },
	"unavailable":  counted("n", func(p *plan, n int, _ asked) { p.unavailable = n }),
	"reset":        counted("n", func(p *plan, n int, _ asked) { p.reset = n }),
	"room":         counted("bytes", func(p *plan, bytes int, _ asked) { p.room = int64(bytes) }),
	"cut":          counted("bytes", func(p *plan, bytes int, _ asked) { p.cuts = append(p.cuts, bytes) }),
	"delay": counted("ms", func(p *plan, millis int, ask asked) {
		method := ask.text("method")
		p.delays[method] = append(p.delays[method], millis)
	}),
	"slow": counted("ms", func(p *plan, millis int, ask asked) {
		method := ask.text("method")
		p.slow[method] = append(p.slow[method], slow{millis: millis})
	}),
	"most-measured": counted("n", func(p *plan, n int, _ asked) { p.measured = n }),
	"lock":          planned(func(p *plan, ask asked) { p.locked[ask.text("user")] = true }),
	"unlock":        planned(func(p *plan, ask asked) { delete(p.locked, ask.text("user")) }),
	"truncate":      planned(func(p *plan, _ asked) { p.truncations++ }),
	"crash":         planned(func(p *plan, ask asked) { p.crashing[ask.text("property")] = true }),
}

// planned is a control that changes the plan.
func planned(how func(p *plan, ask asked)) control {
	return func(f *front, ask asked) (interface{}, error) {
		return f.plan.change(func(p *plan) { how(p, ask) })
	}
}

// counted is one that needs a number.
func counted(name string, how func(p *plan, number int, ask asked)) control {
	return func(f *front, ask asked) (interface{}, error) {
		number, err := ask.number(name)
		if err != nil {
			return nil, err
		}
		return f.plan.change(func(p *plan) { how(p, number, ask) })
	}
}

func (f *front) serveControl(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/control/")
	if name == "counts" && r.Method == http.MethodGet {
		answerControl(w, f.plan.takeCounts(false), nil)
		return
	}
	run, ok := controls[name]
	switch {
	case !ok:
		http.Error(w, fmt.Sprintf("there is no control %q", name), http.StatusNotFound)
	case r.Method != http.MethodPost:
		http.Error(w, "controls are POST", http.StatusMethodNotAllowed)
	default:
		said, err := run(f, asked{r})
		answerControl(w, said, err)
	}
}

func answerControl(w http.ResponseWriter, said interface{}, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(said)
}

// asked is a request to the control, with its parameters.
type asked struct{ request *http.Request }

func (a asked) text(name string) string { return a.request.URL.Query().Get(name) }

func (a asked) number(name string) (int, error) {
	number, err := strconv.Atoi(a.text(name))
	if err != nil || number < 0 {
		return 0, fmt.Errorf("%s is not a number: %q", name, a.text(name))
	}
	return number, nil
}

func (p *plan) change(how func(p *plan)) (interface{}, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	how(p)
	return true, nil
}

func (p *plan) takeCounts(reset bool) map[string]int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	counts := make(map[string]int, len(p.counts))
	for method, count := range p.counts {
		counts[method] = count
	}
	if reset {
		p.counts = make(map[string]int)
	}
	return counts
}
