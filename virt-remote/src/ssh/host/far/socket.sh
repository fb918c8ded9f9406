# socket MARKER PATH: connects this session with a unix socket, by the first program there is that can. Those that tell
# why they can't connect come first.
socket() {
  printf '%s\n' "$1"
  if [ ! -S "$2" ]; then
    if [ -e "$2" ]; then fail 'Connection refused'; else fail "$(stat -L -- "$2" 2>&1 >/dev/null)"; fi
    return
  fi
  if command -v perl >/dev/null && perl -MSocket -e 1 2>/dev/null; then
    exec perl -e "$perl_text" -- "$2"
  elif command -v python3 >/dev/null; then
    exec python3 -I -c "$python_text" "$2"
  elif command -v socat >/dev/null; then
    echo .
    exec socat -t 86400 - "UNIX-CONNECT:$(escape_for_socat "$2")"
  elif nc -h 2>&1 | grep -q -e '-[a-zA-Z0-9]*U'; then
    echo .
    exec nc -U "$2"
  else
    fail %tools
  fi
}

# What means something in an address of socat's.
escape_for_socat() {
  printf %s "$1" | sed -e 's/[]:,!"(){}[]/\\&/g' -e "s/'/\\\\'/g"
}

perl_text='use Socket; $| = 1; my $path = shift; my $s;
socket($s, PF_UNIX, SOCK_STREAM, 0) && connect($s, pack_sockaddr_un($path)) or do { print "!$!\n"; exit };
syswrite(STDOUT, ".\n"); my $open = 1;
sub pass { my ($to, $bytes) = @_; my $at = 0;
  while ($at < length $bytes) { my $n = syswrite($to, $bytes, length($bytes) - $at, $at); exit unless defined $n; $at += $n } }
while (1) { my $r = ""; vec($r, fileno $s, 1) = 1; vec($r, 0, 1) = 1 if $open; select($r, undef, undef, undef);
  if (vec($r, fileno $s, 1)) { my $n = sysread($s, my $b, 65536); exit unless $n; pass(\*STDOUT, $b) }
  if ($open && vec($r, 0, 1)) { my $n = sysread(STDIN, my $b, 65536); if ($n) { pass($s, $b) } else { $open = 0; shutdown($s, 1) } } }'

python_text='import os, select, socket, sys
s = socket.socket(socket.AF_UNIX)
try: s.connect(sys.argv[1])
except OSError as e: os.write(1, ("!%s\n" % e.strerror).encode()); sys.exit()
os.write(1, b".\n"); sources = [s, 0]
def everything(b):
    while b: b = b[os.write(1, b):]
while True:
    ready = select.select(sources, [], [])[0]
    if s in ready:
        b = s.recv(65536)
        if not b: break
        everything(b)
    if 0 in ready:
        b = os.read(0, 65536)
        if b: s.sendall(b)
        else: sources.remove(0); s.shutdown(socket.SHUT_WR)'
