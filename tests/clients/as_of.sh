#!/bin/bash
# A tag moves to another image; an unmodified skopeo still pulls the old one, as of before the move: by
# the log's size, by time, and by the query that curl can send.
source "$(dirname "$0")/lib.sh"

make_two_images

step "lib/busybox:1 is set to the first image, then to the second"
start_server --dev --data "$WORK/data"
push_image "$WORK/image:1" lib/busybox:1
# A time names whole seconds here, so the two events must lie on both sides of one.
sleep 1.1
BETWEEN=$(date -u +%Y-%m-%dT%H:%M:%SZ)
sleep 1.1
push_image "$WORK/image:2" lib/busybox:1
expect_equal "the tag now" "$SECOND" "$(digest_at_server lib/busybox:1)"
mapfile -t MOVES < <(indexes_of oci.tag.set lib/busybox:1)
expect_equal "how often the tag was set" 2 "${#MOVES[@]}"
BEFORE=${MOVES[1]}   # the state after entries [0, i) does not hold entry i
note "set by entries ${MOVES[*]}"

step "as of size $BEFORE skopeo gets the first image, bytes and all"
expect_equal "the tag then" "$FIRST" "$(digest_at_server "asof.$BEFORE/lib/busybox:1")"
umoci init --layout "$WORK/then"
pull_image "asof.$BEFORE/lib/busybox:1" "$WORK/then:1"
expect_equal "the image pulled" "$FIRST" "$(digest_in_layout "$WORK/then" 1)"
expect_same_bytes "its manifest" "$WORK/image/blobs/sha256/${FIRST#sha256:}" \
  "$WORK/then/blobs/sha256/${FIRST#sha256:}"
expect_equal "the tag one entry later" "$SECOND" \
  "$(digest_at_server "asof.$((BEFORE + 1))/lib/busybox:1")"

step "as of $BETWEEN the same"
COMPACT=$(tr -d ':-' <<<"$BETWEEN" | tr TZ tz)
expect_equal "the tag at that time" "$FIRST" "$(digest_at_server "asof.$COMPACT/lib/busybox:1")"
umoci init --layout "$WORK/at"
pull_image "asof.$COMPACT/lib/busybox:1" "$WORK/at:1"
expect_equal "the image pulled" "$FIRST" "$(digest_in_layout "$WORK/at" 1)"

step "?as_of= answers the same"
expect_status 200 "$URL/v2/lib/busybox/manifests/1?as_of=$BEFORE"
expect_same_bytes "the manifest by size" "$WORK/image/blobs/sha256/${FIRST#sha256:}" "$WORK/answer"
expect_status 200 "$URL/v2/lib/busybox/manifests/1?as_of=$BETWEEN"
expect_same_bytes "the manifest by time" "$WORK/image/blobs/sha256/${FIRST#sha256:}" "$WORK/answer"
expect_status 200 "$URL/v2/lib/busybox/tags/list?as_of=$BEFORE"
expect_equal "the tags then" '["1"]' "$(jq -c .tags "$WORK/answer")"

step "before the tag was ever set there is none"
expect_status 404 "$URL/v2/lib/busybox/manifests/1?as_of=${MOVES[0]}"
expect_status 404 "$URL/v2/asof.${MOVES[0]}/lib/busybox/manifests/1"

step "the future is not answered"
SIZE=$(published_size)
expect_status 404 "$URL/v2/lib/busybox/manifests/1?as_of=$((SIZE + 1000))"
expect_status 400 "$URL/v2/lib/busybox/manifests/1?as_of=2999-01-01T00:00:00Z"
expect_status 400 "$URL/v2/lib/busybox/manifests/1?as_of=yesterday"

step "the past cannot be changed"
expect_status 405 -X POST "$URL/v2/asof.$BEFORE/lib/busybox/blobs/uploads/"
expect_status 405 -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
  --data-binary "@$WORK/image/blobs/sha256/${FIRST#sha256:}" "$URL/v2/asof.$BEFORE/lib/busybox/manifests/1"
expect_status 405 -X DELETE "$URL/v2/asof.$BEFORE/lib/busybox/manifests/1"
expect_exit 1 push_image "$WORK/image:2" "asof.$BEFORE/lib/busybox:1"
expect_equal "the log's size" "$SIZE" "$(published_size)"

step "a deleted tag is gone now and there then"
expect_status 202 -X DELETE "$URL/v2/lib/busybox/manifests/1"
expect_status 404 "$URL/v2/lib/busybox/manifests/1"
expect_equal "the tag before it moved" "$FIRST" "$(digest_at_server "asof.$BEFORE/lib/busybox:1")"
expect_equal "the tag before it was deleted" "$SECOND" "$(digest_at_server "asof.$SIZE/lib/busybox:1")"
stop_server
