# end_all PID START PID START …: ends those very processes, and returns when they are gone. Those of sshd are asked first,
# and a shell of ours has as long to finish what it has in hand: a second. What we may not end is left out.
end_all() {
  end_signal=TERM
  end_step=0
  while [ "$#" -gt 0 ]; do
    left=$#
    while [ "$left" -gt 0 ]; do
      if alive "$1" "$2" && kill -0 "$1" 2>/dev/null; then
        end_one "$1"
        set -- "$@" "$1" "$2"
      fi
      shift 2
      left=$((left - 2))
    done
    [ "$#" -eq 0 ] || sleep 0.1 2>/dev/null || sleep 1
    end_step=$((end_step + 1))
    [ "$end_step" -lt 10 ] || end_signal=KILL
  done
}

# end_one PID: what was just found alive. With its group where that is its own, or that of the sudo which it was started
# by: in any other there may be others.
end_one() {
  set -- "$1" $fields
  if is_sshd "$1"; then
    kill -s "$end_signal" "$1" 2>/dev/null
    return
  fi
  [ "$end_signal" = KILL ] || return
  name_of "$4"
  if [ "$4" = "$1" ] || [ "$command_name" = sudo ]; then
    kill -9 "-$4" 2>/dev/null
  else
    kill -9 "$1" 2>/dev/null
  fi
}
