# One session that waits for the ends of processes and for changes of files, for as many as there are.
pause() {
  sleep "$1" 2>/dev/null || sleep 1
}

# Ends the loop that was started as PID START, where that very process still is: its number may be another's by now.
end_loop() {
  [ -z "$1" ] || ! alive "$1" "$2" || kill "$1" 2>/dev/null
}

# The loop just started, into loop and loop_start; empty where it has ended already.
note_loop() {
  loop=$!
  start_of "$loop" || loop=
  loop_start=$started
}

# waits PID START PID START …: all those whose end is waited for now.
waits() {
  end_loop $waiter
  waiter=
  [ "$#" -gt 0 ] || return
  wait_loop "$@" </dev/null &
  note_loop
  waiter="$loop $loop_start"
}

wait_loop() {
  while [ "$#" -gt 0 ] && [ -e "/proc/$$" ]; do
    left=$#
    while [ "$left" -gt 0 ]; do
      if alive "$1" "$2"; then
        set -- "$@" "$1" "$2"
      else
        printf ':ended %s %s\n' "$1" "$2"
      fi
      shift 2
      left=$((left - 2))
    done
    pause 0.1
  done
}

# watch_path ID PATH
watch_path() {
  watch_loop "$1" "$2" </dev/null &
  note_loop
  [ -z "$loop" ] || watches="$watches $1 $loop $loop_start"
}

# unwatch ID
unwatch() {
  unwatched=$1
  set -- $watches
  watches=
  while [ "$#" -gt 0 ]; do
    if [ "$1" = "$unwatched" ]; then
      end_loop "$2" "$3"
    elif alive "$2" "$3"; then
      watches="$watches $1 $2 $3"
    fi
    shift 3
  done
}

watch_loop() {
  watched=$2
  dir_of "$watched"
  signature
  if [ -z "$seen" ] && [ ! -d "$dir" ]; then
    printf ':unwatchable %s %s\n' "$1" "$(stat -L -- "$dir/." 2>&1 >/dev/null | tr '\n' ' ')"
    return
  fi
  before=$seen
  printf ':set %s\n' "$1"
  while pause 0.1 && [ -e "/proc/$$" ]; do
    signature
    [ "$seen" = "$before" ] || printf ':changed %s\n' "$1"
    before=$seen
    if [ -z "$seen" ] && [ ! -d "$dir" ]; then
      printf ':gone %s\n' "$1"
      return
    fi
  done
}

# What tells one state of what is watched from another, into seen; empty where nothing is.
signature() {
  seen=$(
    stat -c "$look" -- "$watched" 2>/dev/null
    [ ! -L "$watched" ] || stat -L -c "$look" -- "$watched" 2>/dev/null
    [ ! -d "$watched" ] || stat -c "%n $look" -- "$watched"/* "$watched"/.[!.]* 2>/dev/null
  )
}
look='%i %s %f %u %g %Y %y %z'

watcher() {
  waiter=
  watches=
  printf '%s\n' "$1"
  while IFS= read -r request; do
    eval "$request"
  done
  end_loop $waiter
  set -- $watches
  while [ "$#" -gt 0 ]; do
    end_loop "$2" "$3"
    shift 3
  done
}
