# Carries out an operation that has so many bytes of input, unless one before it failed and that ends the batch.
go() {
  go_input=$1
  shift
  if [ "$stopped" ]; then
    [ "$go_input" -eq 0 ] || take "$go_input" >/dev/null
    [ "$go_input" -eq 0 ] || IFS= read -r go_end
    echo '~'
    return
  fi
  "$@" || stopped=$stop_at_error
}

# Serves requests: a line each, which is evaluated.
serve() {
  while IFS= read -r request; do
    (
      stopped=
      stop_at_error=
      eval "$request"
    )
    printf '$ %s\n' "$?"
  done
}
