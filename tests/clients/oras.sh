#!/bin/bash
# oras: artifacts of files, and what is attached to them. Over HTTPS with accounts, then over HTTP.
source "$(dirname "$0")/lib.sh"

need_fetched oras
need openssl openssl
need jq jq

# As somebody; "nobody" has no login. oras takes the flags of a command anywhere in it.
as() {  # <who> <oras arguments...>
  local who=$1
  shift
  (cd "$WORK" && oras "$@" --registry-config "$WORK/$who.json")
}
over_tls() { as "$@" --ca-file "$CA"; }
files_of() { rm -rf "$WORK/pulled"; mkdir "$WORK/pulled"; over_tls "$1" pull --output pulled "$2" >/dev/null; }
attached_to() {  # <artifact> <oras arguments...>
  over_tls nobody discover --format json "${@:2}" "$1" | jq -r '[.manifests[].digest] | sort | join(" ")'
}

start_team_server registry.example/oras
head -c 5000000 /dev/urandom >"$WORK/large.bin"
echo "a text" >"$WORK/small.txt"
echo '{"sbom":1}' >"$WORK/sbom.json"
echo 'signed' >"$WORK/signature.txt"

step "oras $(oras version | sed -n 's/^Version: *//p'): login, and one with a wrong password"
expect_exit 1 over_tls guesser login -u writer --password-stdin "$ADDR" <<<guess
expect_contains "what it says" "unauthorized" "$SAID"
for who in reader writer maintainer; do
  over_tls "$who" login -u "$who" --password-stdin "$ADDR" <<<"${PASSWORD[$who]}" >/dev/null
done

step "push; pull without an account; the same bytes"
over_tls writer push --artifact-type application/vnd.example.data --annotation a=1 \
  "$ADDR/team/data:1,latest" large.bin:application/x-binary small.txt:text/plain >/dev/null
files_of nobody "$ADDR/team/data:1"
expect_same_bytes "large" "$WORK/large.bin" "$WORK/pulled/large.bin"
expect_same_bytes "small" "$WORK/small.txt" "$WORK/pulled/small.txt"
DIGEST=$(over_tls nobody resolve "$ADDR/team/data:latest")
expect_equal "the manifest's digest" "$DIGEST" \
  "sha256:$(over_tls nobody manifest fetch "$ADDR/team/data@$DIGEST" | sha256sum | cut -d ' ' -f 1)"
expect_equal "its type" application/vnd.example.data \
  "$(over_tls nobody manifest fetch "$ADDR/team/data:1" | jq -r .artifactType)"

step "who may not: nobody and a reader push nothing, nobody pulls what is private, a writer deletes nothing"
expect_exit 1 over_tls nobody push "$ADDR/team/data:2" small.txt
expect_exit 1 over_tls reader push "$ADDR/team/data:2" small.txt
over_tls writer push "$ADDR/private/data:1" small.txt >/dev/null
expect_exit 1 over_tls nobody pull "$ADDR/private/data:1"
expect_exit 1 over_tls nobody repo tags "$ADDR/private/data"
expect_exit 1 over_tls reader push "$ADDR/private/data:2" small.txt
files_of reader "$ADDR/private/data:1"
expect_exit 1 over_tls writer manifest delete --force "$ADDR/team/data@$DIGEST"

step "tags and repositories, as far as one may see them"
over_tls writer tag "$ADDR/team/data:1" stable v1.0 >/dev/null
expect_equal "tags" "1 latest stable v1.0" "$(over_tls nobody repo tags "$ADDR/team/data" | xargs)"
expect_equal "tags after one" "stable v1.0" "$(over_tls nobody repo tags --last latest "$ADDR/team/data" | xargs)"
expect_equal "everybody's repositories" "team/data" "$(over_tls nobody repo ls "$ADDR" | xargs)"
expect_equal "a reader's repositories" "private/data team/data" "$(over_tls reader repo ls "$ADDR" | xargs)"

step "attach twice, discover all and by type, pull what was attached"
over_tls writer attach --artifact-type application/vnd.example.sbom "$ADDR/team/data:1" \
  sbom.json:application/json --export-manifest sbom.manifest >/dev/null
