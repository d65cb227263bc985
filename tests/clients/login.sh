#!/bin/bash
# What everybody types first: docker, podman, buildah and skopeo log in over HTTP and over HTTPS, are told
# when the password is wrong, keep what lets them pull what is private, and forget it with logout. None of
# them needs a daemon for it; docker's is not there.
source "$(dirname "$0")/lib.sh"

need docker docker.io
need podman podman
need buildah buildah
need openssl openssl
make_first_image

# Each client's own way to say that this is HTTP, or whom to trust. docker takes loopback for insecure:
# HTTPS first, whoever signed the certificate, then HTTP.
export DOCKER_HOST=unix://$WORK/no-daemon.sock
declare -A OVER=()
log_in() {  # <client> <password>: as the reader
  local words=(--username reader --password-stdin)
  case $1 in
    docker) command docker --config "$WORK/docker" login "${words[@]}" "$ADDR" <<<"$2" ;;
    *) "$1" login --authfile "$(kept_by "$1")" ${OVER[flag]:+"${OVER[flag]}"} "${words[@]}" "$ADDR" <<<"$2" ;;
  esac
}
log_out() {  # <client>
  case $1 in
    docker) command docker --config "$WORK/docker" logout "$ADDR" ;;
    *) "$1" logout --authfile "$(kept_by "$1")" "$ADDR" ;;
  esac
}
kept_by() { if [[ $1 == docker ]]; then echo "$WORK/docker/config.json"; else echo "$WORK/$1.json"; fi; }
entry_kept_by() { jq -r --arg address "$ADDR" ".auths[\$address].$2 // \"\"" "$(kept_by "$1")"; }
pull_with_login_of() {  # <client>
  rm -rf "$WORK/pulled"
  skopeo copy --quiet "${OVER[copy]}" --src-authfile "$(kept_by "$1")" "docker://$ADDR/private/app:1" \
    "oci:$WORK/pulled:1"
}

# docker keeps a refresh token and no password, since it is offered one; the others keep the password.
expect_kept() {  # <client>
  if [[ $1 == docker ]]; then
    expect_equal "what docker keeps" reader: "$(entry_kept_by docker auth | base64 -d)"
    expect_equal "a token's parts" 3 "$(entry_kept_by docker identitytoken | tr . '\n' | wc -l)"
  else
    expect_equal "what $1 keeps" "reader:$READER" "$(entry_kept_by "$1" auth | base64 -d)"
  fi
  if grep -q "$READER" "$(kept_by "$1")"; then fail "the password stands as it is in $(kept_by "$1")"; fi
}

client_logs_in() {  # <client>
  local refused=1 says="invalid username/password"
  case $1 in
    podman | buildah) refused=125 ;;
    docker) says="unauthorized" ;;
  esac
  expect_exit "$refused" log_in "$1" guess
  expect_contains "what $1 says" "$says" "$SAID"
  expect_exit 1 pull_with_login_of "$1"
  expect_exit 0 log_in "$1" "$READER"
  expect_contains "what $1 says" "Login Succeeded" "$SAID"
  expect_kept "$1"
  pull_with_login_of "$1"
  expect_equal "the private image" "$FIRST" "$(digest_in_layout "$WORK/pulled" 1)"
  expect_exit 0 env REGISTRY_AUTH_FILE="$(kept_by "$1")" "$VARVE" grant list reader --server "$URL"
  log_out "$1" >/dev/null
  expect_equal "what $1 keeps" "" "$(entry_kept_by "$1" auth)$(entry_kept_by "$1" identitytoken)"
  expect_exit 1 pull_with_login_of "$1"
}

init_accounts registry.example/login
start_server --data "$WORK/data"
READER=$(admin user add reader)
admin grant set reader 'private/*' reader
admin grant set anonymous 'private/*' none
skopeo copy --quiet --dest-tls-verify=false --dest-creds "admin:$ADMIN" "oci:$WORK/image:1" \
  "docker://$ADDR/private/app:1"

OVER=([flag]=--tls-verify=false [copy]=--src-tls-verify=false)
for client in docker podman buildah skopeo; do
  step "$client $(command "$client" --version | grep -o '[0-9]\+\.[0-9.]\+' | head -n 1), HTTP"
  client_logs_in "$client"
done

step "HTTP, and a server that asks for the password itself: docker keeps that then"
stop_server
start_server --data "$WORK/data" --auth-challenge basic
for client in docker podman buildah skopeo; do
  expect_exit 0 log_in "$client" "$READER"
  expect_equal "what $client keeps" "reader:$READER" "$(entry_kept_by "$client" auth | base64 -d)"
  pull_with_login_of "$client"
  log_out "$client" >/dev/null
done

stop_server
start_tls_server --data "$WORK/data"
OVER=([flag]="--cert-dir=$CERTS" [copy]="--src-cert-dir=$CERTS")
for client in docker podman buildah skopeo; do
  step "$client, HTTPS"
  client_logs_in "$client"
done

step "whoever does not trust the authority sends no password"
OVER[flag]=
for client in podman buildah skopeo; do
  expect_exit "$([[ $client == skopeo ]] && echo 1 || echo 125)" log_in "$client" "$READER"
  expect_contains "what $client says" "x509" "$SAID"
done

step "a login that docker keeps ends when the password it was made with does"
expect_exit 0 log_in docker "$READER"
pull_with_login_of docker
admin user password reader >/dev/null
expect_exit 1 pull_with_login_of docker
stop_server
