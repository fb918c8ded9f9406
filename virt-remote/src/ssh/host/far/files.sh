# The directory a path is an entry of, into dir.
dir_of() {
  dir=${1%"${1##*[!/]}"}
  dir=${dir%/*}
  dir=${dir:-/}
}

# What may be done with a path that is to be read whole.
readable() {
  if [ -d "$1" ]; then
    fail "is a directory, not a file"
    return 1
  fi
  [ -r "$1" ] || {
    fail "$(dd if="$1" of=/dev/null count=0 2>&1 >/dev/null)"
    return 1
  }
}

# A pipe is opened in a way that waits for no writer, and read for as long as one may have left something.
content() {
  if [ -p "$1" ]; then
    # By a shell of its own, which may say what ended it; and not by cat, as in terminal.sh.
    (
      timeout 1 dd bs=65536 <> "$1"
      :
    ) 2>/dev/null | base64
  else
    head -c "$read_limit" < "$1" | base64
  fi
}
read_limit=67108865

f_read() {
  readable "$1" || return
  { read_error=$(content "$1" 2>&1 >&3 3>&-); } 3>&1
  [ -z "$read_error" ] || {
    fail "$read_error"
    return
  }
  echo .
}

f_tail() {
  if [ -f "$1" ] && [ -s "$1" ] && [ -r "$1" ]; then
    tail -c "$2" < "$1" | head -c "$read_limit" | base64
    echo .
  else
    f_read "$1"
  fi
}

# f_write PATH TEMPORARY MODE BYTES; the content comes on standard input, and "ok" after it: without that the link was
# cut, and what came is not all.
f_write() {
  dir_of "$1"
  temporary=${dir%/}/$2
  write_error=$(
    take "$4" | {
      (umask 077 && set -C && : > "$temporary" && cat >> "$temporary") || {
        cat >/dev/null
        echo failed
      }
    } 2>&1
  )
  write_end=ok
  [ "$4" -eq 0 ] || { write_end= && IFS= read -r write_end; }
  if [ "$write_end" != ok ]; then
    rm -f -- "$temporary"
    exit 1
  fi
  if [ -z "$write_error" ]; then
    if [ -d "$1" ] && [ ! -L "$1" ]; then
      write_error='Is a directory'
    else
      write_error=$({ chmod "$3" "$temporary" && sync "$temporary" && move "$temporary" "$1" || echo failed; } 2>&1)
    fi
  fi
  if [ "$write_error" ]; then
    # Shells have words of their own for what keeps a file from being made; of a directory, tools speak plainly.
    [ -d "$dir" ] || write_error=$(stat -L -- "$dir/." 2>&1 >/dev/null)
    rm -f -- "$temporary" 2>/dev/null
    fail "$write_error"
    return
  fi
  durable "$dir"
}

# Renames, and does nothing else where that can't be done. A busybox follows a link to a directory at the target, which
# rename(2) replaces: there the link is taken away first, the one case in which a crash leaves neither old nor new. One
# of before 2021 does not know -T: there is no directory at the target then.
move() {
  move_error=$(mv -f -T -- "$1" "$2" 2>&1) && return
  if [ -L "$2" ] && [ -d "$2" ]; then
    case $move_error in
      *'is a directory'* | *'nvalid option'* | *'nrecognized option'*) rm -f -- "$2" && mv -f -- "$1" "$2" && return ;;
    esac
  elif [ ! -d "$2" ]; then
    case $move_error in
      *'nvalid option'* | *'nrecognized option'*)
        mv -f -- "$1" "$2"
        return
        ;;
    esac
  fi
  printf '%s\n' "$move_error" >&2
  return 1
}

# What was done is done even where it can't be made to last.
durable() {
  sync_error=$(sync "$1" 2>&1) || case $sync_error in
    *'Invalid argument'*) ;;
    *)
      fail "%applied $sync_error"
      return
      ;;
  esac
  echo .
}

# f_mkdir PATH MODE
f_mkdir() {
  if [ -d "$1" ]; then
    restrict "$1" "$2"
    return
  fi
  if [ -e "$1" ] || [ -L "$1" ]; then
    fail 'File exists'
    return
  fi
  make_missing "$1" "$2" && echo .
}

make_missing() {
  dir_of "$1"
  [ -e "$dir" ] || [ -L "$dir" ] || make_missing "$dir" "$2" || return
  make_error=$(mkdir -m "$2" -- "$1" 2>&1) || {
    # Somebody was faster.
    [ -d "$1" ] && return
    fail "$make_error"
    return
  }
  dir_of "$1"
  sync "$dir" 2>/dev/null || :
}

# Takes away what a directory of ours allows beyond a mode.
restrict() {
  owned=$(stat -L -c '%u %a' -- "$1" 2>&1) || {
    fail "$owned"
    return
  }
  mode_now=0${owned#* }
  if [ "${owned%% *}" = "$my_uid" ] && [ "$((mode_now & ~0$2 & 07777))" -ne 0 ]; then
    owned=$(chmod -- "$2" "$1" 2>&1) || {
      fail "$owned"
      return
    }
  fi
  echo .
}

f_remove() {
  remove_error=$(rm -f -- "$1" 2>&1) || case $remove_error in
    # Below what is no directory there is nothing.
    *'Not a directory'*) ;;
    *)
      fail "$remove_error"
      return
      ;;
  esac
  echo .
}

f_remove_all() {
  if [ -L "$1" ]; then
    f_remove "${1%"${1##*[!/]}"}"
    return
  fi
  if [ -e "$1" ] && [ ! -d "$1" ]; then
    fail 'Not a directory'
    return
  fi
  remove_error=$(rm -rf -- "$1" 2>&1) || {
    fail "$remove_error"
    return
  }
  echo .
}

f_rename() {
  if ! { [ -e "$1" ] || [ -L "$1" ]; }; then
    printf ':from\n'
    fail "$(stat -- "$1" 2>&1 >/dev/null)"
    return
  fi
  dir_of "$1"
  from_dir=$dir
  dir_of "$2"
  if [ "$from_dir" != "$dir" ]; then
    devices=$(stat -L -c %d -- "$from_dir" "$dir" 2>&1) || {
      fail "$devices"
      return
    }
    [ "${devices%%"$nl"*}" = "${devices##*"$nl"}" ] || {
      fail 'Invalid cross-device link'
      return
    }
  fi
  if [ "$1" != "$2" ]; then
    if [ -d "$2" ] && [ ! -L "$2" ]; then
      if [ -L "$1" ] || [ ! -d "$1" ]; then
        fail 'Is a directory'
        return
      fi
    elif [ -e "$2" ] && [ -d "$1" ] && [ ! -L "$1" ]; then
      fail 'Not a directory'
      return
    fi
    rename_error=$(move "$1" "$2" 2>&1) || {
      fail "$rename_error"
      return
    }
  fi
  if [ "$from_dir" != "$dir" ]; then
    rename_error=$(sync "$from_dir" 2>&1) || case $rename_error in
      *'Invalid argument'*) ;;
      *)
        fail "%applied $rename_error"
        return
        ;;
    esac
  fi
  durable "$dir"
}

f_stat() {
  stat_text=$(stat -L -c '%f %s %u %g %i %Y %y' -- "$1" 2>&1) || {
    case $stat_text in
      *'No such file or directory'* | *'Too many levels'* | *'ymbolic link loop'*)
        if [ -L "$1" ]; then
          stat_text=$(stat -c '%f %s %u %g %i %Y %y' -- "$1" 2>&1) || {
            fail "$stat_text"
            return
          }
          printf ':%s\n.\n' "$stat_text"
          return
        fi
        ;;
    esac
    fail "$stat_text"
    return
  }
  printf ':%s\n.\n' "$stat_text"
}

# The kind of what is at a path, links followed, as one letter into kind; fails where nothing is.
kind_of() {
  if [ -f "$1" ]; then kind=f
  elif [ -d "$1" ]; then kind=d
  elif [ -b "$1" ]; then kind=b
  elif [ -c "$1" ]; then kind=c
  elif [ -S "$1" ]; then kind=s
  elif [ -p "$1" ]; then kind=p
  elif [ -L "$1" ]; then kind=l
  else [ -e "$1" ] && kind=f
  fi
}

listable() {
  if [ -d "$1" ] && [ -r "$1" ]; then
    return
  fi
  list_error=$(ls -a -- "${1%/}/" 2>&1 >/dev/null) || {
    fail "$list_error"
    return
  }
}

f_list() {
  listable "$1" || return
  for entry in "${1%/}"/.* "${1%/}"/*; do
    name=${entry##*/}
    case $name in
      . | ..) continue ;;
    esac
    kind_of "$entry" || continue
    printf '%s%s\0' "$kind" "$name"
  done | base64
  echo .
}

