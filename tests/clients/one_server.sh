#!/bin/bash
# There is one writer: a second server on the same directory or the same port is refused with exit code
# 9, says why, and the first one never notices.
source "$(dirname "$0")/lib.sh"

need curl curl
need jq jq

start_server --dev --data "$WORK/data"
put_empty_config lib/app
expect_status 201 -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
  --data-binary "$(artifact_manifest first)" "$URL/v2/lib/app/manifests/1"
SIZE=$(published_size)
unharmed() {
  expect_status 200 "$URL/v2/lib/app/manifests/1"
  expect_equal "the first server's log" "$SIZE" "$(published_size)"
}

step "a second server on the same directory: 9"
expect_exit 9 timeout 60 "$VARVE" serve --dev --data "$WORK/data" --listen 127.0.0.1:0
expect_contains "what it says" "$WORK/data" "$SAID"
unharmed

step "a second server on the same port: 9"
expect_exit 9 timeout 60 "$VARVE" serve --dev --data "$WORK/second" --listen "$ADDR"
expect_contains "what it says" "${ADDR##*:}" "$SAID"
unharmed

step "commands that change a directory are refused as long as it is served: 9"
expect_exit 9 timeout 60 "$VARVE" key rotate --data "$WORK/data"
expect_exit 9 timeout 60 "$VARVE" init --data "$WORK/data" --origin other.example/log
unharmed

step "after the first one has drained, the directory is free"
stop_server
start_server --dev --data "$WORK/data"
expect_status 200 "$URL/v2/lib/app/manifests/1"
stop_server
