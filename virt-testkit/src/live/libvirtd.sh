#!/bin/bash
# A private libvirtd: the first process of its own PID and mount namespaces, so that it reaps what libvirtd
# leaves behind at once, and everything ends with it. $1: its folder, $2: the folder of its capability cache, $3: its host name.
set -eu
exec 3<&0
place() { mkdir -p "$1" "$2"; mount --bind "$1" "$2"; }
place "$1/run" /run/libvirt
place "$1/etc" /etc/libvirt
place "$1/lib" /var/lib/libvirt
place "$1/log" /var/log/libvirt
place "$2" /var/cache/libvirt
# A daemon that was killed leaves its locks of terminals, and those of others name processes by other numbers.
place "$1/lock" /run/lock
mkdir -p /var/lib/libvirt/qemu /var/lib/libvirt/images
chown libvirt-qemu:kvm /var/lib/libvirt/qemu /var/cache/libvirt/qemu 2>/dev/null || true
# Services outside know processes by other numbers: libvirtd must not find them.
for bus in /run/dbus /run/systemd; do [ ! -d "$bus" ] || mount -t tmpfs none "$bus"; done
# With both generations of control groups in sight, libvirt's containers do not start.
[ -z "${LIBVIRTD_CONTAINERS:-}" ] || umount /sys/fs/cgroup/unified 2>/dev/null || true
hostname "$3"
# In a network namespace of its own, nothing is up yet.
ip link set lo up
virtlogd -d -p /run/libvirt/virtlogd.pid
virtlockd -d -p /run/libvirt/virtlockd.pid
daemon=
start() {
    NOTIFY_SOCKET="$1/ready" libvirtd -t 0 ${LIBVIRTD_ARGS:-} -p /run/libvirt/libvirtd.pid >>/var/log/libvirt/output 2>&1 3<&- &
    daemon=$!
}
start "$1"
# The end of standard input is the word to stop, and comes too when whoever started this is killed. A daemon that ends
# unasked ends all.
while :; do
    status=0
    read -r -t 0.5 word <&3 || status=$?
    case "$status $word" in
        "0 kill") kill -9 "$daemon"; wait "$daemon" || true; daemon=; : > "$1/gone" ;;
        "0 start") start "$1" ;;
        "1 "*) exit 0 ;;
        *) [ -z "$daemon" ] || kill -0 "$daemon" 2>/dev/null || exit 1 ;;
    esac
done
