package main

import (
	"hash/fnv"
	"math"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// moving has the values that are never the same: of the machines and hosts that run. Whoever reads them finds new ones
// each second.
type moving struct {
	mutex sync.Mutex
	began time.Time
	last  time.Time
}

// refresh brings them up to date if they are older than that; whoever looks at properties calls it before.
func (m *moving) refresh(age time.Duration) {
	m.mutex.Lock()
	now := time.Now()
	fresh := now.Sub(m.last) < age
	if !fresh {
		m.last = now
	}
	m.mutex.Unlock()
	if fresh {
		return
	}
	for _, entity := range simulator.Map.All("VirtualMachine") {
		machine := entity.(*simulator.VirtualMachine)
		simulator.Map.WithLock(machine, func() { m.refreshMachine(machine, now) })
	}
	for _, entity := range simulator.Map.All("HostSystem") {
		host := entity.(*simulator.HostSystem)
		simulator.Map.WithLock(host, func() {
			part := wave(host.Self.Value, now)
			stats := &host.Summary.QuickStats
			if hardware := host.Summary.Hardware; hardware != nil {
				whole := float64(hardware.CpuMhz) * float64(hardware.NumCpuCores)
				stats.OverallCpuUsage = int32(whole * part)
				stats.OverallMemoryUsage = int32(float64(hardware.MemorySize>>20) * part)
			}
			stats.Uptime = int32(now.Sub(m.began).Seconds()) + 86400
		})
	}
}

func (m *moving) refreshMachine(machine *simulator.VirtualMachine, now time.Time) {
	if machine.Config == nil {
		return
	}
	heartbeat := machine.Summary.QuickStats.GuestHeartbeatStatus
	stats := types.VirtualMachineQuickStats{GuestHeartbeatStatus: heartbeat}
	if machine.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn {
		part := wave(machine.Self.Value, now)
		memory := float64(machine.Config.Hardware.MemoryMB)
		stats.OverallCpuUsage = int32(2000*part*float64(machine.Config.Hardware.NumCPU)) + 1
		stats.OverallCpuDemand = stats.OverallCpuUsage + 7
		stats.GuestMemoryUsage = int32(memory * part)
		stats.HostMemoryUsage = int32(memory)
		stats.PrivateMemory = int32(memory)
		stats.GrantedMemory = int32(memory)
		since := m.began
		if boot := machine.Summary.Runtime.BootTime; boot != nil && boot.After(since) {
			since = *boot
		}
		stats.UptimeSeconds = int32(now.Sub(since).Seconds()) + 1
	}
	machine.Summary.QuickStats = stats
}

// wave is a number between 0 and 1 that moves with time, otherwise for each name.
func wave(name string, now time.Time) float64 {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(name))
	phase := float64(hash.Sum32()%1000) / 10
	seconds := float64(now.UnixNano()/int64(time.Second)) + phase
	return 0.5 + 0.4*math.Sin(seconds)
}
