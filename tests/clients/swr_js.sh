#!/bin/bash
# @huaweicloud/huaweicloud-sdk-swr, Huawei's SDK for JavaScript: see swr_js.cjs.
source "$(dirname "$0")/lib.sh"

: "${NODE_PATH:?the folders that hold the SDK: ./dev clients fetches it and runs this}"
need_fetched node
need openssl openssl
need skopeo skopeo
make_first_image
start_swr_server registry.example/swr-js

step "Huawei's SDK for JavaScript, Node $(node --version)"
export URL AK SK NODE_EXTRA_CA_CERTS=$CA
node "$(dirname "$0")/swr_js.cjs" begin
skopeo copy --quiet --dest-cert-dir "$CERTS" --dest-creds "owner:$(cat "$WORK/owner")" "oci:$WORK/image:1" \
  "docker://$ADDR/group/team:1"
node "$(dirname "$0")/swr_js.cjs" end
stop_and_check
