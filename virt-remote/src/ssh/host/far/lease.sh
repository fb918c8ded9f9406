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

hold_lease() {
  IFS= read -r holder || return
  write_error=$(printf '%s\n' "$holder" >&9 && truncate -s "$((${#holder} + 1))" /proc/self/fd/9 && sync "$1") 2>&1 || {
    fail "$write_error"
    return
  }
  echo .
  while :; do
    beat=$(timeout "$2" dd bs=1 count=1 2>/dev/null 9>&-)
    case $?-$beat in
      0-.) ;;
      *) return ;;
    esac
  done
}
