# Four files without names, for what a program reads (4), says (5 and 6) and is (7): each is read again through /proc.
spool() {
  spool_error=$(
    {
      umask 077
      set -C
      for part in i o e p; do : > "$spool_dir/$1-$part" || exit; done
    } 2>&1
  )
  [ -z "$spool_error" ] || return
  exec 4>>"$spool_dir/$1-i" 5>>"$spool_dir/$1-o" 6>>"$spool_dir/$1-e" 7>>"$spool_dir/$1-p"
  rm -f -- "$spool_dir/$1-i" "$spool_dir/$1-o" "$spool_dir/$1-e" "$spool_dir/$1-p"
}

# The first directory for them, in memory where there is one, into spool_dir.
find_spool_dir() {
  for spool_dir in /dev/shm "${XDG_RUNTIME_DIR:-/run/user/$my_uid}" /run /tmp /var/tmp; do
    [ -d "$spool_dir" ] && [ -w "$spool_dir" ] && [ -x "$spool_dir" ] && return
  done
  spool_dir=/tmp
}

# Who we are, into my_uid and my_gid.
whoami_in_numbers() {
  while read -r word _ number _; do
    case $word in
      Uid:) my_uid=$number ;;
      Gid:) my_gid=$number ;;
    esac
  done < /proc/self/status
}

# The environment as the machine gives it.
restore_env() {
  if [ "$had_lc" ]; then LC_ALL=$old_lc; else unset LC_ALL; fi
}

