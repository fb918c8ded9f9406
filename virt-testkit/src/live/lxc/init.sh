#!/bin/sh
# The first process of a container, which ends at once: at SIGPWR (lxc-stop), SIGTERM (libvirt) and SIGUSR2 (poweroff) it
# powers off, at SIGUSR1 it halts, at SIGINT (lxc-stop -r) it reboots. A shell is at the console, again when that has ended.
export PATH=/bin:/sbin HOME=/root ENV=/etc/profile TERM=dumb
end() {
    trap '' TERM
    kill -TERM -1
    busybox "$1" -f
    # Where it may not: the container ends with its first process.
    exit 0
}
trap 'end poweroff' PWR TERM USR2
trap 'end halt' USR1
trap 'end reboot' INT
# The pipe by which inits are asked for a run level, in requests of 384 bytes.
[ ! -e /etc/initctl ] || {
    rm -f /run/initctl
    mkfifo /run/initctl
    (
        exec 3<>/run/initctl
        while :; do
            case $(dd bs=384 count=1 <&3 2>/dev/null | tr -dc 06) in
                0) kill -PWR 1 ;;
                6) kill -INT 1 ;;
            esac
        done
    ) &
}
while :; do
    setsid -c sh -l </dev/console >/dev/console 2>&1 &
    wait $! || {
        sleep 1 &
        wait $!
    }
done
