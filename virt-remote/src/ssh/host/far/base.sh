# What every far script has. Answers are lines: ":TEXT" is a field, "." ends an operation that succeeded, "!TEXT" one
# that failed, "~" one that was not begun; lines of base64 are data. "$ STATUS" ends a request.
export PATH="${PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
if [ "${LC_ALL+set}" ]; then had_lc=1; old_lc=$LC_ALL; else had_lc=; old_lc=; fi
export LC_ALL=C
umask 022
nl='
'

# Says that an operation failed, in one line.
fail() {
  fail_text=$1
  case $fail_text in
    *"$nl"*) fail_text=$(printf %s "$fail_text" | tr '\n' ' ') ;;
  esac
  printf '!%s\n' "$fail_text"
  return 1
}

# Passes on so many bytes of input, exactly: not one more is read.
take() {
  take_blocks=$(($1 / 65536))
  take_rest=$(($1 % 65536))
  [ "$take_blocks" -eq 0 ] || dd bs=65536 count="$take_blocks" iflag=fullblock 2>/dev/null
  [ "$take_rest" -eq 0 ] || dd bs="$take_rest" count=1 iflag=fullblock 2>/dev/null
}

# The start time of a process into started; empty where there is none. A program's name may hold anything but its end.
start_of() {
  started=
  stat_line=
  { IFS= read -r stat_line < "/proc/$1/stat"; } 2>/dev/null || return 1
  case $stat_line in
    *')'*) ;;
    *) stat_line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1 ;;
  esac
  fields=${stat_line##*) }
  set -f
  set -- $fields
  set +f
  [ "$#" -ge 20 ] || return 1
  state=$1
  threads=${18}
  started=${20}
}

# Whether that very process has not ended. A leader that is a zombie lives on in its other threads.
alive() {
  start_of "$1" && [ "$started" = "$2" ] || return 1
  case $state in
    Z | X | x) [ "$threads" -gt 1 ] ;;
  esac
}

# The process of sshd that this session hangs on: the nearest one above us, where there is one. Never the first process
# of all, to which those fall whose sshd is gone, and which may be the one that listens. Into sshd and sshd_start.
find_sshd() {
  sshd=$PPID
  for generation in 1 2 3; do
    [ "$sshd" -gt 1 ] || break
    is_sshd "$sshd" && start_of "$sshd" && sshd_start=$started && return
    start_of "$sshd" || break
    set -- $fields
    sshd=$2
  done
  sshd=
  sshd_start=
}

is_sshd() {
  name_of "$1"
  case $command_name in
    sshd | sshd-session | dropbear) ;;
    *) return 1 ;;
  esac
}

# The name of a process into command_name; empty where there is none.
name_of() {
  command_name=
  { read -r command_name < "/proc/$1/comm"; } 2>/dev/null
}

# enter MARKER: says which process of sshd this session hangs on, and which it is itself.
enter() {
  find_sshd
  start_of $$
  printf '%s at %s %s %s %s\n' "$1" "$$" "$started" "$sshd" "$sshd_start"
}
