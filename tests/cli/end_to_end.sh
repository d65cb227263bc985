#!/bin/bash
# The real binary from `serve --dev` to `fsck`, judged by exit codes and output. Needs curl.
#   end_to_end.sh PATH/TO/varve
set -u
varve=$1
work=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill -9 "$server" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
export XDG_STATE_HOME=$work/state
unset VARVE_CONFIG VARVE_KEY
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# expect CODE WORDS…: the command ends with this exit code; its output is in out and err.
expect() {
  local wanted=$1
  shift
  "$varve" "$@" >out 2>err
  local got=$?
  [ "$got" -eq "$wanted" ] || { fail "varve $* ended with $got instead of $wanted"; cat out err; }
}
said() { grep -q -- "$1" out || { fail "stdout lacks: $1"; cat out; }; }
told() { grep -q -- "$1" err || { fail "stderr lacks: $1"; cat err; }; }

# start WORDS…: serves on $listen, or a free port, and waits until it listens.
start() {
  "$varve" serve --listen "${listen:-127.0.0.1:0}" "$@" 2>serve.log &
  server=$!
  for _ in $(seq 100); do
    grep -q '^listening on ' serve.log && break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  local address
  address=$(sed -n 's/^listening on //p' serve.log)
  [ -n "$address" ] || { fail "serve $* does not listen"; cat serve.log; exit 1; }
  export VARVE_SERVER=http://$address
}
stop() {
  kill -TERM "$server"
  wait "$server"
  local got=$?
  server=
  [ "$got" -eq 0 ] || { fail "the server ended with $got"; cat serve.log; }
}
http() {
  local wanted=$1
  shift
  local got
  got=$(curl -s -o body -w '%{http_code}' "$@")
  [ "$got" = "$wanted" ] || { fail "curl $* got $got instead of $wanted"; cat body; }
}
push_image() {
  local type=application/vnd.oci.image.manifest.v1+json
  printf '%s' '{"architecture":"amd64","os":"linux"}' >config.json
  config=sha256:$(sha256sum config.json | cut -d' ' -f1)
  local upload
  upload=$(curl -s -D- -o /dev/null -X POST "$VARVE_SERVER/v2/library/app/blobs/uploads/" |
    tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  case $upload in http*) ;; *) upload=$VARVE_SERVER$upload ;; esac
  http 201 -X PUT --data-binary @config.json "$upload?digest=$config"
  printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%s},"layers":[]}' \
    "$type" "$config" "$(stat -c %s config.json)" >manifest.json
  http 201 -X PUT --data-binary @manifest.json -H "Content-Type: $type" \
    "$VARVE_SERVER/v2/library/app/manifests/1.0"
}

echo "a dev registry, and an image in it"
expect 2 serve --data nothing
told 'varve init'
expect 2 serve --dev --data data --listen 0.0.0.0:0
start --dev --data data
push_image

echo "the log, a proof, and its verification"
expect 0 log
told 'first use of'
said 'oci.tag.set .*library/app:1.0'
expect 0 log library/app:1.0 -o json
said '"schema":"varve.log/v1"'
expect 4 log --from 9999
expect 2 log --from 3 --to 2
expect 0 prove library/app:1.0 --out app.tlog-proof
told '✓ inclusion'
expect 4 prove library/app:missing
expect 4 prove 9999
expect 0 key show
cp out vkeys
expect 0 verify manifest.json --proof app.tlog-proof --key vkeys
said '✓ file digest'
expect 3 verify config.json --proof app.tlog-proof --key vkeys
told 'next: '
sed 's/^index .*/index 0/' app.tlog-proof >moved.tlog-proof
expect 3 verify --proof moved.tlog-proof --key vkeys
expect 2 verify --proof app.tlog-proof
expect 5 verify --proof app.tlog-proof --key vkeys --require-author "sha256:$(printf "%064d" 0)"

echo "a tag goes back to what it was"
expect 0 log library/app:1.0 -o json
set_by=$(grep -o '"index":[0-9]*' out | tail -n 1 | cut -d: -f2)
http 202 -X DELETE "$VARVE_SERVER/v2/library/app/manifests/1.0"
http 404 "$VARVE_SERVER/v2/library/app/manifests/1.0"
expect 0 tag restore library/app:1.0 --to "$set_by"
said 'library/app:1.0 is sha256:'
http 200 "$VARVE_SERVER/v2/library/app/manifests/1.0"
expect 0 tag restore library/app:1.0 --to "$set_by" -o json
said '"schema":"varve.tag.restored/v1"'
expect 4 tag restore library/app:1.0 --to 0
expect 4 tag restore library/app:1.0 --to 999999
expect 4 tag restore nobody/app:1.0 --to "$set_by"
expect 2 tag restore library/app --to 1

