#!/bin/bash
# huaweicloudsdkswr, Huawei's SDK for Python: see swr_python.py. Then docker's way in, as the SDK is told it.
source "$(dirname "$0")/lib.sh"

: "${SWR_PYTHON:?a Python with the SDK: ./dev clients fetches it and runs this}"
need openssl openssl
need curl curl
start_swr_server registry.example/swr-python

VERSION=$("$SWR_PYTHON" -c 'import importlib.metadata as m; print(m.version("huaweicloudsdkswr"))')
step "huaweicloudsdkswr $VERSION"
export URL CA AK SK
LOGIN=$("$SWR_PYTHON" "$(dirname "$0")/swr_python.py" | tee /dev/stderr | sed -n 's/^docker login //p')

step "the login it is told opens the registry"
read -r _ user _ password host <<<"$LOGIN"
expect_equal "who logs in" "eu-west-101@$AK" "$user"
expect_equal "where" "$ADDR" "$host"
expect_equal "the status" 200 \
  "$(curl --silent --cacert "$CA" --user "$user:$password" --output /dev/null --write-out '%{http_code}' "$URL/v2/")"
expect_equal "the status of another password" 401 \
  "$(curl --silent --cacert "$CA" --user "$user:x" --output /dev/null --write-out '%{http_code}' "$URL/v2/")"
stop_and_check
