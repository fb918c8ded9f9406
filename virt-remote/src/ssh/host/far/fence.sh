# fence TAG OWN TENTHS: shells of earlier logins, whose command lines hold the tag, but not our own login's, are given so
# many tenths of a second to end by themselves. Then they are killed, with all that they run.
fence() {
  fence_left=$3
  while remains "$1" "$2" && [ "$fence_left" -gt 0 ]; do
    fence_left=$((fence_left - 1))
    sleep 0.1 2>/dev/null || sleep 1
  done
  for fence_try in 1 2 3 4 5 6 7 8 9 10; do
    remains "$1" "$2" || break
    end_trees
    sleep 0.1 2>/dev/null || sleep 1
  done
  [ -z "$remaining" ] || printf ':left%s\n' "$remaining"
  echo .
}

# Those shells, into remaining. The pattern does not find the grep that looks for it.
# No -F: by that a busybox finds nothing behind the first NUL.
remains() {
  remaining=
  for remains_file in $(grep -l -e "[v]${1#v}" /proc/[0-9]*/cmdline 2>/dev/null); do
    grep -q -e "$2" "$remains_file" 2>/dev/null && continue
    remains_pid=${remains_file#/proc/}
    start_of "${remains_pid%/cmdline}" && remaining="$remaining ${remains_pid%/cmdline}"
  done
  [ -n "$remaining" ]
}

# Kills what remains, and what descends from it, with the groups they lead.
end_trees() {
  pairs=
  for entry in /proc/[0-9]*; do
    start_of "${entry#/proc/}" || continue
    set -- $fields
    pairs="$pairs ${entry#/proc/}:$2"
  done
  doomed="$remaining "
  grown=1
  while [ "$grown" ]; do
    grown=
    for pair in $pairs; do
      case $doomed in *" ${pair%:*} "*) continue ;; esac
      case $doomed in *" ${pair#*:} "*)
        doomed="$doomed${pair%:*} "
        grown=1
        ;;
      esac
    done
  done
  for pid in $doomed; do
    kill -9 "-$pid" 2>/dev/null
    kill -9 "$pid" 2>/dev/null
  done
}
