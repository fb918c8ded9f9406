#!/bin/sh
# The first program of the test guest.
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root PS1='guest# '
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/virtio-ports
mount -t devpts devpts /dev/pts

read -r cmdline < /proc/cmdline
loaded=' '

# load DRIVER: the driver and what it depends on, each once
load() {
    [ -e "/etc/drivers/$1" ] || return 0
    while read -r module; do
        case "$loaded" in *" $module "*) continue ;; esac
        insmod "/lib/modules/$module.ko" 2>/dev/null
        loaded="$loaded$module "
    done < "/etc/drivers/$1"
}

knows() { case " $cmdline " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

uptime_now() { read -r up _ < /proc/uptime; echo "$up"; }

load button; load evdev; load pvpanic-mmio; load virtio_pci
for id in /sys/bus/pci/devices/*; do
    read -r vendor < "$id/vendor"; read -r device < "$id/device"
    case "$vendor:$device" in
        0x8086:0x7010) load ata_piix; load sr_mod; load sd_mod; load isofs ;;
        0x8086:0x2922) load ahci; load sr_mod; load sd_mod; load isofs ;;
        0x8086:0x100e) load e1000 ;;
        0x8086:0x10d3) load e1000e ;;
        0x8086:0x25ab) load i6300esb ;;
        0x1b36:0x0011) load pvpanic-pci ;;
    esac
done
serial=
for id in /sys/bus/virtio/devices/*/device; do
    [ -e "$id" ] || continue
    read -r device < "$id"
    case "$device" in
        0x0001) load virtio_net ;;
        0x0002) load virtio_blk ;;
        0x0003) load virtio_console; serial=yes ;;
        0x0004) load virtio-rng ;;
        0x0005) load virtio_balloon ;;
        0x0008) load virtio_scsi; load sd_mod; load sr_mod ;;
        0x0009) load 9p; load 9pnet_virtio ;;
        0x0013) load vmw_vsock_virtio_transport ;;
        0x001a) load virtiofs ;;
    esac
done

ip link set lo up
for card in /sys/class/net/e*; do
    [ -e "$card" ] || continue
    card=${card##*/}
    ip link set "$card" up
    udhcpc -i "$card" -q -t 3 -T 1 -A 1 -s /bin/udhcpc.sh >/dev/null 2>&1 &
done

# Without udev nobody makes the names of virtio-serial ports.
name_ports() {
    for port in /sys/class/virtio-ports/*; do
        [ -s "$port/name" ] && read -r name < "$port/name" && ln -sf "../${port##*/}" "/dev/virtio-ports/$name"
    done
}

agent() {
    while :; do
        name_ports
        if [ -e /dev/virtio-ports/org.qemu.guest_agent.0 ]; then
            : > /run/agent-found
            qemu-ga -m virtio-serial -p /dev/virtio-ports/org.qemu.guest_agent.0 -t /var/run -l /tmp/qga.log
        fi
        sleep "${1:-1}"
    done
}

# Before the agent: a guest that answers is one that hears its power button and knows its name.
hostname guest
knows guest.button=off || acpid -d -c /etc/acpi -l /tmp/acpid.log >/dev/null 2>&1 &

# Before the agent: what it is asked about file systems counts this one.
for word in $cmdline; do
    case "$word" in
        guest.mount=*)
            load ext4; load isofs
            mkdir -p /mnt && mount "/dev/${word#guest.mount=}" /mnt ;;
    esac
done

if ! knows guest.agent=off; then
    agent 0.2 >/dev/null 2>&1 &
    for _ in 1 2 3 4 5; do
        [ -z "$serial" ] || [ -e /run/agent-found ] && break
        sleep 0.2
    done
fi

# From here on the console is the shell's: warnings only, and a size, or the shell asks the terminal for it.
echo 4 > /proc/sys/kernel/printk
stty cols 200 rows 50 < /dev/console
echo "GUEST-READY $(uptime_now)"
knows guest.off && off
knows guest.panic && echo c > /proc/sysrq-trigger

# Drivers of what may be plugged in later, out of the way of the boot.
( sleep 2; for driver in /etc/drivers/*; do load "${driver##*/}"; done ) >/dev/null 2>&1 &

while :; do setsid cttyhack /bin/sh; done
