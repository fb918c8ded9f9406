# The process of sshd that this login hangs on: our parent, or its parent. Never one further up, which might be the one
# that listens. Into sshd and sshd_start; empty where there is none.
find_sshd() {
  sshd=$PPID
  for generation in 1 2; do
    is_sshd "$sshd" && start_of "$sshd" && sshd_start=$started && return
    start_of "$sshd" || break
    set -- $fields
    sshd=$2
  done
  sshd=
  sshd_start=
}

is_sshd() {
  command_name=
  { read -r command_name < "/proc/$1/comm"; } 2>/dev/null
  case $command_name in
    sshd | sshd-session | dropbear) ;;
    *) return 1 ;;
  esac
}

# end_sshd PID START: that very process, where it is one of sshd's.
end_sshd() {
  is_sshd "$1" && alive "$1" "$2" || return
  kill -s TERM "$1" 2>/dev/null
  for wait_step in 1 2 3 4 5 6 7 8 9 10; do
    alive "$1" "$2" || return
    sleep 0.1 2>/dev/null || sleep 1
  done
  is_sshd "$1" && alive "$1" "$2" && kill -s KILL "$1" 2>/dev/null
}

# heart MARKER SILENCE OLD_SSHD OLD_START: first the login that this one follows is ended, then beats are answered. When
# none comes for so many seconds, the connection is dead, and what hangs on it is freed.
heart() {
  find_sshd
  if [ "$3" ] && [ "$3" != "$sshd" ]; then
    end_sshd "$3" "$4"
  fi
  printf '%s\n:sshd %s %s\n.\n' "$1" "$sshd" "$sshd_start"
  while :; do
    beat=$(timeout "$2" dd bs=1 count=1 2>/dev/null)
    case $?-$beat in
      0-) exit 0 ;;
      0-*) printf '.' ;;
      *) break ;;
    esac
  done
  [ -z "$sshd" ] || end_sshd "$sshd" "$sshd_start"
}
