package main

import (
	"net/http"
	"sync"
	"time"

	"github.com/vmware/govmomi/vim25/soap"
)

// session is one that is logged in.
type session struct {
	user string
	// Closed when it ends.
	ended chan struct{}
	// Ends it when nobody uses it; nil while there is no limit.
	idle *time.Timer
}

// sessions are those that are logged in. The library has its own list, which cannot be reached: a session that is not
// in this one is none to it either, because its cookie does not get there.
type sessions struct {
	mutex sync.Mutex
	open  map[string]*session
	// How long one lasts that nobody uses, 0 for ever. Whoever waits for updates does not use it meanwhile: real servers
	// may be more patient.
	limit time.Duration
}

func init() {
	controls["idle"] = counted("ms", func(_ *plan, millis int, _ asked) {
		theFront.sessions.limitIdle(time.Duration(millis) * time.Millisecond)
	})
}

func newSessions() *sessions {
	return &sessions{open: make(map[string]*session)}
}

// admit finds the session of a request, and takes away the cookie of one that has ended.
func (s *sessions) admit(r *http.Request) *session {
	found := s.of(cookieOf(r))
	if found == nil {
		r.Header.Del("Cookie")
	} else {
		s.use(cookieOf(r))
	}
	return found
}

// limitIdle lets sessions that nobody uses last so long, from now on.
func (s *sessions) limitIdle(limit time.Duration) {
	s.mutex.Lock()
	s.limit = limit
	keys := make([]string, 0, len(s.open))
	for key := range s.open {
		keys = append(keys, key)
	}
	s.mutex.Unlock()
	for _, key := range keys {
		s.use(key)
	}
}

// use notes that a session is used now.
func (s *sessions) use(key string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, ok := s.open[key]
	if !ok {
		return
	}
	if found.idle != nil {
		found.idle.Stop()
		found.idle = nil
	}
	if s.limit > 0 {
		found.idle = time.AfterFunc(s.limit, func() {
			s.mutex.Lock()
			defer s.mutex.Unlock()
			s.end(key)
		})
	}
}

// of is the session with this key, if there is one.
func (s *sessions) of(key string) *session {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.open[key]
}

// learn sees from an answer who has logged in or out.
func (s *sessions) learn(header http.Header, called called, key string, code int) {
	answer := http.Response{Header: header}
	for _, cookie := range answer.Cookies() {
		if cookie.Name == soap.SessionCookieName {
			s.mutex.Lock()
			s.open[cookie.Value] = &session{user: called.user, ended: make(chan struct{})}
			s.mutex.Unlock()
			s.use(cookie.Value)
		}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if called.method == "Logout" && code == http.StatusOK {
		s.end(key)
	}
}

// endAll ends all of them, and says how many there were.
func (s *sessions) endAll() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	count := len(s.open)
	for key := range s.open {
		s.end(key)
	}
	return count
}

// end ends one; the lock is held.
func (s *sessions) end(key string) {
	if found, ok := s.open[key]; ok {
		close(found.ended)
		delete(s.open, key)
	}
}
