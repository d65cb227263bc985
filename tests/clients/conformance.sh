#!/bin/bash
# The OCI conformance suites, unmodified, against the real binary: nothing fails and nothing is left
# out. OCI_SUITE_RELEASED and OCI_SUITE_NEXT name the programs; `./dev conformance` builds them.
source "$(dirname "$0")/lib.sh"

: "${OCI_SUITE_RELEASED:?the suite of distribution-spec v1.1.1, built}"
: "${OCI_SUITE_NEXT:?the suite that follows it, built}"

# What the suites may not choose for themselves: every category, every data set but one. `sparse`, the
# one that is off by default, asks a registry to accept manifests whose parts are missing.
released() {
  local log=$WORK/released.log passed failed
  env OCI_ROOT_URL="$URL" OCI_NAMESPACE=released/one OCI_CROSSMOUNT_NAMESPACE=released/two \
    OCI_TEST_PULL=1 OCI_TEST_PUSH=1 OCI_TEST_CONTENT_DISCOVERY=1 OCI_TEST_CONTENT_MANAGEMENT=1 \
    OCI_AUTOMATIC_CROSSMOUNT=1 OCI_HIDE_SKIPPED_WORKFLOWS=0 OCI_REPORT_DIR="$WORK" \
    timeout 300 "$OCI_SUITE_RELEASED" >"$log" 2>&1 || fail "the released suite: $(tail -n 40 "$log")"
  read -r passed failed < <(sed 's/\x1b\[[0-9;]*m//g' "$log" |
    sed -n 's/.* \([0-9]*\) Passed | \([0-9]*\) Failed | .*/\1 \2/p')
  # 79 tests, of which four are the other answer to a question that has two.
  expect_equal "passed of the released suite" 75 "$passed"
  expect_equal "failed of the released suite" 0 "$failed"
  note "$passed passed: distribution-spec v1.1.1, pull, push, discovery and management"
}

count_of() {  # <line of the summary> <log>
  sed -n "s/^ *$1\.*: *\([0-9]*\)$/\1/p" "$2" | head -n 1
}

next() {  # <OCI_VERSION> <how many tests there are>
  local log=$WORK/next.log
  env OCI_REGISTRY="$ADDR" OCI_TLS=disabled OCI_REPO1="next/one-$1" OCI_REPO2="next/two-$1" \
    OCI_VERSION="$1" OCI_RESULTS_DIR="$WORK/results-$1" \
    timeout 300 "$OCI_SUITE_NEXT" >"$log" 2>&1 || fail "the next suite, $1: $(tail -n 80 "$log")"
  expect_equal "skipped at $1" 0 "$(count_of Skip "$log")"
  expect_equal "failed at $1" 0 "$(count_of FAIL "$log")"
  expect_equal "errors at $1" 0 "$(count_of Error "$log")"
  expect_equal "passed at $1" "$2" "$(count_of Pass "$log")"
  note "$2 passed: distribution-spec main, OCI_VERSION=$1"
}

start_server --dev --data "$WORK/data"
step "the released suite"
released
step "the next suite"
next 1.1 860
next dev 986
step "the log of all that holds"
stop_server
expect_exit 0 timeout 300 "$VARVE" fsck --data "$WORK/data"
