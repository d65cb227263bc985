#!/bin/bash
# kill -9 in a loop, under concurrent pushes: after every restart each acknowledged push is there, fsck
# finds nothing wrong, and every checkpoint anybody ever saw is a prefix of the newest log.
#
#   KILL9_ROUNDS  how many kills (12)
#   KILL9_SEED         repeat a run; printed at the start
source "$(dirname "$0")/lib.sh"

need python3 python3

HERE=$(dirname "$0")
ROUNDS=${KILL9_ROUNDS:-12}
SEED=${KILL9_SEED:-$((RANDOM * 32768 + RANDOM))}
PUSHERS=6
RANDOM=$((SEED % 32768))
echo "seed $SEED, $ROUNDS rounds (KILL9_SEED=$SEED repeats the moments of the kills)"
SEEN=$WORK/seen            # one file a checkpoint, named by its bytes
ACKED=$WORK/acknowledged   # one line a push: repository, tag, digest
mkdir -p "$SEEN"
: >"$ACKED"
make_first_image

# A real client beside them: blobs, manifest and tag of an image, each round into a new repository.
copier() {  # <round>
  local n=0
  while push_image "$WORK/image:1" "images/r$1-$n:1" >/dev/null 2>&1; do
    printf 'images/r%s-%s 1 %s\n' "$1" "$n" "$FIRST" >>"$ACKED.image"
    n=$((n + 1))
  done
}
# Saves every checkpoint it is shown.
watcher() {
  local file=$WORK/checkpoint.watched
  while curl -fsS --max-time 5 -o "$file" "$URL/log/checkpoint" 2>/dev/null; do
    mv "$file" "$SEEN/$(sha256sum "$file" | cut -d' ' -f1)"
    sleep 0.05
  done
}

# Every acknowledged push, asked for by tag: one curl for all of them.
all_acknowledged_are_there() {
  local want=$WORK/want got=$WORK/got
  cat "$ACKED" "$ACKED".image 2>/dev/null | sort -u >"$want"
  [[ -s $want ]] || fail "not one push was acknowledged"
  awk -v url="$URL" '{ printf "url = \"%s/v2/%s/manifests/%s\"\noutput = /dev/null\n", url, $1, $2 }' "$want" \
    >"$WORK/curl.config"
  curl -sS --fail-early -I -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    -w '%{http_code} %header{docker-content-digest}\n' -K "$WORK/curl.config" >"$got" 2>"$WORK/curl.err" ||
    fail "asking for the acknowledged pushes: $(tail -n 1 "$WORK/curl.err")"
  awk '{ print 200, $3 }' "$want" >"$WORK/expected"
  diff "$WORK/expected" "$got" >"$WORK/lost" || {
    paste "$want" "$got" | awk '$4 != 200 || $3 != $5' | head -n 5
    fail "$(grep -c '^<' "$WORK/lost") of $(wc -l <"$want") acknowledged pushes are not there"
  }
  COUNT=$(wc -l <"$want")
}

start_server --dev --data "$WORK/data"
for ((who = 1; who <= PUSHERS; who++)); do put_empty_config "load/p$who"; done
save_keys "$WORK/registry.vkeys"

for ((round = 1; round <= ROUNDS; round++)); do
  PIDS=() BEFORE=$(wc -l <"$ACKED")
  artifact_manifest NOTE |
    python3 "$HERE/pusher.py" "$ADDR" "$round" "$PUSHERS" "$ACKED" "$WORK/refused" & PIDS+=($!)
  copier "$round" & PIDS+=($!)
  watcher & PIDS+=($!)
  for pid in "${PIDS[@]}"; do STARTED[$pid]="a client of round $round"; done
  # The clock starts when pushing has: a loaded machine takes its time to start clients.
  for ((tries = 0; ; tries++)); do
    (($(wc -l <"$ACKED") == BEFORE)) || break
    ((tries < 1000)) || fail "nothing was acknowledged within 20 s"
    sleep 0.02
  done
  AFTER=$((20 + RANDOM % 800))
  sleep "$((AFTER / 1000)).$(printf %03d $((AFTER % 1000)))"
  kill_server
  # Clients end by themselves when nobody answers any more.
  for pid in "${PIDS[@]}"; do wait "$pid" || true; unset "STARTED[$pid]"; done

  start_server --dev --data "$WORK/data"
  all_acknowledged_are_there
  # Published at once after a restart; the client compares it with the checkpoint it remembers from the
  # rounds before and would answer 7 for a fork or a rollback.
  expect_exit 0 varve log --from 0 --to 1 --server "$URL" --key "$WORK/registry.vkeys"
  curl -fsS -o "$WORK/newest" "$URL/log/checkpoint"
  cp "$WORK/newest" "$SEEN/$(sha256sum "$WORK/newest" | cut -d' ' -f1)"
  note "round $round: killed after $AFTER ms, $COUNT acknowledged pushes are there, log of $(sed -n 2p "$WORK/newest") entries"
  expect_exit 0 varve fsck --data "$WORK/data"
done

step "every checkpoint ever seen is a prefix of the newest log, recomputed from its entries"
python3 "$HERE/prefixes.py" "$URL" "$WORK/newest" "$SEEN"
[[ ! -s $WORK/refused ]] || note "pushes answered otherwise while the server ended: $(sort "$WORK/refused" | uniq -c | tr '\n' ' ')"
expect_exit 0 varve fsck --url "$URL" --key "$WORK/registry.vkeys"
stop_server
