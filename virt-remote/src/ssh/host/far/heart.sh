# heart MARKER SILENCE OLD_SSHD OLD_START: first the login that this one follows is ended, then beats are answered. When
# none comes for so many seconds, the connection is dead, and what hangs on it is freed.
heart() {
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

# end_sshd PID START: that very process, where it is one of sshd's.
end_sshd() {
  is_sshd "$1" || return
  end_all "$1" "$2"
}
