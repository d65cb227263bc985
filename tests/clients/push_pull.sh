#!/bin/bash
# Real clients push and pull a real image, and every byte comes back as it went in: skopeo both ways,
# podman pull and push, buildah push, each read back by skopeo.
source "$(dirname "$0")/lib.sh"

need podman podman
need buildah buildah

step "an image of a static busybox"
make_first_image
note "$FIRST"

step "skopeo pushes it to an empty registry"
start_server --dev --data "$WORK/data"
push_image "$WORK/image:1" lib/busybox:1
expect_equal "the tag's digest at the registry" "$FIRST" "$(digest_at_server lib/busybox:1)"

step "skopeo inspects it"
INSPECTED=$(skopeo inspect --tls-verify=false "docker://$ADDR/lib/busybox:1")
expect_equal "the digest inspect reports" "$FIRST" "$(jq -r .Digest <<<"$INSPECTED")"
expect_contains "the tags inspect lists" '"1"' "$(jq -c .RepoTags <<<"$INSPECTED")"

step "skopeo pulls it, and manifest, config and layers are the same bytes"
umoci init --layout "$WORK/pulled"
pull_image lib/busybox:1 "$WORK/pulled:1"
expect_equal "the digest pulled" "$FIRST" "$(digest_in_layout "$WORK/pulled" 1)"
expect_same_bytes "the manifest" "$MANIFEST" "$WORK/pulled/blobs/sha256/${FIRST#sha256:}"
BLOBS=$(jq -r '.config.digest, .layers[].digest' "$MANIFEST")
for blob in $BLOBS; do
  expect_same_bytes "the blob $blob" "$WORK/image/blobs/sha256/${blob#sha256:}" \
    "$WORK/pulled/blobs/sha256/${blob#sha256:}"
  expect_status 200 "$URL/v2/lib/busybox/blobs/$blob"
  expect_same_bytes "the blob $blob by plain HTTP" "$WORK/image/blobs/sha256/${blob#sha256:}" "$WORK/answer"
done
note "$(wc -w <<<"$BLOBS") blobs"

step "a second push of the same image appends nothing"
SIZE=$(published_size)
push_image "$WORK/image:1" lib/busybox:1
expect_equal "the log's size" "$SIZE" "$(published_size)"

step "podman pulls it by tag and by digest"
podman pull --quiet --tls-verify=false "$ADDR/lib/busybox:1" >/dev/null
podman pull --quiet --tls-verify=false "$ADDR/lib/busybox@$FIRST" >/dev/null
expect_equal "the image podman stored" "$(jq -r .config.digest "$MANIFEST")" \
  "sha256:$(podman images --no-trunc --quiet "$ADDR/lib/busybox:1" | sed 's/^sha256://' | head -n 1)"

step "podman pushes it under another name; skopeo reads it"
podman push --quiet --tls-verify=false "$ADDR/lib/busybox:1" "docker://$ADDR/from/podman:1"
expect_equal "the config podman pushed" "$(jq -r .config.digest "$MANIFEST")" \
  "$(skopeo inspect --raw --tls-verify=false "docker://$ADDR/from/podman:1" | jq -r .config.digest)"

step "buildah commits a new image and pushes it; skopeo copies it whole"
CONTAINER=$(buildah from --pull=never "$ADDR/lib/busybox:1")
printf 'added by buildah\n' >"$WORK/added"
buildah copy --quiet "$CONTAINER" "$WORK/added" /etc/added >/dev/null
buildah commit --quiet "$CONTAINER" built:1 >/dev/null
buildah push --quiet --tls-verify=false built:1 "docker://$ADDR/from/buildah:1"
umoci init --layout "$WORK/built"
pull_image from/buildah:1 "$WORK/built:1"
umoci unpack --rootless --image "$WORK/built:1" "$WORK/bundle" >/dev/null
expect_same_bytes "the file buildah added" "$WORK/added" "$WORK/bundle/rootfs/etc/added"
expect_same_bytes "the program of the base image" "$(command -v busybox)" "$WORK/bundle/rootfs/bin/busybox"

step "the same layers under three names are one blob each, and fsck finds nothing wrong"
expect_exit 0 varve fsck --data "$WORK/data"
stop_server
