# shellcheck shell=bash
# What every client scenario shares: a directory of its own, servers it starts and ends, real images,
# and assertions that say what was expected. Sourced first by each scenario; VARVE names the binary.
#
# Everything a scenario leaves behind (servers, storage, remembered checkpoints) lives in $WORK and ends
# with it. Only processes started here are ever signalled, by their own id.
set -euo pipefail

: "${VARVE:?VARVE must name the varve binary to test}"
VARVE=$(realpath "$VARVE")
WORK=$(mktemp -d "${TMPDIR:-/tmp}/varve-clients.XXXXXX")
# No credentials, storage or remembered keys of whoever runs this take part, and none are changed.
export HOME=$WORK/home XDG_STATE_HOME=$WORK/state XDG_RUNTIME_DIR=$WORK/runtime TMPDIR=$WORK/tmp
export REGISTRY_AUTH_FILE=$WORK/no-credentials.json
export NO_COLOR=1
for name in "${!VARVE_@}"; do unset "$name"; done
mkdir -p "$HOME" "$XDG_STATE_HOME" "$XDG_RUNTIME_DIR" "$TMPDIR"
chmod 700 "$XDG_RUNTIME_DIR"
echo '{}' >"$REGISTRY_AUTH_FILE"
declare -A STARTED=()   # process id -> what it is
SERVER_PID='' SERVER_LOG='' ADDR='' URL='' FIRST='' SECOND='' MANIFEST='' ADMIN=''
CA=$WORK/ca.pem CERTS=$WORK/certs

