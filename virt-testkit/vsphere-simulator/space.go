package main

import (
	"errors"
	"io"
	"net/http"
)

// errNoRoom is what a datastore says that is full.
var errNoRoom = errors.New("there is no room")

// hasRoom tells whether there is room for so many bytes.
func (p *plan) hasRoom(bytes int64) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.room < 0 || bytes <= p.room
}

// bounded reads as much as there is room for.
func (p *plan) bounded(from io.Reader) io.Reader {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.room < 0 {
		return from
	}
	return &boundedReader{from: from, left: p.room}
}

type boundedReader struct {
	from io.Reader
	left int64
}

func (b *boundedReader) Read(into []byte) (int, error) {
	count, err := b.from.Read(into)
	b.left -= int64(count)
	if b.left < 0 {
		return 0, errNoRoom
	}
	return count, err
}

// cutter is a writer that ends the connection after so many bytes, where a test has asked for it.
func (p *plan) cutter(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if len(p.cuts) == 0 || r.Method != http.MethodGet {
		return w
	}
	left := p.cuts[0]
	p.cuts = p.cuts[1:]
	return &cutWriter{ResponseWriter: w, left: left}
}

type cutWriter struct {
	http.ResponseWriter
	left int
}

func (c *cutWriter) Write(data []byte) (int, error) {
	if len(data) < c.left {
		c.left -= len(data)
		return c.ResponseWriter.Write(data)
	}
	_, _ = c.ResponseWriter.Write(data[:c.left])
	if flusher, ok := c.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
	panic(http.ErrAbortHandler)
}
