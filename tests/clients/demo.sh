#!/bin/bash
# The whole main job, unattended, every command printed before it runs: push a real image, find it in the
# log, take a proof home, verify it offline, move the tag, pull the old image as of before the move,
# replay, fsck. Ends with an error when any step is not what it should be.
source "$(dirname "$0")/lib.sh"

need_image_tools

exec 3>&1   # commands are shown even where their output goes into a file
shown() {
  printf '$ %s\n' "$*" >&3
  "$@"
}
cd "$WORK" || exit

step "1. Two images of a static busybox, made with umoci"
make_image image 1 "the first"
make_image image 2 "the second"
FIRST=$(digest_in_layout image 1)
SECOND=$(digest_in_layout image 2)
note "image:1 $FIRST"
note "image:2 $SECOND"

step "2. A registry of its own, on a free port"
printf '$ varve serve --dev --data data --listen 127.0.0.1:0 &\n'
start_server --dev --data data
note "$(grep -o 'listening on .*' "$SERVER_LOG")"
printf '$ export VARVE_SERVER=%s\n' "$URL"
export VARVE_SERVER=$URL

step "3. Push the first image with skopeo"
shown skopeo copy --quiet --dest-tls-verify=false oci:image:1 "docker://$ADDR/lib/busybox:1"
expect_equal "the digest at the registry" "$FIRST" "$(digest_at_server lib/busybox:1)"

step "4. The events it caused, each checked against the signed tree"
shown varve log lib/busybox | tee log
for type in repo.created blob.linked oci.manifest.put oci.tag.set; do
  grep -q " $type " log || fail "no $type in the log"
done

step "5. A proof to take home, and the keys to trust"
shown varve prove lib/busybox:1 --out busybox.tlog-proof
printf '$ varve key show > registry.vkeys\n'
varve key show >registry.vkeys
cat registry.vkeys

step "6. Verify it without network"
cp "image/blobs/sha256/${FIRST#sha256:}" manifest.json
printf '$ unshare -n varve verify manifest.json --proof busybox.tlog-proof --key registry.vkeys\n'
offline "$VARVE" verify manifest.json --proof busybox.tlog-proof --key registry.vkeys
note "one changed byte, and the answer is no:"
sed 's/"schemaVersion":2/"schemaVersion":3/' manifest.json >changed.json
cmp -s manifest.json changed.json && fail "the manifest was not changed"
expect_exit 3 offline "$VARVE" verify changed.json --proof busybox.tlog-proof --key registry.vkeys
grep -m 1 '✗' <<<"$SAID" || fail "no check is marked as failed: $SAID"

step "7. Move the tag to the second image"
shown skopeo copy --quiet --dest-tls-verify=false oci:image:2 "docker://$ADDR/lib/busybox:1"
expect_equal "the tag now" "$SECOND" "$(digest_at_server lib/busybox:1)"
shown varve log lib/busybox:1
BEFORE=$(indexes_of oci.tag.set lib/busybox:1 | tail -n 1)

step "8. Pull the old image, as of before the move (entry $BEFORE)"
shown skopeo copy --quiet --src-tls-verify=false "docker://$ADDR/asof.$BEFORE/lib/busybox:1" oci:old:1
expect_equal "the image pulled" "$FIRST" "$(digest_in_layout old 1)"
note "$FIRST, the first image"

step "9. Replay: every table made again from the log alone"
shown varve replay --data data --out replayed | tee digests
varve replay --data data --out again >digests.again 2>/dev/null
expect_same_bytes "the digests of a second replay" digests digests.again

step "10. fsck: every hash, signature, tile, checkpoint, blob and table"
shown varve fsck --data data
shown varve fsck --url "$URL" --key registry.vkeys

stop_server
printf '\nThe main job is done: every step did what it should.\n'
