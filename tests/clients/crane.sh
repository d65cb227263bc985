#!/bin/bash
# crane: images, indexes, copies and deletes with the library that most build tools push with. Over HTTPS
# with accounts; it has no flag for an authority, so that comes the way Go programs take it.
source "$(dirname "$0")/lib.sh"

need_fetched crane
need openssl openssl
make_two_images

as() {  # <who> <crane arguments...>; "nobody" has no login
  local who=$1
  shift
  DOCKER_CONFIG=$WORK/docker-$who SSL_CERT_FILE=$CA crane "$@"
}

start_team_server registry.example/crane
# crane's login checks nothing: a wrong password shows with the first command.
for who in reader writer maintainer; do
  as "$who" auth login "$ADDR" -u "$who" --password-stdin <<<"${PASSWORD[$who]}" 2>/dev/null
done
as guesser auth login "$ADDR" -u writer --password-stdin <<<guess 2>/dev/null

step "crane $(crane version): push an image and an index, pull them without an account"
as writer push "$WORK/image" "$ADDR/team/both:1" --index >/dev/null 2>"$WORK/said"
expect_equal "the index" "$(jq -S '[.manifests[].digest]' "$WORK/image/index.json")" \
  "$(as nobody manifest "$ADDR/team/both:1" | jq -S '[.manifests[].digest]')"
as writer copy "$ADDR/team/both@$FIRST" "$ADDR/team/app:1" 2>/dev/null
expect_equal "the digest" "$FIRST" "$(as nobody digest "$ADDR/team/app:1")"
as nobody manifest "$ADDR/team/app:1" >"$WORK/manifest"
expect_same_bytes "the manifest" "$MANIFEST" "$WORK/manifest"
as nobody pull --format oci "$ADDR/team/app:1" "$WORK/pulled" 2>/dev/null
for blob in $(jq -r '.config.digest, .layers[].digest' "$MANIFEST"); do
  expect_same_bytes "the blob $blob" "$WORK/image/blobs/sha256/${blob#sha256:}" \
    "$WORK/pulled/blobs/sha256/${blob#sha256:}"
  as nobody blob "$ADDR/team/app@$blob" | cmp - "$WORK/image/blobs/sha256/${blob#sha256:}"
done
as nobody validate --remote "$ADDR/team/app:1" >/dev/null 2>&1
expect_equal "a file of the image" "the first" "$(as nobody export "$ADDR/team/app:1" - | tar -xO etc/message)"

step "a wrong password, a reader, nobody"
expect_exit 1 as guesser copy "$ADDR/team/app:1" "$ADDR/team/app:2"
expect_contains "what it says" UNAUTHORIZED "$SAID"
expect_exit 1 as reader copy "$ADDR/team/app:1" "$ADDR/team/app:2"
expect_exit 1 as nobody copy "$ADDR/team/app:1" "$ADDR/team/app:2"
as writer copy "$ADDR/team/app:1" "$ADDR/private/app:1" 2>/dev/null
expect_exit 1 as nobody digest "$ADDR/private/app:1"
expect_exit 1 as nobody ls "$ADDR/private/app"
expect_equal "the private image" "$FIRST" "$(as reader digest "$ADDR/private/app:1")"
expect_exit 1 as writer delete "$ADDR/private/app@$FIRST"

step "tags and the catalog, as far as one may see them"
as writer tag "$ADDR/team/app:1" latest 2>/dev/null
expect_equal "tags" "1 latest" "$(as nobody ls "$ADDR/team/app" | xargs)"
expect_equal "everybody's repositories" "team/app team/both" "$(as nobody catalog "$ADDR" | xargs)"
expect_equal "a reader's repositories" "private/app team/app team/both" "$(as reader catalog "$ADDR" | xargs)"

step "append a layer, mutate the configuration"
as writer append --new_layer <(tar -C "$WORK/insert" -c message) --base "$ADDR/team/app:1" \
  --new_tag "$ADDR/team/app:more" >/dev/null 2>&1
expect_equal "layers" 3 "$(as nobody manifest "$ADDR/team/app:more" | jq '.layers | length')"
as writer mutate "$ADDR/team/app:more" --label who=crane --tag "$ADDR/team/app:labelled" >/dev/null 2>&1
expect_equal "the label" crane "$(as nobody config "$ADDR/team/app:labelled" | jq -r .config.Labels.who)"

THEN=$(admin log -o json | jq .size)
step "delete: a tag alone, then a manifest with every tag of it"
as maintainer delete "$ADDR/team/app:latest" 2>/dev/null
expect_equal "tags" "1 labelled more" "$(as nobody ls "$ADDR/team/app" | xargs)"
as maintainer delete "$ADDR/team/app@$FIRST" 2>/dev/null
expect_equal "tags" "labelled more" "$(as nobody ls "$ADDR/team/app" | xargs)"
expect_exit 1 as nobody manifest "$ADDR/team/app@$FIRST"
expect_equal "the private copy" "$FIRST" "$(as reader digest "$ADDR/private/app:1")"

step "the registry as it was before that"
expect_equal "the tags then" "1 labelled latest more" "$(as nobody ls "$ADDR/asof.$THEN/team/app" | xargs)"
expect_equal "the image then" "$FIRST" "$(as nobody digest "$ADDR/asof.$THEN/team/app:1")"

step "logout"
as reader auth logout "$ADDR" 2>/dev/null
expect_exit 1 as reader digest "$ADDR/private/app:1"
stop_and_check
