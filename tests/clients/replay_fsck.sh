#!/bin/bash
# Every table is a function of the log: replayed from the directory twice and from the server once, the
# digests are those of the live store, and the copy serves the image. fsck finds nothing wrong with the
# original, and finds one changed byte of a copy.
source "$(dirname "$0")/lib.sh"

make_two_images

step "a small history: two images, a moved tag, a deleted tag"
start_server --dev --data "$WORK/data"
push_image "$WORK/image:1" lib/busybox:1
push_image "$WORK/image:2" lib/busybox:2
push_image "$WORK/image:2" lib/busybox:1
push_image "$WORK/image:1" lib/busybox:old
expect_status 202 -X DELETE "$URL/v2/lib/busybox/manifests/old"
SIZE=$(published_size)
save_keys "$WORK/registry.vkeys"

step "replay, twice from the directory while it is served, and once over HTTP"
varve replay --data "$WORK/data" --out "$WORK/replay1" | tee "$WORK/digests1"
varve replay --data "$WORK/data" --out "$WORK/replay2" >"$WORK/digests2"
varve replay --url "$URL" --key "$WORK/registry.vkeys" --out "$WORK/replay3" >"$WORK/digests3"
[[ -s $WORK/digests1 ]] || fail "replay printed no digests"
expect_same_bytes "the digests of two replays" "$WORK/digests1" "$WORK/digests2"
expect_same_bytes "the digests of a replay over HTTP" "$WORK/digests1" "$WORK/digests3"

step "the live store has the same tables"
varve fsck --data "$WORK/data" -o json >"$WORK/fsck.json"
varve replay --data "$WORK/data" --out "$WORK/replay4" -o json >"$WORK/replay.json"
expect_equal "the digests" "$(jq -c .tables "$WORK/replay.json")" "$(jq -c .tables "$WORK/fsck.json")"
expect_equal "the size" "$(jq .size "$WORK/replay.json")" "$(jq .size "$WORK/fsck.json")"

step "replay to an earlier size is another state, and says which"
varve replay --data "$WORK/data" --to $((SIZE - 1)) --out "$WORK/before" >"$WORK/digests.before"
cmp -s "$WORK/digests1" "$WORK/digests.before" && fail "one entry less has the same digests"
expect_exit 4 varve replay --data "$WORK/data" --to $((SIZE + 1000)) --out "$WORK/beyond"

step "fsck: the directory and the server"
expect_exit 0 varve fsck --data "$WORK/data"
expect_exit 0 varve fsck --url "$URL" --key "$WORK/registry.vkeys"
expect_exit 2 varve fsck --url "$URL"

step "the copy made over HTTP serves the image, read only"
LIVE=$SERVER_PID LIVE_LOG=$SERVER_LOG
start_server --read-only --data "$WORK/replay3" --blobs "$WORK/data"
expect_equal "the tag at the copy" "$SECOND" "$(digest_at_server lib/busybox:1)"
umoci init --layout "$WORK/copy"
pull_image lib/busybox:1 "$WORK/copy:1"
expect_equal "the image from the copy" "$SECOND" "$(digest_in_layout "$WORK/copy" 1)"
MOVE=$(indexes_of oci.tag.set lib/busybox:1 | tail -n 1)
expect_equal "the tag as of before the move" "$FIRST" "$(digest_at_server "asof.$MOVE/lib/busybox:1")"
expect_exit 1 push_image "$WORK/image:1" lib/busybox:3
expect_equal "the copy's checkpoint" "$(head -n 3 <(curl -fsS "$URL/log/checkpoint"))" \
  "$(head -n 3 "$WORK/data/head.anchor")"
[[ ! -e $WORK/replay3/secrets/keys/log ]] || fail "a replay must hold no keys"
stop_server
SERVER_LOG=$LIVE_LOG
stop_process "$LIVE"

step "a replayed store takes the place of the one it was made of, and is written on"
cp -a "$WORK/data" "$WORK/renewed"
varve replay --data "$WORK/renewed" --out "$WORK/renewal" >/dev/null
rm -r "$WORK/renewed/store"
mv "$WORK/renewal/store" "$WORK/renewed/store"
start_server --dev --data "$WORK/renewed"
expect_equal "the tag" "$SECOND" "$(digest_at_server lib/busybox:1)"
push_image "$WORK/image:1" lib/busybox:3
stop_server
expect_exit 0 varve fsck --data "$WORK/renewed"
SERVER_LOG=$LIVE_LOG

step "one changed byte of a blob is found: 3"
cp -a "$WORK/data" "$WORK/damaged"
LAYER=$(jq -r '.layers[0].digest' "$WORK/image/blobs/sha256/${FIRST#sha256:}")
HEX=${LAYER#sha256:}
FILE=$WORK/damaged/blobs/sha256/${HEX:0:2}/$HEX
[[ -f $FILE ]] || fail "the layer is not where blobs are kept"
chmod u+w "$FILE"
BYTE=$(od -An -tu1 -j100 -N1 "$FILE" | tr -d ' ')
# shellcheck disable=SC2059  # the format is the byte
printf "\\x$(printf %02x $((BYTE ^ 1)))" | dd of="$FILE" bs=1 seek=100 conv=notrunc status=none
expect_exit 3 varve fsck --data "$WORK/damaged"
expect_contains "what fsck says" "$HEX" "$SAID"
expect_exit 0 varve fsck --data "$WORK/data"
