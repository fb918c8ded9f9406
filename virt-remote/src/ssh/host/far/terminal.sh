# terminal MARKER PATH: what comes from a terminal device goes out, and the reverse. Done by a process that leads no
# session: for one that does, the device would become its controlling terminal. By dd, as some cats use sendfile or splice:
# the kernel keeps a pipe locked while it waits for a terminal to fill it, and sshd hangs when it reads that pipe.
terminal() {
  printf '%s\n' "$1"
  ( terminal_of "$2" )
}

terminal_of() {
  if [ ! -c "$1" ]; then
    if [ -e "$1" ]; then fail 'Inappropriate ioctl for device'; else fail "$(stat -L -- "$1" 2>&1 >/dev/null)"; fi
    return
  fi
  if [ ! -r "$1" ] || [ ! -w "$1" ]; then
    fail 'Permission denied'
    return
  fi
  stty_error=$(stty -F "$1" raw -echo -echonl -iexten cs8 -parenb 2>&1) || {
    fail "$stty_error"
    return
  }
  exec 7<&0 8<>"$1"
  echo .
  dd bs=65536 <&8 2>/dev/null 7<&- 8>&- &
  reader=$!
  pass_input >/dev/null 2>&1 &
  exec 7<&- 8>&- </dev/null
  wait "$reader"
  kill "$!" 2>/dev/null
}

# Ends with the input, and ends the reader then; or is ended after the reader.
pass_input() {
  dd bs=65536 <&7 >&8 7<&- 8>&- &
  copy=$!
  trap 'kill "$copy"; exit' TERM
  exec 7<&- 8>&-
  wait "$copy"
  kill "$reader"
}
