#!/bin/bash
# cosign: signatures with a key of ours, stored beside the image as OCI referrers, made and checked without
# anything but the registry. No transparency log takes part: there is one here already.
source "$(dirname "$0")/lib.sh"

need_fetched cosign
need openssl openssl
make_two_images

as() {  # <who> <cosign arguments...>; "nobody" has no login
  local who=$1
  shift
  COSIGN_PASSWORD='' COSIGN_EXPERIMENTAL=1 DOCKER_CONFIG=$WORK/docker-$who SSL_CERT_FILE=$CA cosign "$@"
}
sign_as() {  # <who> <key> <image>
  as "$1" sign --yes --tlog-upload=false --key "$WORK/$2.key" --registry-referrers-mode=oci-1-1 "$3"
}
verify_as() {  # <who> <key> <image>
  as "$1" verify --key "$WORK/$2.pub" --insecure-ignore-tlog --experimental-oci11 "$3"
}
referrers_of() {  # <repository> <digest>
  curl -fsS --cacert "$CA" "$URL/v2/$1/referrers/$2"
}

start_team_server registry.example/cosign
for name in ours theirs; do as nobody generate-key-pair --output-key-prefix "$WORK/$name" 2>/dev/null; done
for who in reader writer maintainer; do
  as "$who" login "$ADDR" -u "$who" --password-stdin <<<"${PASSWORD[$who]}" 2>/dev/null
done
for n in 1 2; do
  skopeo copy --quiet --dest-cert-dir "$CERTS" --dest-creds "writer:${PASSWORD[writer]}" "oci:$WORK/image:$n" \
    "docker://$ADDR/team/app:$n"
done
IMAGE=$ADDR/team/app@$FIRST

step "cosign: nobody and a reader sign nothing"
expect_exit 10 verify_as nobody ours "$IMAGE"
expect_contains "what it says" "no signatures found" "$SAID"
expect_exit 1 sign_as nobody ours "$IMAGE"
expect_exit 1 sign_as reader ours "$IMAGE"
expect_equal "referrers" 0 "$(referrers_of team/app "$FIRST" | jq '.manifests | length')"

step "sign: the signature is a referrer of the image, and no tag was made"
sign_as writer ours "$IMAGE" >/dev/null 2>&1
expect_equal "referrers" '["application/vnd.dev.cosign.artifact.sig.v1+json"]' \
  "$(referrers_of team/app "$FIRST" | jq -c '[.manifests[].artifactType]')"
expect_equal "tags" '["1","2"]' "$(curl -fsS --cacert "$CA" "$URL/v2/team/app/tags/list" | jq -c .tags)"
SIGNATURE=$(referrers_of team/app "$FIRST" | jq -r '.manifests[0].digest')
expect_equal "its subject" "$FIRST" \
  "$(curl -fsS --cacert "$CA" "$URL/v2/team/app/manifests/$SIGNATURE" | jq -r .subject.digest)"

step "verify: without an account, with the right key, by digest and by tag; nothing else passes"
expect_equal "what was signed" "$FIRST" \
  "$(verify_as nobody ours "$IMAGE" 2>/dev/null | jq -r '.[0].critical.image."docker-manifest-digest"')"
expect_exit 0 verify_as nobody ours "$ADDR/team/app:1"
expect_exit 10 verify_as nobody theirs "$IMAGE"
expect_exit 10 verify_as nobody ours "$ADDR/team/app:2"

step "a second signature, by somebody else's key: cosign looks at the newest, which is the last listed"
sign_as maintainer theirs "$IMAGE" >/dev/null 2>&1
expect_equal "referrers" 2 "$(referrers_of team/app "$FIRST" | jq '.manifests | length')"
expect_exit 0 verify_as nobody theirs "$IMAGE"
expect_exit 10 verify_as nobody ours "$IMAGE"

step "an attestation, as a bundle that is a referrer too"
echo '{"built":"here"}' >"$WORK/predicate.json"
as writer attest --yes --tlog-upload=false --new-bundle-format --key "$WORK/ours.key" \
  --predicate "$WORK/predicate.json" --type custom "$IMAGE" >/dev/null 2>&1
# Nobody but the key is trusted: without this file cosign would ask the network whom else to trust.
echo '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}' >"$WORK/trusted.json"
expect_contains "referrers" "application/vnd.dev.sigstore.bundle" \
  "$(referrers_of team/app "$FIRST" | jq -r '.manifests[].artifactType')"
expect_exit 0 as nobody verify-attestation --new-bundle-format --insecure-ignore-tlog \
  --trusted-root "$WORK/trusted.json" --key "$WORK/ours.pub" --type custom "$IMAGE"
expect_exit 1 as nobody verify-attestation --new-bundle-format --insecure-ignore-tlog \
  --trusted-root "$WORK/trusted.json" --key "$WORK/theirs.pub" --type custom "$IMAGE"

step "a private image is signed by who may push and checked by who may pull"
skopeo copy --quiet --dest-cert-dir "$CERTS" --dest-creds "writer:${PASSWORD[writer]}" "oci:$WORK/image:1" \
  "docker://$ADDR/private/app:1"
sign_as writer ours "$ADDR/private/app@$FIRST" >/dev/null 2>&1
expect_exit 0 verify_as reader ours "$ADDR/private/app:1"
expect_exit 1 verify_as nobody ours "$ADDR/private/app:1"

step "a signature that is deleted signs nothing any more; the one before it counts again"
NEWEST=$(referrers_of team/app "$FIRST" |
  jq -r '[.manifests[] | select(.artifactType | contains("cosign"))][-1].digest')
[[ $NEWEST != "$SIGNATURE" ]] || fail "the first signature is listed last"
expect_status 202 --cacert "$CA" -u "maintainer:${PASSWORD[maintainer]}" -X DELETE \
  "$URL/v2/team/app/manifests/$NEWEST"
expect_exit 10 verify_as nobody theirs "$IMAGE"
expect_exit 0 verify_as nobody ours "$IMAGE"
stop_and_check