# The file of a program, into found: as it stands where it is a path, else the first executable one in PATH.
find_program() {
  case $1 in
    */*)
      found=$1
      if [ ! -e "$1" ]; then
        fail "%start $(stat -L -- "$1" 2>&1 >/dev/null)"
      elif [ -d "$1" ] || [ ! -x "$1" ]; then
        fail '%start Permission denied'
      fi
      return
      ;;
  esac
  found=
  old_ifs=$IFS
  IFS=:
  set -f
  for directory in $PATH; do
    case $directory in
      /*) if [ -n "$1" ] && [ -f "$directory/$1" ] && [ -x "$directory/$1" ]; then
        found=$directory/$1
        break
      fi ;;
    esac
  done
  set +f
  IFS=$old_ifs
  [ -n "$found" ] || fail "%path $PATH"
}

# prepare DIRECTORY OUTPUT_FILE PROGRAM: what can fail before a program is started.
prepare() {
  if [ -n "$1" ]; then
    prepare_error=$(cd -- "$1" 2>&1) || {
      if [ -d "$1" ]; then fail '%start Permission denied'
      elif [ -e "$1" ]; then fail '%start Not a directory'
      else fail "%directory No such file or directory"; fi
      return
    }
    cd -- "$1"
  fi
  find_program "$3" || return
  [ -z "$2" ] || prepare_error=$(umask 077 && : 2>&1 >> "$2") || {
    [ -n "$prepare_error" ] || prepare_error=$(dd if=/dev/null of="$2" conv=notrunc 2>&1)
    fail "%output $prepare_error"
    return
  }
}

# The number of the process that reads this, into self.
own_number() {
  read -r self _ < /proc/self/stat
}

# p_run TOKEN LIMIT INPUT DIRECTORY OUTPUT_FILE CLEAR VARIABLES, then the variables, the program and its arguments.
# The program is in a session of its own, and so is its group.
p_run() (
  limit=$2 input=$3 output=$5 clear=$6 variables=$7
  spool "$1"
  if [ "$input" -gt 0 ]; then
    if [ -z "$spool_error" ]; then take "$input" >&4; else take "$input" >/dev/null; fi
    input_end=
    IFS= read -r input_end
    [ "$input_end" = ok ] || exit 1
  fi
  [ -z "$spool_error" ] || {
    fail "%spool $spool_error"
    exit 1
  }
  eval "program=\${$((variables + 8))}"
  prepare "$4" "$output" "$program" || exit 1
  [ -z "$output" ] || exec 5>>"$output" 6>&5
  shift 7
  place=0
  for argument do
    [ "$place" -gt 0 ] || set --
    if [ "$place" -eq "$variables" ]; then
      set -- "$@" "$setsid" -- "$found"
    else
      set -- "$@" "$argument"
    fi
    place=$((place + 1))
  done
  [ -z "$clear" ] && [ "$variables" -eq 0 ] || set -- env $clear -- "$@"
  watchdog=
  [ "$limit" = 0 ] || start_watchdog
  (
    own_number
    start_of "$self"
    printf ':pid %s %s\n' "$self" "$started"
    printf '%s\n' "$self" >&7
    restore_env
    if [ "$input" -gt 0 ]; then exec </proc/self/fd/4; else exec </dev/null; fi
    exec "$@" >&5 2>&6 4>&- 5>&- 6>&- 7>&-
  )
  status=$?
  timed_out=
  [ -z "$watchdog" ] || stop_watchdog
  if [ "$timed_out" ]; then
    fail %limit
    exit 1
  fi
  report_program
)

start_watchdog() {
  "$setsid" -- /bin/sh -c 'sleep "$1" 2>/dev/null || sleep "$((${1%.*} + 1))"
    read -r pid < /proc/self/fd/7 && echo late >&7 && kill -9 "-$pid"' watchdog "$limit" \
    </dev/null >/dev/null 2>&1 4>&- 5>&- 6>&- &
  watchdog=$!
}

stop_watchdog() {
  kill -9 "-$watchdog" 2>/dev/null || kill -9 "$watchdog" 2>/dev/null
  wait "$watchdog" 2>/dev/null
  { read -r _ && read -r timed_out; } < /proc/self/fd/7
}

# How a program ended and what it said; what a daemon it left behind may say one day is not waited for.
report_program() {
  case $status in
    126 | 127)
      if [ -z "$output" ] && start_error=$(head -c 200 /proc/self/fd/6); then
        case $start_error in
          'setsid: failed to execute'* | 'setsid: can'*'t execute'*)
            fail "%start $start_error"
            exit 1
            ;;
        esac
      fi
      ;;
  esac
  printf ':status %s\n' "$status"
  if [ -z "$output" ]; then
    echo :stdout
    [ ! -s /proc/self/fd/5 ] || head -c 16777216 /proc/self/fd/5 | base64
    echo :stderr
    [ ! -s /proc/self/fd/6 ] || head -c 16777216 /proc/self/fd/6 | base64
  fi
  echo .
}

# p_signal PID START NAME
p_signal() {
  alive "$1" "$2" || {
    fail 'No such process'
    return
  }
  signal_error=$(kill -s "$3" "$1" 2>&1) || {
    fail "$signal_error"
    return
  }
  echo .
}

# Kills a program that was started with a group of its own, and that group.
p_kill() {
  if alive "$1" "$2"; then
    kill -9 "-$1" 2>/dev/null || kill -9 "$1"
  fi
  echo .
}

# What /proc says of a process, without its name: nothing where there is none.
describe() {
  start_of "$1" || return
  described=$fields
  described_start=$started
  describe_argv=$(base64 2>/dev/null < "/proc/$1/cmdline") || return
  start_of "$1" && [ "$started" = "$described_start" ] || return
  printf ':%s (x) %s\n' "$1" "$described"
  [ -z "$describe_argv" ] || printf '%s\n' "$describe_argv"
}

p_inspect() {
  describe "$1" 2>/dev/null
  echo .
}

# The same by the file that its number stands in.
p_inspect_file() {
  number=
  { read -r number < "$1"; } 2>/dev/null
  case $number in
    '' | *[!0-9]*) ;;
    *) describe "$number" 2>/dev/null ;;
  esac
  echo .
}

# Candidates only: whose arguments hold the words somewhere. Which of them it is the program's name of is told later.
p_list() {
  grep -l -F -e "$1" /proc/[0-9]*/cmdline 2>/dev/null | {
    while IFS=/ read -r _ _ number _; do
      describe "$number" 2>/dev/null
    done
  }
  echo .
}