over_tls writer attach --artifact-type application/vnd.example.signature "$ADDR/team/data:1" signature.txt \
  --annotation by=writer --export-manifest signature.manifest >/dev/null
SBOM=sha256:$(sha256sum <"$WORK/sbom.manifest" | cut -d ' ' -f 1)
SIGNATURE=sha256:$(sha256sum <"$WORK/signature.manifest" | cut -d ' ' -f 1)
expect_equal "what is attached" "$(printf '%s\n' "$SBOM" "$SIGNATURE" | sort | xargs)" \
  "$(attached_to "$ADDR/team/data:1")"
expect_equal "the SBOM" "$SBOM" "$(attached_to "$ADDR/team/data:1" --artifact-type application/vnd.example.sbom)"
expect_equal "an annotation" writer "$(over_tls nobody discover --format json "$ADDR/team/data:1" |
  jq -r '.manifests[].annotations.by // empty')"
files_of nobody "$ADDR/team/data@$SBOM"
expect_same_bytes "the SBOM" "$WORK/sbom.json" "$WORK/pulled/sbom.json"
expect_equal "no tag was made for it" "1 latest stable v1.0" "$(over_tls nobody repo tags "$ADDR/team/data" | xargs)"

step "a copy takes along what is attached"
(cd "$WORK" && oras cp --recursive --from-ca-file "$CA" --from-registry-config writer.json --to-ca-file "$CA" \
  --to-registry-config writer.json "$ADDR/team/data:1" "$ADDR/team/copy:1") >/dev/null
expect_equal "the copy" "$DIGEST" "$(over_tls nobody resolve "$ADDR/team/copy:1")"
expect_equal "what is attached to it" "$(attached_to "$ADDR/team/data:1")" "$(attached_to "$ADDR/team/copy:1")"

step "single blobs: push, fetch, not under the digest of another one, delete"
BLOB=sha256:$(sha256sum <"$WORK/signature.txt" | cut -d ' ' -f 1)
over_tls writer blob push "$ADDR/team/blobs@$BLOB" signature.txt >/dev/null
over_tls nobody blob fetch --output fetched "$ADDR/team/blobs@$BLOB"
expect_same_bytes "the blob" "$WORK/signature.txt" "$WORK/fetched"
expect_exit 1 over_tls writer blob push "$ADDR/team/others@$BLOB" small.txt
expect_exit 1 over_tls writer blob delete --force "$ADDR/team/blobs@$BLOB"
over_tls maintainer blob delete --force "$ADDR/team/blobs@$BLOB" >/dev/null
expect_exit 1 over_tls nobody blob fetch --output fetched "$ADDR/team/blobs@$BLOB"

step "delete: what was attached goes first, then the manifest with its tags"
over_tls maintainer manifest delete --force "$ADDR/team/data@$SIGNATURE" >/dev/null
expect_equal "what is attached" "$SBOM" "$(attached_to "$ADDR/team/data:1")"
over_tls maintainer manifest delete --force "$ADDR/team/data@$DIGEST" >/dev/null
expect_exit 1 over_tls nobody resolve "$ADDR/team/data:1"
expect_equal "tags" "" "$(over_tls nobody repo tags "$ADDR/team/data" | xargs)"
expect_equal "the copy" "$DIGEST" "$(over_tls nobody resolve "$ADDR/team/copy:1")"

step "logout"
as reader logout "$ADDR" >/dev/null
expect_exit 1 over_tls reader pull "$ADDR/private/data:1"

step "over HTTP"
stop_server
start_server --data "$WORK/data"
as writer login --plain-http -u writer --password-stdin "$ADDR" <<<"${PASSWORD[writer]}" >/dev/null
as writer push --plain-http "$ADDR/team/plain:1" large.bin >/dev/null
rm -rf "$WORK/pulled"
as nobody pull --plain-http --output pulled "$ADDR/team/plain:1" >/dev/null
expect_same_bytes "large" "$WORK/large.bin" "$WORK/pulled/large.bin"
stop_and_check
