#!/bin/bash
# The ManifestApi of Python clients generated from Azure's document of 2019, request by request, over HTTPS:
# see azure_manifest_api.py.
source "$(dirname "$0")/lib.sh"

need python3 python3
need openssl openssl
make_first_image
start_team_server registry.example/azure-2019

step "the blobs of an image, as a client of today pushes them"
skopeo copy --quiet --dest-cert-dir "$CERTS" --dest-creds "writer:${PASSWORD[writer]}" "oci:$WORK/image:1" \
  "docker://$ADDR/team/app:pushed"
blob() { jq -r "$1" "$MANIFEST"; }

step "CreateManifest, GetManifest, DeleteManifest"
admin user add machine --kind service >"$WORK/machine"
admin grant set machine 'team/*' maintainer
ADDR=$ADDR CA=$CA SERVICE=registry.example/azure-2019 MACHINE=$(cat "$WORK/machine") \
  READER=${PASSWORD[reader]} WRITER=${PASSWORD[writer]} MAINTAINER=${PASSWORD[maintainer]} \
  CONFIG=$(blob .config.digest) CONFIG_SIZE=$(blob .config.size) \
  LAYER=$(blob '.layers[0].digest') LAYER_SIZE=$(blob '.layers[0].size') \
  python3 "$(dirname "$0")/azure_manifest_api.py"
expect_equal "what else is there" "$FIRST" \
  "$(skopeo inspect --cert-dir "$CERTS" --format '{{.Digest}}' "docker://$ADDR/team/app:pushed")"
stop_and_check
