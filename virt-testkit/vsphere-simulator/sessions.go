package main

import (
	"net/http"
	"sync"

	"github.com/vmware/govmomi/vim25/soap"
)

// session is one that is logged in.
type session struct {
	user string
	// Closed when it ends.
	ended chan struct{}
}

// sessions are those that are logged in. The library has its own list, which cannot be reached: a session that is not
// in this one is none to it either, because its cookie does not get there.
type sessions struct {
	mutex sync.Mutex
	open  map[string]*session
}

func newSessions() *sessions {
	return &sessions{open: make(map[string]*session)}
}

// admit finds the session of a request, and takes away the cookie of one that has ended.
func (s *sessions) admit(r *http.Request) *session {
	found := s.of(cookieOf(r))
	if found == nil {
		r.Header.Del("Cookie")
	}
	return found
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
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, cookie := range answer.Cookies() {
		if cookie.Name == soap.SessionCookieName {
			s.open[cookie.Value] = &session{user: called.user, ended: make(chan struct{})}
		}
	}
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
