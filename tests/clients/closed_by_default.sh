#!/bin/bash
# Without --dev everyone may pull and nobody may push: a registry made by init, an image put in by its
# operator in dev mode, then served for real.
source "$(dirname "$0")/lib.sh"

make_first_image

step "init, then a push with --dev"
varve init --data "$WORK/data" --origin registry.example/test
expect_exit 9 varve init --data "$WORK/data" --origin registry.example/test
start_server --dev --data "$WORK/data"
push_image "$WORK/image:1" lib/busybox:1
stop_server

step "--dev refuses every address but loopback: 2"
expect_exit 2 timeout 60 "$VARVE" serve --dev --data "$WORK/data" --listen 0.0.0.0:0

step "served without --dev it remembers that it was open once"
start_server --data "$WORK/data"
expect_contains "what it says" "DEV MODE" "$(cat "$SERVER_LOG")"
expect_equal "the origin" registry.example/test "$(curl -fsS "$URL/log/checkpoint" | head -n 1)"

step "pulls work"
umoci init --layout "$WORK/pulled"
pull_image lib/busybox:1 "$WORK/pulled:1"
expect_equal "the image pulled" "$FIRST" "$(digest_in_layout "$WORK/pulled" 1)"
SIZE=$(published_size)

step "every mutation answers 401 and changes nothing"
expect_status 401 -X POST "$URL/v2/lib/busybox/blobs/uploads/"
expect_status 401 -X POST --data-binary '{}' -H 'Content-Type: application/octet-stream' \
  "$URL/v2/lib/new/blobs/uploads/?digest=$EMPTY_CONFIG"
expect_status 401 -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
  --data-binary "@$MANIFEST" "$URL/v2/lib/busybox/manifests/2"
expect_status 401 -X DELETE "$URL/v2/lib/busybox/manifests/1"
expect_status 401 -X DELETE "$URL/v2/lib/busybox/manifests/$FIRST"
expect_exit 1 push_image "$WORK/image:1" lib/busybox:2
expect_equal "the log's size" "$SIZE" "$(published_size)"
expect_equal "the tag" "$FIRST" "$(digest_at_server lib/busybox:1)"
stop_server

step "a directory that was never initialised is not served without --dev: 2"
expect_exit 2 timeout 60 "$VARVE" serve --data "$WORK/nothing" --listen 127.0.0.1:0
[[ ! -e $WORK/nothing ]] || fail "a refused server must leave nothing behind"
