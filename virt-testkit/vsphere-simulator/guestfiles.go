package main

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"reflect"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// guestFilePath is where files of guests are fetched from and sent to, with a token that is good once.
const guestFilePath = "/guestFile"

// transfer is a file that a token is for.
type transfer struct {
	guest *guestSystem
	file  string
	// Whether it is sent to the guest, and how large it is then.
	sent bool
	size int64
}

var transfers sync.Map

func init() {
	own["GuestFileManager.InitiateFileTransferFromGuest"] = inGuest(transferFrom)
	own["GuestFileManager.InitiateFileTransferToGuest"] = inGuest(transferTo)
	own["GuestFileManager.ListFilesInGuest"] = inGuest(listFiles)
	own["GuestFileManager.MakeDirectoryInGuest"] = inGuest(makeDirectory)
	own["GuestFileManager.DeleteFileInGuest"] = inGuest(deleteFile)
	own["GuestFileManager.CreateTemporaryFileInGuest"] = inGuest(temporaryFile)
}

// guestArguments are the machine and the login, which all requests of guest operations have.
func guestArguments(body interface{}) (types.ManagedObjectReference, types.BaseGuestAuthentication) {
	request := reflect.Indirect(reflect.ValueOf(body))
	machine, _ := request.FieldByName("Vm").Interface().(types.ManagedObjectReference)
	auth, _ := request.FieldByName("Auth").Interface().(types.BaseGuestAuthentication)
	return machine, auth
}

// offer makes the URL of a transfer. Its host is a star, as hosts answer it: whoever asked knows the host.
func (c *call) offer(what transfer) string {
	token := uuid.New().String()
	transfers.Store(token, what)
	scheme := "http"
	if c.front.thumbprint != "" {
		scheme = "https"
	}
	_, port := c.front.address()
	return fmt.Sprintf("%s://*:%d%s?id=1&token=%s", scheme, port, guestFilePath, token)
}

func transferFrom(c *call, guest *guestSystem) soap.HasFault {
	request := c.body.(*types.InitiateFileTransferFromGuest)
	name := path.Clean(request.GuestFilePath)
	text, ok := guest.files[name]
	if !ok {
		return noFile(name)
	}
	return c.returns(types.FileTransferInformation{
		Attributes: attributes(0o644),
		Size:       int64(len(text)),
		Url:        c.offer(transfer{guest: guest, file: name}),
	})
}

func transferTo(c *call, guest *guestSystem) soap.HasFault {
	request := c.body.(*types.InitiateFileTransferToGuest)
	name := path.Clean(request.GuestFilePath)
	if !guest.folders[path.Dir(name)] {
		return noFile(path.Dir(name))
	}
	if _, ok := guest.files[name]; ok && !request.Overwrite {
		return fault(&types.FileAlreadyExists{FileFault: types.FileFault{File: name}})
	}
	return c.returns(c.offer(transfer{guest: guest, file: name, sent: true, size: request.FileSize}))
}

// serveGuestFile answers the URL of a transfer.
func serveGuestFile(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	found, ok := transfers.Load(token)
	if !ok {
		drain(r)
		http.NotFound(w, r)
		return
	}
	what := found.(transfer)
	switch {
	case what.sent && r.Method == http.MethodPut:
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if int64(len(text)) != what.size {
			http.Error(w, "500 the size is another one than was said", http.StatusInternalServerError)
			return
		}
		what.guest.mutex.Lock()
		what.guest.files[what.file] = text
		what.guest.mutex.Unlock()
	case !what.sent && r.Method == http.MethodGet:
		what.guest.mutex.Lock()
		text := what.guest.files[what.file]
		what.guest.mutex.Unlock()
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(text)
	default:
		http.Error(w, "405 Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	transfers.Delete(token)
}

func listFiles(c *call, guest *guestSystem) soap.HasFault {
	request := c.body.(*types.ListFilesInGuest)
	name := path.Clean(request.FilePath)
	var found []types.GuestFileInfo
	if text, ok := guest.files[name]; ok {
		found = append(found, fileInfo(name, int64(len(text)), false))
	} else if !guest.folders[name] {
		return noFile(name)
	} else {
		found = append(found, fileInfo(".", 4096, true), fileInfo("..", 4096, true))
		for folder := range guest.folders {
			if folder != "/" && path.Dir(folder) == name {
				found = append(found, fileInfo(path.Base(folder), 4096, true))
			}
		}
		for file, text := range guest.files {
			if path.Dir(file) == name {
				found = append(found, fileInfo(path.Base(file), int64(len(text)), false))
			}
		}
	}
	sort.Slice(found, func(a, b int) bool { return found[a].Path < found[b].Path })
	most := int(request.MaxResults)
	if most == 0 {
		most = 50
	}
	from := int(request.Index)
	if from > len(found) {
		from = len(found)
	}
	found = found[from:]
	rest := 0
	if len(found) > most {
		rest, found = len(found)-most, found[:most]
	}
	return c.returns(types.GuestListFileInfo{Files: found, Remaining: int32(rest)})
}

func fileInfo(name string, size int64, folder bool) types.GuestFileInfo {
	info := types.GuestFileInfo{Path: name, Type: "file", Size: size, Attributes: attributes(0o644)}
	if folder {
		info.Type, info.Attributes = "directory", attributes(0o755)
	}
	return info
}

func attributes(mode int64) *types.GuestPosixFileAttributes {
	now, root := time.Now(), int32(0)
	return &types.GuestPosixFileAttributes{
		GuestFileAttributes: types.GuestFileAttributes{ModificationTime: &now, AccessTime: &now},
		OwnerId:             &root,
		GroupId:             &root,
		Permissions:         mode,
	}
}

func makeDirectory(c *call, guest *guestSystem) soap.HasFault {
	request := c.body.(*types.MakeDirectoryInGuest)
	name := path.Clean(request.DirectoryPath)
	if guest.folders[name] {
		return fault(&types.FileAlreadyExists{FileFault: types.FileFault{File: name}})
	}
	if !guest.folders[path.Dir(name)] && !request.CreateParentDirectories {
		return noFile(path.Dir(name))
	}
	for ; name != "/" && name != "."; name = path.Dir(name) {
		guest.folders[name] = true
	}
	return c.returns(nil)
}

func deleteFile(c *call, guest *guestSystem) soap.HasFault {
	name := path.Clean(c.body.(*types.DeleteFileInGuest).FilePath)
	if _, ok := guest.files[name]; !ok {
		return noFile(name)
	}
	delete(guest.files, name)
	return c.returns(nil)
}

func temporaryFile(c *call, guest *guestSystem) soap.HasFault {
	request := c.body.(*types.CreateTemporaryFileInGuest)
	directory := request.DirectoryPath
	if directory == "" {
		directory = "/tmp"
	}
	unique := strings.Split(uuid.New().String(), "-")[0]
	name := path.Join(directory, request.Prefix+unique+request.Suffix)
	guest.files[name] = nil
	return c.returns(name)
}

func noFile(name string) soap.HasFault {
	return fault(&types.FileNotFound{FileFault: types.FileFault{File: name}})
}
