# lease MARKER PATH SILENCE: locks the file and says what is in it, writes the line that it is then given, and holds the
# lock for as long as a beat comes within so many seconds.
lease() {
  printf '%s\n' "$1"
  for try in 1 2 3 4 5 6 7 8 9 10; do
    if [ -L "$2" ]; then
      fail 'Too many levels of symbolic links'
      return
    fi
    open_error=$( (umask 077 && : <> "$2") 2>&1) || {
      fail "$(dd if=/dev/null of="$2" conv=notrunc 2>&1)"
      return
    }
    umask 077
    exec 9<>"$2"
    lock_error=$(flock -n 9 2>&1) || {
      [ -z "$lock_error" ] || {
        fail "%flock $lock_error"
        return
      }
      echo :held
      head -c 65536 /proc/self/fd/9 | base64
      echo .
      return
    }
    # It may have been removed or replaced between opening and locking: then the lock means nothing.
    if [ "$(stat -c %d:%i -- "$2" 2>/dev/null)" = "$(stat -L -c %d:%i /proc/self/fd/9)" ]; then
      own_number
      printf ':taken %s\n' "$self"
      field boot "$(cat /proc/sys/kernel/random/boot_id)"
      head -c 65536 /proc/self/fd/9 | base64
      echo .
      hold_lease "$2" "$3"
      return
    fi
    exec 9>&-
  done
  fail 'Resource busy'
}

# hold_lease PATH SILENCE: holds it until it is given back. When no sign of life comes for so long, or the connection is
# gone, another manager may take the lease as soon as we let go of it: what its holder asked for before may still be on its
# way here then. So first all is ended that could carry it out: the processes of sshd that the login is made of, and the
# shells that serve it. Which these are is said before they are used.
hold_lease() {
  ends=
  IFS= read -r holder || return
  IFS= read -r ends || return
  trap '' HUP PIPE
  write_holder "$1" "$holder"
  while :; do
    beat=$(timeout "$2" dd bs=1 count=1 2>/dev/null 9>&-)
    case $?-$beat in
      0-.) ;;
      0-q) return ;;
      0-+) note_end "$2" || break ;;
      *) break ;;
    esac
  done
  end_all $ends
}

write_holder() {
  write_error=$({
    printf '%s\n' "$2" | dd of=/proc/self/fd/9 conv=notrunc && truncate -s "$((${#2} + 1))" /proc/self/fd/9 && sync "$1"
  } 2>&1) || {
    fail "$write_error"
    return
  }
  echo .
}

# One more process that is to be ended: its number and its start time, in 32 bytes.
note_end() {
  record=$(timeout "$1" dd bs=32 count=1 iflag=fullblock 2>/dev/null 9>&-) || return
  case $record in
    '' | *[!0-9\ ]*) return 1 ;;
  esac
  ends="$ends $record"
  echo +
}
