#!/bin/bash
# huaweicloudsdkswr, Huawei's SDK for Python: see swr_python.py.
source "$(dirname "$0")/lib.sh"

: "${SWR_PYTHON:?a Python with the SDK: ./dev clients fetches it and runs this}"
need openssl openssl
start_swr_server registry.example/swr-python

VERSION=$("$SWR_PYTHON" -c 'import importlib.metadata as m; print(m.version("huaweicloudsdkswr"))')
step "huaweicloudsdkswr $VERSION"
export URL CA AK SK
"$SWR_PYTHON" "$(dirname "$0")/swr_python.py"
stop_and_check
