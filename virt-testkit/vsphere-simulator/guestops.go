package main

import (
	"path"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// The pretend guest lets in whoever has this name and password.
const (
	guestUser     = "guest"
	guestPassword = "guest"
)

// guestSystem is the pretend guest of a machine: files, and processes that are over at once or sleep.
type guestSystem struct {
	mutex     sync.Mutex
	files     map[string][]byte
	folders   map[string]bool
	processes []*guestProcess
	lastPID   int64
}

type guestProcess struct {
	info types.GuestProcessInfo
	// When it ends by itself.
	until time.Time
}

// guests are the pretend guests, by machine.
var guests sync.Map

func guestOf(machine types.ManagedObjectReference) *guestSystem {
	fresh := &guestSystem{
		lastPID: 1000,
		folders: map[string]bool{"/": true, "/tmp": true, "/etc": true, "/bin": true, "/root": true},
		files: map[string][]byte{
			"/etc/hostname": []byte("simulated\n"),
			"/etc/motd":     []byte("Nothing of this is real.\n"),
			"/bin/echo":     {}, "/bin/cat": {}, "/bin/false": {}, "/bin/true": {}, "/bin/sleep": {},
			"/bin/env": {}, "/bin/sh": {},
		},
	}
	found, _ := guests.LoadOrStore(machine, fresh)
	return found.(*guestSystem)
}

// inGuest is a method of a manager of guest operations, once it is clear that the guest can do it and for whom.
func inGuest(run func(c *call, guest *guestSystem) soap.HasFault) method {
	return func(c *call) soap.HasFault {
		machine, auth := guestArguments(c.body)
		holder, ok := simulator.Map.Get(machine).(*simulator.VirtualMachine)
		if !ok {
			return fault(&types.ManagedObjectNotFound{Obj: machine})
		}
		if failed := toolsOf(holder); failed != nil {
			if _, lacking := failed.(*types.ToolsUnavailable); lacking {
				return fault(new(types.GuestOperationsUnavailable))
			}
			return fault(failed)
		}
		login, ok := auth.(*types.NamePasswordAuthentication)
		if !ok || login.Username != guestUser || login.Password != guestPassword {
			return fault(new(types.InvalidGuestLogin))
		}
		guest := guestOf(machine)
		guest.mutex.Lock()
		defer guest.mutex.Unlock()
		return run(c, guest)
	}
}

func init() {
	own["GuestProcessManager.StartProgramInGuest"] = inGuest(startProgram)
	own["GuestProcessManager.ListProcessesInGuest"] = inGuest(listProcesses)
	own["GuestProcessManager.TerminateProcessInGuest"] = inGuest(terminateProcess)
	own["GuestProcessManager.ReadEnvironmentVariableInGuest"] = inGuest(readEnvironment)
	own["GuestAuthManager.ValidateCredentialsInGuest"] = inGuest(func(c *call, _ *guestSystem) soap.HasFault {
		return c.returns(nil)
	})
}

// startProgram runs one of the programs that the guest knows. Arguments are as for a shell, which is what they are on
// Linux.
func startProgram(c *call, guest *guestSystem) soap.HasFault {
	spec, ok := c.body.(*types.StartProgramInGuest).Spec.(*types.GuestProgramSpec)
	if !ok {
		return fault(&types.InvalidArgument{InvalidProperty: "spec"})
	}
	program := spec.ProgramPath
	if _, ok := guest.files[program]; !ok || !strings.HasPrefix(program, "/bin/") {
		return fault(&types.FileNotFound{FileFault: types.FileFault{File: program}})
	}
	shell := &guestShell{guest: guest, environment: spec.EnvVariables}
	if len(shell.environment) == 0 {
		shell.environment = []string{"HOME=/root", "PATH=/bin", "USER=" + guestUser}
	}
	code := shell.line(quoted(program) + " " + spec.Arguments)
	lasts := shell.lasts
	now := time.Now()
	guest.lastPID++
	process := &guestProcess{until: now.Add(lasts), info: types.GuestProcessInfo{
		Name:      path.Base(program),
		Pid:       guest.lastPID,
		Owner:     guestUser,
		CmdLine:   strings.TrimSpace(program + " " + spec.Arguments),
		StartTime: now,
		ExitCode:  code,
	}}
	guest.processes = append(guest.processes, process)
	return c.returns(guest.lastPID)
}

// processInfo is the library's GuestProcessInfo, which does not write that a process has ended with 0.
type processInfo struct {
	Name      string     `xml:"name"`
	Pid       int64      `xml:"pid"`
	Owner     string     `xml:"owner"`
	CmdLine   string     `xml:"cmdLine"`
	StartTime time.Time  `xml:"startTime"`
	EndTime   *time.Time `xml:"endTime"`
	ExitCode  *int32     `xml:"exitCode"`
}

func listProcesses(c *call, guest *guestSystem) soap.HasFault {
	request := c.body.(*types.ListProcessesInGuest)
	var found []processInfo
	for _, process := range guest.processes {
		wanted := len(request.Pids) == 0
		for _, pid := range request.Pids {
			wanted = wanted || pid == process.info.Pid
		}
		if !wanted {
			continue
		}
		info := processInfo{
			Name:      process.info.Name,
			Pid:       process.info.Pid,
			Owner:     process.info.Owner,
			CmdLine:   process.info.CmdLine,
			StartTime: process.info.StartTime,
		}
		if time.Now().After(process.until) {
			end, code := process.until, process.info.ExitCode
			info.EndTime, info.ExitCode = &end, &code
		}
		found = append(found, info)
	}
	return c.returns(found)
}

func terminateProcess(c *call, guest *guestSystem) soap.HasFault {
	request := c.body.(*types.TerminateProcessInGuest)
	for _, process := range guest.processes {
		if process.info.Pid == request.Pid && time.Now().Before(process.until) {
			process.until = time.Now()
			process.info.ExitCode = 143
			return c.returns(nil)
		}
	}
	return fault(&types.GuestProcessNotFound{Pid: request.Pid})
}

func readEnvironment(c *call, _ *guestSystem) soap.HasFault {
	request := c.body.(*types.ReadEnvironmentVariableInGuest)
	environment := [][2]string{{"HOME", "/root"}, {"PATH", "/bin"}, {"USER", guestUser}}
	var found []string
	for _, pair := range environment {
		wanted := len(request.Names) == 0
		for _, name := range request.Names {
			wanted = wanted || name == pair[0]
		}
		if wanted {
			found = append(found, pair[0]+"="+pair[1])
		}
	}
	return c.returns(found)
}
