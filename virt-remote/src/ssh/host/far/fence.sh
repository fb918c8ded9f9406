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

# Those shells, into remaining. The patterns do not find the grep that looks for them. No fixed strings: busybox's grep looks
# for these up to the first NUL only.
remains() {
  remaining=
  for remains_file in $(grep -l -e "[v]${1#v}" /proc/[0-9]*/cmdline 2>/dev/null); do
    grep -q -e "[v]${2#v}" "$remains_file" 2>/dev/null && continue
    remains_pid=${remains_file#/proc/}
    start_of "${remains_pid%/cmdline}" && remaining="$remaining ${remains_pid%/cmdline}"
  done
  [ -n "$remaining" ]
}

# Kills what remains, and what descends from it in the same session of processes, or in that which we gave a program that
# one of these started. A daemon has made a session of its own since, and is meant to outlive us.
end_trees() {
  every=
  for entry in /proc/[0-9]*; do
    start_of "${entry#/proc/}" || continue
    set -- $fields
    every="$every ${entry#/proc/}:$2:$4"
  done
  sessions=' '
  for one in $every; do
    case "$remaining " in *" ${one%%:*} "*) sessions="$sessions${one##*:} " ;; esac
  done
  ours=' '
  for one in $every; do
    case $sessions in *" ${one##*:} "*) ours="$ours${one%%:*} " ;; esac
  done
  for one in $every; do
    parent=${one#*:}
    parent=${parent%:*}
    [ "${one%%:*}" = "${one##*:}" ] || continue
    case $ours in *" $parent "*) sessions="$sessions${one##*:} " ;; esac
  done
  doomed="$remaining "
  grown=1
  while [ "$grown" ]; do
    grown=
    for one in $every; do
      parent=${one#*:}
      case $doomed in *" ${one%%:*} "*) continue ;; esac
      case $sessions in *" ${one##*:} "*) ;; *) continue ;; esac
      case $doomed in *" ${parent%:*} "*)
        doomed="$doomed${one%%:*} "
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
