package main

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func init() {
	own["VirtualMachine.CreateScreenshot_Task"] = createScreenshot
	own["VirtualMachine.AcquireTicket"] = acquireTicket
	own["VirtualMachine.AcquireMksTicket"] = acquireMksTicket
	controls["no-screens"] = planned(func(p *plan, _ asked) { p.withoutScreens = true })
}

// picture is a small PNG, of another colour for each machine.
func picture(machine *simulator.VirtualMachine) []byte {
	sum := sha1.Sum([]byte(machine.Self.Value))
	screen := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for x := 0; x < 64; x++ {
		for y := 0; y < 48; y++ {
			screen.Set(x, y, color.RGBA{R: sum[0], G: byte(x * 4), B: byte(y * 5), A: 255})
		}
	}
	var out bytes.Buffer
	_ = png.Encode(&out, screen)
	return out.Bytes()
}

// createScreenshot writes a picture beside the machine's files, and tells its path.
func createScreenshot(c *call) soap.HasFault {
	machine := c.machine()
	if machine.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOn {
		return c.failed(&types.InvalidPowerState{
			RequestedState: types.VirtualMachinePowerStatePoweredOn,
			ExistingState:  machine.Runtime.PowerState,
		})
	}
	return c.task(func() (types.AnyType, types.BaseMethodFault) {
		for number := 0; ; number++ {
			name := path.Join(path.Dir(machine.Config.Files.VmPathName), fmt.Sprintf("%s-%d.png", machine.Name, number))
			file := fileOf(name)
			if _, err := os.Stat(file); err == nil {
				continue
			}
			if err := os.WriteFile(file, picture(machine), 0o600); err != nil {
				return nil, &types.CannotCreateFile{FileFault: types.FileFault{File: name}}
			}
			return name, nil
		}
	})
}

// serveScreen answers /screen?id=MACHINE, as hosts do.
func (f *front) serveScreen(w http.ResponseWriter, r *http.Request) {
	if !f.isLoggedIn(r) {
		askForLogin(w, r)
		return
	}
	machine := machineNamed(r.URL.Query().Get("id"))
	if f.plan.lacksScreens() {
		http.NotFound(w, r)
		return
	}
	if machine == nil || machine.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOn {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(picture(machine))
}

func acquireTicket(c *call) soap.HasFault {
	request := c.body.(*types.AcquireTicket)
	if failed := isOn(c.machine()); failed != nil {
		return fault(failed)
	}
	host, port := c.front.address()
	ticket := types.VirtualMachineTicket{
		Ticket:        uuid.New().String(),
		CfgFile:       c.machine().Config.Files.VmPathName,
		Host:          host,
		Port:          port,
		SslThumbprint: c.front.thumbprint,
	}
	switch types.VirtualMachineTicketType(request.TicketType) {
	case types.VirtualMachineTicketTypeWebmks:
		ticket.Url = fmt.Sprintf("wss://%s:%d/ticket/%s", host, port, ticket.Ticket)
	case types.VirtualMachineTicketTypeMks, types.VirtualMachineTicketTypeDevice,
		types.VirtualMachineTicketTypeGuestControl:
	default:
		return fault(&types.InvalidArgument{InvalidProperty: "ticketType"})
	}
	return c.returns(ticket)
}

func acquireMksTicket(c *call) soap.HasFault {
	if failed := isOn(c.machine()); failed != nil {
		return fault(failed)
	}
	host, port := c.front.address()
	return c.returns(types.VirtualMachineMksTicket{
		Ticket:        uuid.New().String(),
		CfgFile:       c.machine().Config.Files.VmPathName,
		Host:          host,
		Port:          port,
		SslThumbprint: c.front.thumbprint,
	})
}

func isOn(machine *simulator.VirtualMachine) types.BaseMethodFault {
	if state := machine.Runtime.PowerState; state != types.VirtualMachinePowerStatePoweredOn {
		return &types.InvalidPowerState{
			RequestedState: types.VirtualMachinePowerStatePoweredOn,
			ExistingState:  state,
		}
	}
	return nil
}

// address is where the simulator listens.
func (f *front) address() (string, int32) {
	at := strings.LastIndex(f.hostPort, ":")
	port, _ := strconv.Atoi(f.hostPort[at+1:])
	return f.hostPort[:at], int32(port)
}

// thumbprintOf is the SHA-1 thumbprint of a certificate.
func thumbprintOf(der []byte) string {
	sum := sha1.Sum(der)
	parts := make([]string, len(sum))
	for i, value := range sum {
		parts[i] = fmt.Sprintf("%02X", value)
	}
	return strings.Join(parts, ":")
}
