package main

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vmware/govmomi/vim25/soap"
)

// front is what every request meets first: it counts, makes the faults that were asked for, knows the sessions, and
// answers what the library does not.
type front struct {
	opts     options
	library  http.Handler
	plan     *plan
	sessions *sessions
	moving   *moving
	// Where the simulator listens, and the thumbprint of its certificate.
	hostPort   string
	thumbprint string
}

func newFront(opts options, library http.Handler) *front {
	return &front{
		opts:     opts,
		library:  library,
		plan:     newPlan(),
		sessions: newSessions(),
		moving:   &moving{began: time.Now()},
	}
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/control/"):
		f.serveControl(w, r)
	case r.Method == http.MethodPost && (r.URL.Path == "/sdk" || r.URL.Path == "/sdk/vimService"):
		f.serveSOAP(w, r)
	case r.URL.Path == "/folder" || strings.HasPrefix(r.URL.Path, "/folder/"):
		f.serveFolder(w, r)
	case r.URL.Path == "/screen":
		f.serveScreen(w, r)
	case r.URL.Path == guestFilePath:
		serveGuestFile(w, r)
	default:
		f.library.ServeHTTP(w, r)
	}
}

func (f *front) serveSOAP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	called := peek(body)
	if !f.plan.arrive(w, r, called.method, f.opts.delay) {
		return
	}
	key := cookieOf(r)
	session := f.sessions.admit(r)
	if called.method == "Login" && f.plan.isLocked(called.user) {
		answerFault(w, "Login failure", invalidLogin())
		return
	}
	if bytes.Contains(body, []byte(">Network<")) {
		linkNetworks()
	}
	if !reads(called.method) {
		// What the library changes without telling.
		defer changes.ring()
	}
	if f.answerHere(w, called, session, body) {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := &answerBuffer{header: w.Header(), code: http.StatusOK}
	f.library.ServeHTTP(answer, r)
	f.sessions.learn(w.Header(), called, key, answer.code)
	out := typeArrayItems(answer.body.Bytes())
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(out)))
	w.WriteHeader(answer.code)
	_, _ = w.Write(out)
}

// reads tells whether a method only looks.
func reads(method string) bool {
	for _, start := range []string{"Retrieve", "ContinueRetrieve", "Wait", "Check", "Query", "Find", "Login"} {
		if strings.HasPrefix(method, start) {
			return true
		}
	}
	return false
}

// answerBuffer keeps what the library answers, so that it can be changed.
type answerBuffer struct {
	header http.Header
	body   bytes.Buffer
	code   int
}

func (a *answerBuffer) Header() http.Header         { return a.header }
func (a *answerBuffer) Write(b []byte) (int, error) { return a.body.Write(b) }
func (a *answerBuffer) WriteHeader(code int)        { a.code = code }

// cookieOf is the session that a request names.
func cookieOf(r *http.Request) string {
	cookie, err := r.Cookie(soap.SessionCookieName)
	if err != nil {
		return ""
	}
	return cookie.Value
}

func sleepMillis(millis int) {
	if millis > 0 {
		time.Sleep(time.Duration(millis) * time.Millisecond)
	}
}
