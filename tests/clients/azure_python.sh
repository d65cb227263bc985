#!/bin/bash
# azure-containerregistry, Azure's SDK for Python: see azure_python.py.
source "$(dirname "$0")/lib.sh"

: "${AZURE_PYTHON:?a Python with the SDK: ./dev clients fetches it and runs this}"
need openssl openssl
start_azure_server registry.example/azure-python

VERSION=$("$AZURE_PYTHON" -c 'import importlib.metadata as m; print(m.version("azure-containerregistry"))')
step "azure-containerregistry $VERSION"
export URL CA READER=${MACHINE[reader]} WRITER=${MACHINE[writer]} MAINTAINER=${MACHINE[maintainer]}
WRONG=varve_wrong "$AZURE_PYTHON" "$(dirname "$0")/azure_python.py"
stop_and_check
