#!/bin/bash
# varve as a client of Warg packages: publishes with keys of both kinds, downloads what is proven,
# says which no is which by its exit code, and notices a registry that went back to an earlier state.
source "$(dirname "$0")/lib.sh"

need jq jq

publish() { VARVE_TOKEN=$TOKEN "$VARVE" publish "$@" --server "$URL"; }
component() { head -c "$2" /dev/urandom >"$WORK/$1.wasm"; }
versions_of() { varve warg info "$1" --server "$URL" -o json 2>/dev/null | jq -r '[.releases[] | select(.yanked | not) | .version] | join(" ")'; }

init_accounts registry.example/warg-client
start_tls_server --data "$WORK/data"
TOKEN=$(admin user add pub --kind service)
admin grant set pub 'test/*' writer
admin warg namespace define test

step "keys stay in their files, and are never written over"
varve warg key new --out "$WORK/p256.key" >"$WORK/p256.pub" 2>/dev/null
varve warg key new --algorithm ed25519 --out "$WORK/ed.key" -o json >"$WORK/ed.json" 2>/dev/null
expect_equal "the key file's permissions" 600 "$(stat -c %a "$WORK/ed.key")"
expect_exit 9 varve warg key new --out "$WORK/ed.key"
expect_equal "the public key" "$(head -n 1 "$WORK/p256.pub")" "$(varve warg key show "$WORK/p256.key" | head -n 1)"

step "who may not begin a package is refused: 8; a namespace that is not there: 4"
component one 100000
component two 3000000
expect_exit 8 varve publish release test:hello 1.0.0 "$WORK/one.wasm" --key "$WORK/p256.key" --server "$URL"
expect_exit 4 publish release none:hello 1.0.0 "$WORK/one.wasm" --key "$WORK/p256.key"

step "a first release begins the package; a second one; several in one record"
publish release test:hello 1.0.0 "$WORK/one.wasm" --key "$WORK/p256.key" -o json | tee "$WORK/first.json"
expect_equal "its record" true "$(jq '.published and .init and .uploads == 1' "$WORK/first.json")"
publish release test:hello 1.1.0 "$WORK/two.wasm" --key "$WORK/p256.key"
publish release test:edward 0.1.0 "$WORK/one.wasm" 0.2.0 "$WORK/two.wasm" --key "$WORK/ed.key" -o json | tee "$WORK/second.json"
expect_equal "nothing is uploaded twice" 0 "$(jq .uploads "$WORK/second.json")"
expect_equal "the releases" "0.1.0 0.2.0" "$(versions_of test:edward)"

step "what is downloaded is what was released"
varve warg download test:hello --out "$WORK/got.wasm" --server "$URL"
expect_same_bytes "the newest release" "$WORK/two.wasm" "$WORK/got.wasm"
varve warg download test:hello@1.0.0 --out "$WORK/got.wasm" --server "$URL"
expect_same_bytes "an older release" "$WORK/one.wasm" "$WORK/got.wasm"
varve warg download test:edward@0.1.0 --out "$WORK/got.wasm" --server "$URL"
varve warg info test:hello --server "$URL"

step "mistakes: released already 9, not there 4, another's package 8, yanked 5, no file 2"
expect_exit 9 publish release test:hello 1.0.0 "$WORK/two.wasm" --key "$WORK/p256.key"
expect_exit 4 publish yank test:hello 9.9.9 --key "$WORK/p256.key"
expect_exit 8 publish release test:hello 2.0.0 "$WORK/two.wasm" --key "$WORK/ed.key"
expect_exit 2 publish release test:hello 2.0.0 "$WORK/none.wasm" --key "$WORK/p256.key"
expect_exit 4 varve warg download test:hello@9.9.9 --out "$WORK/never.wasm" --server "$URL"

step "another key is let in, and put out again"
P256_ID=$(sed -n 2p "$WORK/p256.pub")
publish grant test:edward "$(head -n 1 "$WORK/p256.pub")" --permission yank --key "$WORK/ed.key"
expect_exit 8 publish release test:edward 0.3.0 "$WORK/one.wasm" --key "$WORK/p256.key"
publish yank test:edward 0.2.0 --key "$WORK/p256.key"
publish revoke test:edward "$P256_ID" --permission yank --key "$WORK/ed.key"
expect_exit 8 publish yank test:edward 0.1.0 --key "$WORK/p256.key"
expect_equal "the releases" "0.1.0" "$(versions_of test:edward)"
expect_exit 5 varve warg download test:edward@0.2.0 --out "$WORK/never.wasm" --server "$URL"

