#!/bin/bash
# @azure/container-registry, Azure's SDK for JavaScript: see azure_js.cjs.
source "$(dirname "$0")/lib.sh"

: "${NODE_PATH:?the folder that holds the SDK: ./dev clients fetches it and runs this}"
need_fetched node
need openssl openssl
start_azure_server registry.example/azure-js

VERSION=$(node -p 'require("@azure/container-registry/package.json").version')
step "@azure/container-registry $VERSION, Node $(node --version)"
export URL READER=${MACHINE[reader]} WRITER=${MACHINE[writer]} MAINTAINER=${MACHINE[maintainer]}
WRONG=varve_wrong NODE_EXTRA_CA_CERTS=$CA node "$(dirname "$0")/azure_js.cjs"
stop_and_check