echo "replay and fsck, beside the running server and through it"
expect 0 prove library/app:1.0 --out restored.tlog-proof  # waits: a server shows what is published
expect 0 fsck --data data
expect 0 fsck --url "$VARVE_SERVER" --key vkeys
expect 2 fsck --url "$VARVE_SERVER"
expect 0 replay --data data --out copy
cp out tables
expect 0 replay --url "$VARVE_SERVER" --out remote --skip-signatures
cmp -s out tables || fail "two replays of one log differ"
told 'SIGNATURES WERE NOT CHECKED'
expect 9 serve --data data --listen 127.0.0.1:0
expect 9 serve --dev --data other --listen "${VARVE_SERVER#http://}"
stop
grep -q 'draining' serve.log || fail "the server does not say that it drains"
expect 6 log
told 'next: '

echo "a replayed copy, served read-only"
start --read-only --data copy --blobs data
grep -q 'DEV MODE' serve.log || fail "a dev directory is served without a warning"
http 200 "$VARVE_SERVER/v2/library/app/manifests/1.0"
http 200 "$VARVE_SERVER/v2/library/app/blobs/$config"
http 405 -X POST "$VARVE_SERVER/v2/library/app/blobs/uploads/"
expect 0 log
stop
expect 2 serve --read-only --data copy --blobs nowhere --listen 127.0.0.1:0
told 'no blobs in nowhere'
start --read-only --data copy
http 200 "$VARVE_SERVER/v2/library/app/manifests/1.0"
http 404 "$VARVE_SERVER/v2/library/app/blobs/$config"
stop
[ ! -e nowhere ] && [ ! -e copy/blobs ] && [ ! -e copy/uploads ] || fail "a read-only server made directories"

echo "a rotated event key: old entries verify along the chain"
expect 0 key rotate --data data
start --data data
expect 0 log
said 'log.event_key.rotated'
expect 0 prove library/app:1.0 --out old-key.tlog-proof
expect 0 prove 0
http 200 "$VARVE_SERVER/log/vkey"
cp body all-vkeys
[ "$(wc -l <all-vkeys)" -eq 3 ] || { fail "not every event key is handed out"; cat all-vkeys; }
expect 0 key show
cmp -s out all-vkeys || { fail "key show names other keys than the registry"; cat out; }
expect 0 key show --data data
cmp -s out all-vkeys || { fail "key show --data names other keys than the registry"; cat out; }
expect 0 fsck --url "$VARVE_SERVER" --key all-vkeys
stop
for keys in vkeys all-vkeys; do
  expect 0 verify manifest.json --proof app.tlog-proof --key "$keys"
  expect 0 verify manifest.json --proof old-key.tlog-proof --key "$keys"
done
sed 2d all-vkeys >new-vkeys
expect 6 verify --proof app.tlog-proof --key new-vkeys
said '? event signature'
told 'next: '

echo "an old copy of the directory is a rollback, for the server and for its clients"
cp -r data old
rm old/lock
start --dev --data data
http 202 -X DELETE "$VARVE_SERVER/v2/library/app/manifests/1.0"
expect 0 log
stop
cp data/head.anchor old/head.anchor
expect 7 serve --data old --listen 127.0.0.1:0
expect 7 fsck --data old
rm old/head.anchor
expect 6 serve --data old --listen 127.0.0.1:0
expect 6 fsck --data old
expect 0 fsck --data old --write-anchor
start --data old
expect 7 log
told 'rollback'
for file in $(grep -o "$XDG_STATE_HOME/varve/evidence/[^ ;]*\.note" err); do
  [ -s "$file" ] || fail "no evidence in $file"
done
[ "$(ls "$XDG_STATE_HOME/varve/evidence" | wc -l)" -eq 2 ] || fail "the evidence is not two notes"
stop

echo "a named registry"
expect 0 init --data named --origin registry.example/main
said 'registry.example/main/events+'
told 'the user admin may do everything; its password, shown this once: '
[ "$(wc -l < out)" -eq 2 ] || fail "a key file is two lines, and no password among them"
expect 0 init --data machine --origin registry.example/machine -o json
said '"user":"admin","password":"'
[ "$(find machine/secrets/credentials -type f -perm 600 | wc -l)" -eq 1 ] ||
  fail "the administrator's secret is not a file of its owner alone"
expect 9 init --data named --origin registry.example/main
start --data named
http 401 -X POST "$VARVE_SERVER/v2/library/app/blobs/uploads/"
"$varve" serve --data named --listen 127.0.0.1:0 2>/dev/null && fail "one directory is served twice"
expect 9 user recover --data named
stop
expect 0 user recover --data named
cp out recovered
told 'admin may do everything'
start --data named
VARVE_USER=admin VARVE_PASSWORD=wrong expect 8 user list
VARVE_USER=admin VARVE_PASSWORD=$(cat recovered) expect 0 user list
said admin
stop

echo "a registry made anew at the same address is not taken for the old one"
start --dev --data first
expect 0 log
stop
listen=${VARVE_SERVER#http://} start --dev --data second
expect 7 log
told 'another registry at this address'
told "varve key forget --server $VARVE_SERVER"
expect 0 key forget --server "$VARVE_SERVER"
expect 0 log
told 'first use of'
expect 0 key forget
expect 4 key forget
stop

[ "$failures" -eq 0 ] && echo "all well"
exit "$failures"