step "several at once: each comes, one after another"
PUBLISHERS=()
for i in 1 2 3 4; do
  publish release test:hello "1.1.$i" "$WORK/one.wasm" --key "$WORK/p256.key" >"$WORK/publisher$i" 2>&1 &
  PUBLISHERS+=($!)
done
for pid in "${PUBLISHERS[@]}"; do
  wait "$pid" || fail "a publisher ended with $?: $(cat "$WORK"/publisher?)"
done
expect_equal "the releases" "1.0.0 1.1.0 1.1.1 1.1.2 1.1.3 1.1.4" "$(versions_of test:hello)"

step "an upload that was broken off holds nobody up: the same command, run again, finishes it"
truncate -s 400M "$WORK/large.wasm"  # time enough to break it off
# The command itself, and not a shell that waits for it.
(VARVE_TOKEN=$TOKEN exec "$VARVE" publish release test:large 1.0.0 "$WORK/one.wasm" 2.0.0 "$WORK/large.wasm" \
  --key "$WORK/p256.key" --server "$URL") >"$WORK/broken" 2>&1 &
BROKEN=$!
until [[ -n $(find "$WORK/data/uploads" -type f -size +1M) ]]; do
  kill -0 "$BROKEN" 2>/dev/null || fail "the publisher ended before it was broken off: $(cat "$WORK/broken")"
  sleep 0.01
done
kill -9 "$BROKEN"
wait "$BROKEN" 2>/dev/null || true
expect_exit 4 varve warg info test:large --server "$URL"
publish release test:large 1.0.0 "$WORK/one.wasm" 2.0.0 "$WORK/large.wasm" --key "$WORK/p256.key" -o json | tee "$WORK/finished.json"
expect_equal "its record" true "$(jq '.published and .init and .uploads == 1' "$WORK/finished.json")"
expect_equal "the releases" "1.0.0 2.0.0" "$(versions_of test:large)"

step "what is not there is proven absent: 4"
expect_exit 4 varve warg info test:nothing --server "$URL"
expect_contains "why" "its absence is proven" "$SAID"

step "what nobody signed lately cannot be told: 6"
sleep 2
expect_exit 6 varve warg download test:hello --out "$WORK/never.wasm" --max-age 1s --server "$URL"
expect_contains "why" "too old" "$SAID"

step "a package that not everybody may see: with the right it comes, without it nothing can be told"
admin grant set anonymous 'test/edward' none
admin grant set pub 'test/edward' writer
VARVE_TOKEN=$TOKEN varve warg download test:edward --out "$WORK/private.wasm" --server "$URL"
expect_same_bytes "the private release" "$WORK/one.wasm" "$WORK/private.wasm"
expect_exit 6 env XDG_STATE_HOME="$WORK/stranger" "$VARVE" warg info test:edward --server "$URL"

step "a restart, a kill -9, and another key of the registry's: whoever trusted it goes on"
stop_server
cp -a "$WORK/data" "$WORK/earlier"
LISTEN=$ADDR start_tls_server --data "$WORK/data"
publish release test:hello 1.2.0 "$WORK/one.wasm" --key "$WORK/p256.key"
kill_server
LISTEN=$ADDR start_tls_server --data "$WORK/data"
expect_equal "the releases" "1.0.0 1.1.0 1.1.1 1.1.2 1.1.3 1.1.4 1.2.0" "$(versions_of test:hello)"
stop_server
varve key rotate --data "$WORK/data" --warg >/dev/null 2>&1
LISTEN=$ADDR start_tls_server --data "$WORK/data"
publish release test:hello 1.3.0 "$WORK/two.wasm" --key "$WORK/p256.key"
varve warg download test:hello --out "$WORK/got.wasm" --server "$URL"
expect_same_bytes "the newest release" "$WORK/two.wasm" "$WORK/got.wasm"
stop_and_check

step "the registry comes back as it was before: 7, and both checkpoints are kept"
LISTEN=$ADDR start_tls_server --data "$WORK/earlier"
expect_exit 7 varve warg download test:hello --out "$WORK/never.wasm" --server "$URL"
expect_contains "what it says" "rollback" "$SAID"
expect_equal "the evidence" 2 "$(find "$XDG_STATE_HOME/varve/evidence" -name '*.json' | wc -l)"
expect_exit 7 publish release test:hello 1.4.0 "$WORK/one.wasm" --key "$WORK/p256.key"
varve key forget --server "$URL"
varve warg info test:hello --server "$URL" >/dev/null
stop_server

expect_exit 1 test -e "$WORK/never.wasm"
echo "varve did all that"
