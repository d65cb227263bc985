#!/bin/bash
# The OCI conformance suites, unmodified, against the real binary: without credentials, with a password,
# and with tokens, each over HTTP and over HTTPS. Nothing fails, and nothing is left out but the two tests
# named below, which are the other answers to questions that have two. OCI_SUITE_RELEASED and
# OCI_SUITE_NEXT name the programs; `./dev conformance` builds them.
source "$(dirname "$0")/lib.sh"

: "${OCI_SUITE_RELEASED:?the suite of distribution-spec v1.1.1, built}"
: "${OCI_SUITE_NEXT:?the suite that follows it, built}"
need openssl openssl
need jq jq

# Who the suites are. Both empty where everybody may do everything.
USERNAME='' SECRET=''
# A mount answers 201 or 202, and finds a blob by itself or does not; here it is 201, and does.
readonly OTHER_ANSWERS="Cross-mounting of nonexistent blob should yield session id
Cross-mounting without from, and automatic content discovery disabled should return a 202"

# One run of the released suite, every category that is asked for; sets PASSED and LEFT_OUT.
run_released() {  # <namespace> <arguments and NAME=value...>
  local log=$WORK/released.log failed settings=() arguments=() word
  for word in "${@:2}"; do if [[ $word == -* ]]; then arguments+=("$word"); else settings+=("$word"); fi; done
  env OCI_ROOT_URL="$URL" OCI_NAMESPACE="$1/one" OCI_CROSSMOUNT_NAMESPACE="$1/two" \
    OCI_USERNAME="$USERNAME" OCI_PASSWORD="$SECRET" OCI_AUTOMATIC_CROSSMOUNT=1 \
    OCI_HIDE_SKIPPED_WORKFLOWS=0 OCI_REPORT_DIR="$WORK" "${settings[@]}" \
    timeout 300 "$OCI_SUITE_RELEASED" "${arguments[@]}" >"$log" 2>&1 ||
    fail "the released suite: $(tail -n 40 "$log")"
  read -r PASSED failed < <(sed 's/\x1b\[[0-9;]*m//g' "$log" |
    sed -n 's/.* \([0-9]*\) Passed | \([0-9]*\) Failed | .*/\1 \2/p')
  expect_equal "failed of the released suite" 0 "$failed"
  LEFT_OUT=$(sed -n 's/.*<testcase name="OCI Distribution Conformance Tests \([^"]*\)".* status="skipped".*/\1/p' \
    "$WORK/junit.xml")
}

# Two tests take what they look at from the environment instead of pushing it, so they need a second run.
released() {  # <namespace> <curl's way in...>
  local first config manifest=$WORK/artifact n
  run_released "$1" OCI_TEST_PULL=1 OCI_TEST_PUSH=1 OCI_TEST_CONTENT_DISCOVERY=1 OCI_TEST_CONTENT_MANAGEMENT=1
  first=$LEFT_OUT
  expect_equal "passed of the released suite" 75 "$PASSED"
  note "$PASSED passed: distribution-spec v1.1.1, pull, push, discovery and management"

  put_empty_config "$1/there/one" "${@:2}"
  artifact_manifest there >"$manifest"
  for n in 1 2; do
    expect_status 201 -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
      --data-binary "@$manifest" "${@:2}" "$URL/v2/$1/there/one/manifests/there$n"
  done
  config=sha256:$(sha256sum <"$manifest" | cut -d ' ' -f 1)
  run_released "$1/there" OCI_TEST_PULL=1 OCI_TEST_CONTENT_DISCOVERY=1 OCI_TAG_NAME=there1 \
    OCI_TAG_LIST=there1,there2 OCI_MANIFEST_DIGEST="$config" OCI_BLOB_DIGEST="$EMPTY_CONFIG" \
    '-ginkgo.focus=Pull|no push|listing tags'
  expect_equal "passed of what is there already" 18 "$PASSED"
  note "$PASSED passed: the same, of what is there already"
  expect_equal "left out of both runs" "$OTHER_ANSWERS" \
    "$(comm -12 <(sort <<<"$first") <(sort <<<"$LEFT_OUT") | sed 's/.* Mount //')"
}

count_of() {  # <line of the summary> <log>
  sed -n "s/^ *$1\.*: *\([0-9]*\)$/\1/p" "$2" | head -n 1
}

next() {  # <OCI_VERSION> <how many tests there are>
  local log=$WORK/next.log tls=disabled
  [[ $URL == http://* ]] || tls=enabled
  env OCI_REGISTRY="$ADDR" OCI_TLS="$tls" SSL_CERT_FILE="$CA" OCI_USERNAME="$USERNAME" OCI_PASSWORD="$SECRET" \
    OCI_REPO1="next/one-$1" OCI_REPO2="next/two-$1" OCI_VERSION="$1" OCI_RESULTS_DIR="$WORK/results" \
    timeout 300 "$OCI_SUITE_NEXT" >"$log" 2>&1 || fail "the next suite, $1: $(tail -n 80 "$log")"
  expect_equal "skipped at $1" 0 "$(count_of Skip "$log")"
  expect_equal "failed at $1" 0 "$(count_of FAIL "$log")"
  expect_equal "errors at $1" 0 "$(count_of Error "$log")"
  expect_equal "passed at $1" "$2" "$(count_of Pass "$log")"
  note "$2 passed: distribution-spec main, OCI_VERSION=$1"
}

both_suites() {  # <curl's way in...>
  released released "$@"
  next 1.1 860
  next dev 986
}
check_and_forget() {
  stop_and_check
  rm -rf "$WORK/data"
}

# Nobody may do anything here but the suites' own account.
init_for_the_suites() {
  init_accounts registry.example/conformance
  start_server --data "$WORK/data"
  USERNAME=suite SECRET=$(admin user add suite)
  admin grant set suite '*' maintainer
  admin grant set anonymous '*' none
  stop_server
}

for transport in HTTP HTTPS; do
  start=start_server way=()
  if [[ $transport == HTTPS ]]; then start=start_tls_server way=(--cacert "$CA"); fi

  step "no credentials, $transport"
  USERNAME='' SECRET=''
  $start --dev --data "$WORK/data"
  both_suites "${way[@]}"
  check_and_forget

  for kind in basic bearer; do
    step "$kind, $transport"
    init_for_the_suites
    $start --data "$WORK/data" --auth-challenge "$kind"
    expect_status 401 "${way[@]}" -D "$WORK/head" "$URL/v2/"
    grep -qi "^www-authenticate: $kind " "$WORK/head" || fail "the server asks for $(cat "$WORK/head")"
    both_suites "${way[@]}" -u "$USERNAME:$SECRET"
    check_and_forget
  done
done
