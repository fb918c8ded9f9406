package main

import (
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"path"
	"sort"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// isLoggedIn tells whether a request for a file has the cookie of a session, or the name and password of a login.
func (f *front) isLoggedIn(r *http.Request) bool {
	if f.sessions.of(cookieOf(r)) != nil {
		return true
	}
	user, password, ok := r.BasicAuth()
	return ok && user == f.opts.user && password == f.opts.password && !f.plan.isLocked(user)
}

func askForLogin(w http.ResponseWriter, r *http.Request) {
	drain(r)
	w.Header().Set("WWW-Authenticate", `Basic realm="VMware HTTP server"`)
	http.Error(w, "401 Unauthorized", http.StatusUnauthorized)
}

// drain reads what is still to come of a request that is refused: a connection that is closed before that is reset, and
// the refusal does not get through.
func drain(r *http.Request) {
	const limit = 16 << 20
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, limit))
}

// serveFolder answers for the files of datastores: /folder/PATH?dcPath=DATACENTER&dsName=DATASTORE.
func (f *front) serveFolder(w http.ResponseWriter, r *http.Request) {
	if !f.plan.arrive(w, r, r.Method+" /folder", f.opts.delay) {
		return
	}
	if !f.isLoggedIn(r) {
		askForLogin(w, r)
		return
	}
	store := storeAt(r.URL.Query())
	if store == nil {
		drain(r)
		http.NotFound(w, r)
		return
	}
	root := store.Info.GetDatastoreInfo().Url
	file := path.Join(root, path.Join("/", strings.TrimPrefix(r.URL.Path, "/folder")))
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		serveFile(f.plan.cutter(w, r), r, file)
	case http.MethodPut, http.MethodPost:
		f.receiveFile(w, r, file)
	case http.MethodDelete:
		removeFile(w, r, root, file)
	default:
		drain(r)
		http.Error(w, "405 Method Not Allowed", http.StatusMethodNotAllowed)
	}
}

// storeAt is the datastore that a query names; where it names none, there may be only one.
func storeAt(query url.Values) *simulator.Datastore {
	datacenter := path.Base(query.Get("dcPath"))
	var found []*simulator.Datastore
	for _, entity := range simulator.Map.All("Datastore") {
		store := entity.(*simulator.Datastore)
		if name := query.Get("dsName"); name != "" && store.Name != name {
			continue
		}
		holder := datacenterAbove(store.Parent)
		if query.Get("dcPath") == "" || holder != nil && holder.Name == datacenter {
			found = append(found, store)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// datacenterAbove is the datacenter that has this parent somewhere below it.
func datacenterAbove(parent *types.ManagedObjectReference) *simulator.Datacenter {
	for parent != nil {
		holder, ok := simulator.Map.Get(*parent).(mo.Entity)
		if !ok {
			return nil
		}
		if datacenter, ok := holder.(*simulator.Datacenter); ok {
			return datacenter
		}
		parent = holder.Entity().Parent
	}
	return nil
}

func serveFile(w http.ResponseWriter, r *http.Request, name string) {
	file, err := os.Open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		http.NotFound(w, r)
		return
	}
	if info.IsDir() {
		listDirectory(w, file)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", info.ModTime(), file)
}

func listDirectory(w http.ResponseWriter, directory *os.File) {
	names, _ := directory.Readdirnames(-1)
	sort.Strings(names)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<html><body>\n")
	for _, name := range names {
		link := url.URL{Path: name}
		_, _ = io.WriteString(w, `<a href="`+link.String()+`">`+link.String()+"</a><br>\n")
	}
	_, _ = io.WriteString(w, "</body></html>\n")
}

func (f *front) receiveFile(w http.ResponseWriter, r *http.Request, name string) {
	_, err := os.Stat(name)
	existed := err == nil
	if existed && r.Method == http.MethodPost {
		drain(r)
		http.Error(w, "409 Conflict", http.StatusConflict)
		return
	}
	_ = os.MkdirAll(path.Dir(name), 0o700)
	file, err := os.Create(name)
	if err != nil {
		log.Printf("%s: %s", name, err)
		http.Error(w, "500 Internal Server Error", http.StatusInternalServerError)
		return
	}
	defer file.Close()
	_, err = io.Copy(file, f.plan.bounded(r.Body))
	if err == errNoRoom {
		_, _ = io.Copy(io.Discard, r.Body)
		http.Error(w, "507 Insufficient Storage", http.StatusInsufficientStorage)
		return
	}
	if err != nil {
		// The sender has gone in the middle: what has come stays.
		log.Printf("%s: %s", name, err)
		return
	}
	if existed {
		w.WriteHeader(http.StatusOK)
	} else {
		w.WriteHeader(http.StatusCreated)
	}
}

func removeFile(w http.ResponseWriter, r *http.Request, root, name string) {
	info, err := os.Stat(name)
	if err != nil || name == root {
		http.NotFound(w, r)
		return
	}
	if info.IsDir() {
		err = os.RemoveAll(name)
	} else {
		err = os.Remove(name)
	}
	if err != nil {
		http.Error(w, "500 Internal Server Error", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