cleanup() {
  local status=$? pid
  trap - EXIT
  for pid in "${!STARTED[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  for pid in "${!STARTED[@]}"; do wait "$pid" 2>/dev/null || true; done
  if ((status != 0)) && [[ -s $SERVER_LOG ]]; then
    echo "--- the last lines of the server ($SERVER_LOG) ---"
    tail -n 40 "$SERVER_LOG"
  fi
  chmod -R u+w "$WORK" 2>/dev/null || true
  rm -rf "$WORK"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

step() { printf '\n== %s\n' "$*"; }
note() { printf '   %s\n' "$*"; }

# Where in the story it went wrong, and what was expected.
fail() {
  printf 'FAILED at %s line %s: %s\n' "${BASH_SOURCE[-1]##*/}" "${BASH_LINENO[-2]}" "$*" >&2
  exit 1
}
trap 'fail "a command failed: $BASH_COMMAND"' ERR
set -E

expect_equal() {  # <what> <expected> <actual>
  [[ $2 == "$3" ]] || fail "$1: expected '$2', got '$3'"
}
expect_contains() {  # <what> <part> <text>
  [[ $3 == *"$2"* ]] || fail "$1: expected to find '$2' in: $3"
}
expect_same_bytes() {  # <what> <file> <file>
  cmp "$2" "$3" || fail "$1: $2 and $3 differ"
}
# Runs a command that must end with exactly this code; what it says is in $SAID afterwards.
expect_exit() {  # <code> <command...>
  local expected=$1 status=0
  shift
  SAID=$("$@" 2>&1) || status=$?
  ((status == expected)) || fail "exit code $expected expected from: $* — got $status: $SAID"
}
expect_status() {  # <HTTP status> <curl arguments...>
  local expected=$1 got
  shift
  got=$(curl -sS --max-time 30 -o "$WORK/answer" -w '%{http_code}' "$@") || fail "curl failed: $*"
  [[ $got == "$expected" ]] || fail "HTTP $expected expected from: curl $* — got $got: $(head -c 400 "$WORK/answer")"
}

need() {  # <command> <Debian package>
  command -v "$1" >/dev/null || fail "$1 is not installed: apt-get install $2"
}
need_fetched() {  # <command>
  command -v "$1" >/dev/null || fail "$1 is not here: ./dev clients fetches it and runs this"
}

# Starts a server and waits until it says where it listens: sets SERVER_PID, SERVER_LOG, ADDR, URL. At
# $LISTEN when that is set: where clients know it from before.
start_server() {  # <varve serve arguments...>
  SERVER_LOG=$(mktemp "$WORK/server.XXXXXX")
  "$VARVE" serve --listen "${LISTEN:-127.0.0.1:0}" "$@" >"$SERVER_LOG" 2>&1 </dev/null &
  SERVER_PID=$!
  STARTED[$SERVER_PID]="varve serve $*"
  local tries=0
  # The address is printed when connections are accepted; a sanitised build may need a while.
  until ADDR=$(grep -om1 'listening on 127\.0\.0\.1:[0-9]*' "$SERVER_LOG"); do
    kill -0 "$SERVER_PID" 2>/dev/null || fail "the server ended: $(tail -n 5 "$SERVER_LOG")"
    ((++tries < 600)) || fail "the server did not listen within 60 s"
    sleep 0.1
  done
  ADDR=${ADDR#listening on }
  URL=http://$ADDR
}
# The same over HTTPS, with a certificate under an authority made here: $CA is its
# file, our own commands trust it, and $CERTS is the folder that skopeo, podman and buildah want it in.
start_tls_server() {  # <varve serve arguments...>
  if [[ ! -e $WORK/ca.pem ]]; then
    make_authority ca
    make_server_certificate ca first
    mkdir -p "$CERTS"
    cp "$CA" "$CERTS/ca.crt"
    export VARVE_CA=$CA
  fi
  start_server "$@" --tls-cert "$WORK/server.pem" --tls-key "$WORK/server.key"
  URL=https://$ADDR
}
# An authority, and certificates of 127.0.0.1 under it. Test keys, gone with $WORK.
make_authority() {  # <name>
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
    -keyout "$WORK/$1.key" -out "$WORK/$1.pem" 2>/dev/null
}
make_server_certificate() {  # <authority> <CN>
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" \
    -keyout "$WORK/server.key" -out "$WORK/server.csr" 2>/dev/null
  openssl x509 -req -in "$WORK/server.csr" -CA "$WORK/$1.pem" -CAkey "$WORK/$1.key" -days 2 \
    -extfile <(echo "subjectAltName=IP:127.0.0.1,DNS:localhost") -out "$WORK/server.pem" 2>/dev/null
}
# Asks a server to drain and expects it to end well.
stop_server() { stop_process "$SERVER_PID"; }
stop_process() {  # <process id>
  local pid=$1 status=0
  kill -TERM "$pid"
  wait "$pid" || status=$?
  unset "STARTED[$pid]"
  ((status == 0)) || fail "the drained server ended with $status"
}
# Ends the server as a power loss would.
kill_server() {
  kill -9 "$SERVER_PID"
  wait "$SERVER_PID" 2>/dev/null || true
  unset "STARTED[$SERVER_PID]"
}

# A real image of one static program; the text makes it different from others.
make_image() {  # <layout> <tag> <text>
  local layout=$1 tag=$2 file
  # Copied first: without root, umoci changes the permissions of what it inserts and of its folder.
  mkdir -p "$WORK/insert"
  cp "$(command -v busybox)" "$WORK/insert/busybox"
  [[ -d $layout ]] || umoci init --layout "$layout"
  umoci new --image "$layout:$tag" >/dev/null
  umoci insert --rootless --image "$layout:$tag" "$WORK/insert/busybox" /bin/busybox >/dev/null
  file=$WORK/insert/message
  printf '%s\n' "$3" >"$file"
  umoci insert --rootless --image "$layout:$tag" "$file" /etc/message >/dev/null
  umoci config --image "$layout:$tag" --config.cmd /bin/busybox --config.cmd sh >/dev/null
}
# What the scenarios with real images begin with. Every layout is $WORK/image, tagged 1 and 2.
need_image_tools() {
  need skopeo skopeo
  need umoci umoci
  need jq jq
}
make_first_image() {  # sets FIRST, its digest, and MANIFEST, its manifest's file
  need_image_tools
  make_image "$WORK/image" 1 "the first"
  FIRST=$(digest_in_layout "$WORK/image" 1)
  # shellcheck disable=SC2034  # for the scenarios
  MANIFEST=$WORK/image/blobs/sha256/${FIRST#sha256:}
}
make_two_images() {  # sets SECOND too
  make_first_image
  make_image "$WORK/image" 2 "the second"
  SECOND=$(digest_in_layout "$WORK/image" 2)
  [[ $FIRST != "$SECOND" ]] || fail "the two images must differ"
}
digest_in_layout() {  # <layout> <tag>
  jq -r --arg tag "$2" \
    '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $tag) | .digest' \
    "$1/index.json"
}

# skopeo without a signature policy file: which images may be pulled is not what is tested here.
skopeo() { command skopeo --insecure-policy "$@"; }
push_image() {  # <layout:tag> <name:tag>
  skopeo copy --quiet --dest-tls-verify=false "oci:$1" "docker://$ADDR/$2"
}
pull_image() {  # <name:tag> <layout:tag>
  skopeo copy --quiet --src-tls-verify=false "docker://$ADDR/$1" "oci:$2"
}
digest_at_server() {  # <name:tag>
  skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$ADDR/$1"
}

# podman and buildah with storage of their own; vfs needs neither a kernel module nor user namespaces.
podman() { command podman --storage-driver=vfs --root "$WORK/podman" --runroot "$WORK/podman-run" "$@"; }
buildah() { command buildah --storage-driver vfs --root "$WORK/podman" --runroot "$WORK/podman-run" "$@"; }

varve() { "$VARVE" "$@"; }
# A registry with accounts in $WORK/data, not served yet; sets ADMIN, the administrator's password.
init_accounts() {  # <origin>
  ADMIN=$(varve init --data "$WORK/data" --origin "$1" -o json 2>/dev/null | jq -r .password)
  [[ -n $ADMIN && $ADMIN != null ]] || fail "init printed no password"
}
# A command of ours as the administrator of the server that runs.
admin() { VARVE_USER=admin VARVE_PASSWORD=$ADMIN "$VARVE" "$@" --server "$URL" 2>/dev/null; }

# A registry over HTTPS with a team's accounts: everybody pulls from team/, nobody from private/ but
# reader; writer pushes to both, maintainer deletes there too. Sets PASSWORD[name].
declare -A PASSWORD=()
start_team_server() {  # <origin>
  local name
  init_accounts "$1"
  start_tls_server --data "$WORK/data"
  # shellcheck disable=SC2034  # for the scenarios
  for name in reader writer maintainer; do PASSWORD[$name]=$(admin user add "$name"); done
  for name in writer maintainer; do
    admin grant set "$name" 'team/*' "$name"
    admin grant set "$name" 'private/*' "$name"
  done
  admin grant set reader 'private/*' reader
  admin grant set anonymous 'private/*' none
}
# The same with a machine's token for each, in MACHINE: what Azure's SDKs exchange for theirs.
declare -A MACHINE=()
start_azure_server() {  # <origin>
  local name
  start_team_server "$1"
  for name in reader writer maintainer; do
    # shellcheck disable=SC2034  # for the scenarios
    MACHINE[$name]=$(admin user add "$name-machine" --kind service)
    if [[ $name != reader ]]; then admin grant set "$name-machine" 'team/*' "$name"; fi
    admin grant set "$name-machine" 'private/*' "$name"
  done
}
# A registry over HTTPS, and "owner", who holds an access key and may do everything to group/*, where
# an image team:1 is. Sets AK and SK: what Huawei's SDKs sign with.
start_swr_server() {  # <origin>
  local lines
  init_accounts "$1"
  start_tls_server --data "$WORK/data"
  admin user add owner --kind service >"$WORK/owner"
  admin grant set owner 'group/*' maintainer
  lines=$(admin user ak add owner)
  # shellcheck disable=SC2034  # for the scenarios
  { read -r AK && read -r SK; } <<<"$lines"
  [[ -n $AK && -n $SK ]] || fail "no access key was printed: $lines"
}

# What such a story ends with: nothing that clients did left anything wrong behind.
stop_and_check() {
  stop_server
  expect_exit 0 timeout 300 "$VARVE" fsck --data "$WORK/data"
}

# Runs a command where there is no network but an unconfigured loopback.
offline() {
  local flags=(-n)
  ((EUID == 0)) || flags=(-r -n)
  unshare "${flags[@]}" true 2>"$WORK/unshare" ||
    fail "a process without network cannot be made here (unshare ${flags[*]}): $(cat "$WORK/unshare")"
  unshare "${flags[@]}" "$@"
}

# How many entries are committed and published; waits until everything committed is published.
published_size() {
  varve log --server "$URL" -o json 2>/dev/null | jq .size
}
# The indexes of the events of one type, in order.
indexes_of() {  # <type> [ref]
  varve log --server "$URL" -o json ${2:+"$2"} 2>/dev/null |
    jq --arg type "$1" '.events[] | select(.type == $type) | .index'
}
# The registry's two verifier keys, from the source a careful person would use.
save_keys() {  # <file>
  curl -fsS "$URL/log/vkey" >"$1"
}

# An OCI manifest without layers, different for every text; needs put_empty_config once a repository.
EMPTY_CONFIG=sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
put_empty_config() {  # <repository> [curl arguments...]
  expect_status 201 -X POST --data-binary '{}' -H 'Content-Type: application/octet-stream' \
    "${@:2}" "$URL/v2/$1/blobs/uploads/?digest=$EMPTY_CONFIG"
}
artifact_manifest() {  # <text>
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.example.note","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"%s","size":2},"layers":[{"mediaType":"application/vnd.oci.empty.v1+json","digest":"%s","size":2}],"annotations":{"note":"%s"}}' \
    "$EMPTY_CONFIG" "$EMPTY_CONFIG" "$1"
}
