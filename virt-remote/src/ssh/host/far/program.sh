# program MARKER DIRECTORY OUTPUT_FILE CLEAR VARIABLES, then the variables, the program and its arguments: becomes that
# program, whose input and output are those of this session.
program() {
  printf '%s\n' "$1"
  clear=$4 variables=$5 output=$3
  eval "program=\${$((variables + 6))}"
  prepare "$2" "$output" "$program" || return
  own_number
  start_of "$self"
  shift 5
  place=0
  for argument do
    [ "$place" -gt 0 ] || set --
    if [ "$place" -ne "$variables" ]; then
      set -- "$@" "$argument"
    elif [ "$own_group" ]; then
      set -- "$@" "$setsid" -- "$found"
    elif [ "$variables" -gt 0 ] || [ "$clear" ]; then
      # For a path with "=" in it, which is no variable.
      set -- "$@" nice -n 0 "$found"
    else
      set -- "$found"
    fi
    place=$((place + 1))
  done
  [ -z "$clear" ] && [ "$variables" -eq 0 ] || set -- env $clear -- "$@"
  restore_env
  printf ':pid %s %s\n.\n' "$self" "$started"
  [ -z "$output" ] || exec >>"$output" 2>&1
  exec "$@"
}
own_group=

# long_program END MARKER …: the same in a group of its own, and its end is said behind all that it said.
long_program() {
  end=$1
  shift
  own_group=1
  ( program "$@" )
  printf '%s %s\n' "$end" "$?"
  printf '%s\n' "$end" >&2
}
