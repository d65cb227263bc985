#!/bin/bash
# What nobody can reach any more goes, and nothing else: a deleted image's own layer is purged, what it
# shared stays, kills in between lose nothing, and what was purged can be pushed again.
source "$(dirname "$0")/lib.sh"

GC=(--gc-grace 1s --gc-interval 1s)

blob_file() { echo "$WORK/data/blobs/sha256/${1:7:2}/${1:7}"; }  # <digest>
layers_of() {  # <manifest file>
  jq -r '.config.digest, .layers[].digest' "$1"
}
# Waits until the file of a blob is gone.
wait_until_gone() {  # <digest>
  local tries=0
  while [[ -e $(blob_file "$1") ]]; do
    ((++tries < 600)) || fail "the bytes of $1 are still there after 60 s"
    sleep 0.1
  done
}
pull_and_compare() {  # <name:tag> <digest>
  local into=$WORK/pulled.$RANDOM
  umoci init --layout "$into"
  pull_image "$1" "$into:x"
  expect_equal "the digest of $1" "$2" "$(digest_in_layout "$into" x)"
  rm -rf "$into"
}

# A further image on top of the first: it shares every layer of it, and has one of its own.
derive_image() {  # <tag> <text>
  printf '%s\n' "$2" >"$WORK/added"
  umoci insert --rootless --image "$WORK/image:1" --tag "$1" "$WORK/added" /etc/added >/dev/null
}
own_blobs() {  # <tag>: those that the first image does not have
  local digest
  digest=$(digest_in_layout "$WORK/image" "$1")
  comm -23 <(layers_of "$WORK/image/blobs/sha256/${digest#sha256:}" | sort) \
    <(layers_of "$MANIFEST" | sort)
}

step "an image, and one on top of it"
make_first_image
derive_image 2 "the second"
SECOND=$(digest_in_layout "$WORK/image" 2)
OWN=$(own_blobs 2)
SHARED=$(layers_of "$MANIFEST" | grep -v "$(jq -r .config.digest "$MANIFEST")")
expect_equal "blobs of the second image's own" 2 "$(wc -w <<<"$OWN")"
start_server --dev --data "$WORK/data" "${GC[@]}"
push_image "$WORK/image:1" app/web:1
push_image "$WORK/image:2" app/web:2

step "nothing is due while both are there"
sleep 3
expect_equal "what a dry run would purge" '{}' \
  "$(varve gc --dry-run --server "$URL" -o json | jq -c .counts)"
pull_and_compare app/web:1 "$FIRST"

step "skopeo deletes the second; its own blobs go, what it shared stays"
skopeo delete --tls-verify=false "docker://$ADDR/app/web:2"
for blob in $OWN; do
  wait_until_gone "$blob"
  expect_status 404 "$URL/v2/app/web/blobs/$blob"
  note "purged $blob"
done
for blob in $SHARED; do expect_status 200 "$URL/v2/app/web/blobs/$blob"; done
pull_and_compare app/web:1 "$FIRST"
expect_equal "events that say so" 2 "$(indexes_of blob.purged | wc -l)"

step "the manifest can still be read as of before; its bytes cannot"
BEFORE=$(indexes_of oci.manifest.deleted)
expect_status 200 "$URL/v2/app/web/manifests/2?as_of=$BEFORE"
expect_status 404 "$URL/v2/app/web/blobs/$(head -n 1 <<<"$OWN")?as_of=$BEFORE"

step "the same image is pushed again, and is whole"
push_image "$WORK/image:2" app/web:2
pull_and_compare app/web:2 "$SECOND"

step "the server is killed while it purges, again and again"
for round in 1 2 3 4 5; do
  derive_image "r$round" "round $round"
  push_image "$WORK/image:r$round" "app/web:r$round"
  skopeo delete --tls-verify=false "docker://$ADDR/app/web:r$round"
  sleep "1.$((RANDOM % 10))"
  kill_server
  start_server --dev --data "$WORK/data" "${GC[@]}"
  pull_and_compare app/web:1 "$FIRST"
  pull_and_compare app/web:2 "$SECOND"
done

step "what the kills left behind is swept"
for round in 1 2 3 4 5; do
  for blob in $(own_blobs "r$round"); do wait_until_gone "$blob"; done
done
pull_and_compare app/web:1 "$FIRST"
pull_and_compare app/web:2 "$SECOND"

step "fsck finds nothing wrong"
stop_server
varve fsck --data "$WORK/data"
