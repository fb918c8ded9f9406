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
