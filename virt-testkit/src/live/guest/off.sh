#!/bin/sh
# Ends the guest; qemu-ga calls this as `shutdown -h|-P|-r ...`.
sync
umount -a -r 2>/dev/null
case "$0 $*" in *' -r'*) exec reboot -f ;; *' -H'*) exec halt -f ;; *) exec poweroff -f ;; esac