# f_read_dir PATH SUFFIX: names and contents of the regular files whose names end so. All are read in one go; where one
# of them changed meanwhile, or could not be read, each is read by itself.
f_read_dir() {
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then
    list_error=$(stat -L -- "$1" 2>&1 >/dev/null)
    case $list_error in
      *'No such file or directory'*) echo . ; return ;;
    esac
  fi
  listable "$1" || return
  base=${1%/}
  suffix=$2
  each=
  set --
  for entry in "$base"/.* "$base"/*; do
    case ${entry##*/} in
      . | ..) continue ;;
      *"$suffix") ;;
      *) continue ;;
    esac
    [ -f "$entry" ] || continue
    [ -r "$entry" ] && [ -s "$entry" ] || each=1
    set -- "$@" "$entry"
  done
  [ "$#" -gt 0 ] || {
    echo .
    return
  }
  if [ -z "$each" ] && before=$(stat -L -c ':%i %s %y' -- "$@" 2>/dev/null); then
    echo :names
    printf '%s\0' "$@" | base64
    echo :content
    cat -- "$@" 2>/dev/null | base64
    after=$(stat -L -c ':%i %s %y' -- "$@" 2>/dev/null)
    if [ "$before" = "$after" ]; then
      printf '%s\n.\n' "$after"
      return
    fi
  fi
  echo :each
  for entry do
    echo :name
    printf %s "$entry" | base64
    echo :content
    f_read "$entry" | sed 's/^[!.]/:&/'
  done
  echo .
}
