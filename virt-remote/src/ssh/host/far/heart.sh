# heart MARKER SILENCE PID START PID START …: first those of the named processes are ended that are sshd's, which are what
# is left of the login that this one follows. Then beats are answered. When none comes for so many seconds, the connection
# is dead, and what hangs on it is freed.
heart() {
  marker=$1 silence=$2
  shift 2
  left=$#
  while [ "$left" -gt 0 ]; do
    if [ "$1" != "$sshd" ] && is_sshd "$1"; then
      set -- "$@" "$1" "$2"
    fi
    shift 2
    left=$((left - 2))
  done
  end_all "$@"
  printf '%s\n:sshd %s %s\n.\n' "$marker" "$sshd" "$sshd_start"
  while :; do
    beat=$(timeout "$silence" dd bs=1 count=1 2>/dev/null)
    case $?-$beat in
      0-) exit 0 ;;
      0-*) printf '.' ;;
      *) break ;;
    esac
  done
  [ -z "$sshd" ] || end_all "$sshd" "$sshd_start"
}
