#!/bin/bash
# Accounts as real clients meet them: an administrator makes users and grants over HTTP, skopeo and
# podman log in, readers pull and cannot push, writers push, nobody pulls what is private, and what is
# revoked is over at once. Every change of an account is an event.
source "$(dirname "$0")/lib.sh"

need skopeo skopeo
need podman podman
need umoci umoci
need jq jq

make_image "$WORK/image" 1 "the first"
DIGEST=$(digest_in_layout "$WORK/image" 1)

step "init makes an administrator; their password is printed once"
init_accounts registry.example/accounts
start_server --data "$WORK/data"

step "without credentials, with wrong ones, and with half a login: 8, 8, 2"
expect_exit 8 varve user list --server "$URL"
expect_exit 8 env VARVE_USER=admin VARVE_PASSWORD=guess "$VARVE" user list --server "$URL"
expect_exit 2 env VARVE_USER=admin "$VARVE" user list --server "$URL"
expect_exit 8 env VARVE_TOKEN=nonsense "$VARVE" user list --server "$URL"

step "users, a service, grants"
READER=$(admin user add reader)
WRITER=$(admin user add writer)
TOKEN=$(admin user add ci --kind service)
[[ $TOKEN == varve_* ]] || fail "a service gets a token, got: $TOKEN"
admin grant set writer 'team/*' writer
admin grant set ci 'team/*' maintainer
admin grant set reader 'private/*' reader
admin grant set anonymous 'private/*' none
expect_contains "the users" "$(printf 'ci  service')" "$(admin user list)"
expect_equal "what the writer is granted" "$(printf 'team/*  pull,push')" "$(admin grant list writer)"
expect_exit 9 env VARVE_USER=admin VARVE_PASSWORD="$ADMIN" "$VARVE" user add writer --server "$URL"
expect_exit 8 env VARVE_USER=writer VARVE_PASSWORD="$WRITER" "$VARVE" user add eve --server "$URL"
expect_exit 2 env VARVE_USER=admin VARVE_PASSWORD="$ADMIN" "$VARVE" user add Eve@example.org --server "$URL"

login() {  # <skopeo|podman> <user> <password>
  "$1" login --tls-verify=false --authfile "$WORK/auth-$2.json" --username "$2" --password-stdin \
    "$ADDR" <<<"$3"
}
push_as() {  # <user> <name:tag>
  skopeo copy --quiet --dest-tls-verify=false --dest-authfile "$WORK/auth-$1.json" \
    "oci:$WORK/image:1" "docker://$ADDR/$2"
}
pull_as() {  # <user> <name:tag> <layout:tag>
  skopeo copy --quiet --src-tls-verify=false --src-authfile "$WORK/auth-$1.json" \
    "docker://$ADDR/$2" "oci:$3"
}

step "skopeo and podman log in, and are told when the password is wrong"
login skopeo reader "$READER"
login podman writer "$WRITER"
login podman ci "$TOKEN"
expect_exit 1 login skopeo nobody guess
expect_exit 125 login podman reader guess2

step "a reader cannot push, a writer can, elsewhere they cannot"
login skopeo reader "$READER"
expect_exit 1 push_as reader team/app:1
push_as writer team/app:1
push_as ci team/app:2
expect_exit 1 push_as writer other/app:1
expect_equal "the tag" "$DIGEST" "$(digest_at_server team/app:1)"

step "podman pushes what it pulled, as the writer"
podman pull --quiet --tls-verify=false "$ADDR/team/app:1" >/dev/null
podman push --quiet --tls-verify=false --authfile "$WORK/auth-writer.json" "$ADDR/team/app:1" \
  "docker://$ADDR/team/podman:1"

step "who pushed stands in the log, with the credential"
expect_exit 8 varve log --server "$URL" team/app:2  # not everybody reads everything any more
EVENT=$(admin log -o json team/app:2 | jq -c '.events[-1]')
expect_contains "the actor" '"id":"ci"' "$EVENT"

step "everybody pulls what is public; what is private is for its readers"
umoci init --layout "$WORK/pulled"
pull_image team/app:1 "$WORK/pulled:public"
admin grant set writer 'private/*' writer
push_as writer private/app:1
expect_exit 1 pull_image private/app:1 "$WORK/pulled:private"
expect_exit 1 pull_image "asof.$(curl -fsS "$URL/log/checkpoint" | sed -n 2p)/private/app:1" "$WORK/pulled:private"
pull_as reader private/app:1 "$WORK/pulled:private"
expect_equal "the private image" "$DIGEST" "$(digest_in_layout "$WORK/pulled" private)"
expect_exit 1 pull_as ci private/app:1 "$WORK/pulled:other"

step "only who may delete deletes"
expect_exit 1 skopeo delete --tls-verify=false --authfile "$WORK/auth-writer.json" "docker://$ADDR/team/app:2"
skopeo delete --tls-verify=false --authfile "$WORK/auth-ci.json" "docker://$ADDR/team/app:2"

step "varve finds the login that podman wrote down"
expect_exit 0 env REGISTRY_AUTH_FILE="$WORK/auth-writer.json" "$VARVE" grant list writer --server "$URL"
expect_exit 8 env REGISTRY_AUTH_FILE="$WORK/auth-writer.json" "$VARVE" user list --server "$URL"

step "a revoked credential is over at once"
CREDENTIAL=${TOKEN:6:26}
admin user revoke ci "$CREDENTIAL" --reason leaked
expect_exit 1 push_as ci team/app:3
expect_exit 8 env VARVE_TOKEN="$TOKEN" "$VARVE" grant list ci --server "$URL"
admin user disable writer
expect_exit 1 push_as writer team/app:3
admin user enable writer
push_as writer team/app:3

step "a new password ends the one before"
printf 'correct horse\n' | VARVE_USER=writer VARVE_PASSWORD=$WRITER "$VARVE" user password writer --stdin --server "$URL" 2>/dev/null
expect_exit 8 env VARVE_USER=writer VARVE_PASSWORD="$WRITER" "$VARVE" grant list writer --server "$URL"
expect_exit 0 env VARVE_USER=writer VARVE_PASSWORD="correct horse" "$VARVE" grant list writer --server "$URL"

step "logout forgets"
skopeo logout --authfile "$WORK/auth-reader.json" "$ADDR"
expect_exit 1 pull_as reader private/app:1 "$WORK/pulled:after"

step "guessing is throttled, and others are not hurt"
for _ in $(seq 14); do
  curl -sS -o /dev/null -w '%{http_code}\n' -u admin:guess "$URL/v2/"
done >"$WORK/guesses"
expect_equal "the first answers" 401 "$(head -n 1 "$WORK/guesses")"
expect_equal "the last answers" 429 "$(tail -n 1 "$WORK/guesses")"
expect_status 200 -u "writer:correct horse" "$URL/v2/"

step "accounts survive a restart; nothing secret is in the log; fsck finds nothing wrong"
stop_server
start_server --data "$WORK/data"
expect_status 200 -u "writer:correct horse" "$URL/v2/"
expect_status 401 -u "ci:$TOKEN" "$URL/v2/"
stop_server
# A plain grep: the words would stand there as they are.
for secret in "$ADMIN" "$READER" "$WRITER" "$TOKEN" "correct horse"; do
  if grep -rqF "$secret" "$WORK/data"; then fail "a secret stands on the disk as it is"; fi
done
expect_exit 0 varve fsck --data "$WORK/data"
