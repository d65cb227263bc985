#!/bin/bash
# Pulp's documented calls by curl, as its own scripts made them, with accounts: create, get by id, by
# name, list, delete; then files of a real RPM, repositories, histories that are proved, and the past.
source "$(dirname "$0")/lib.sh"

need curl curl
need jq jq
need rpmbuild rpm

init_accounts registry.example/pulp
start_server --data "$WORK/data"
TOKEN=$(admin user add ci --kind service)
admin grant set ci 'packages/*' maintainer
admin grant set ci 'rpm/*' maintainer
admin grant set anonymous '*' none
API=$URL/pulp/api

# What the scripts send: a header of their own making, and -d without a Content-Type.
AUTH="Authorization: Basic $(printf 'ci:%s' "$TOKEN" | base64 -w0)"
pulp() { curl -sS -k --max-time 30 -H "$AUTH" "$@"; }
as_ci() {  # <HTTP status> <curl arguments...>
  local status=$1
  shift
  expect_status "$status" -k -H "$AUTH" "$@"
}
answer() { cat "$WORK/answer"; }

step "create: PUT with -d; the same again is a conflict"
SAMPLE='{"name":"gtk+","epoch":"0","version":"2.24","release":"1.el9","arch":"x86_64","description":"a toolkit",
  "checksum_type":"sha256","checksum":"'$(printf gtk | sha256sum | cut -d' ' -f1)'","filename":"gtk+-2.24-1.el9.x86_64.rpm"}'
as_ci 201 -X PUT -d "$SAMPLE" -D "$WORK/headers" "$API/packages/"
ID=$(answer | jq -r .id)
LOCATION=$(sed -n 's/^[Ll]ocation: \(.*\)\r$/\1/p' "$WORK/headers")
THEN=$(sed -n 's/^[Vv]arve-[Tt]ree-[Ss]ize: \(.*\)\r$/\1/p' "$WORK/headers")
expect_equal "where it is" "/pulp/api/packages/$ID/" "$LOCATION"
expect_equal "what it is for Pulp" packages "$(answer | jq -r ._ns)"
as_ci 409 -X PUT -d "$SAMPLE" "$API/packages/"
expect_equal "the shape of an error" string "$(answer | jq -r type)"
as_ci 400 -X PUT -d '{"version":"1"}' "$API/packages/"
expect_equal "what is missing" '"missing parameter: name"' "$(answer)"

step "get by id, by name, and the list"
as_ci 200 "$API/packages/$ID/"
expect_equal "its name" gtk+ "$(answer | jq -r .name)"
as_ci 200 "$API/packages/gtk%2B/2.24/1.el9/0/x86_64/"
expect_equal "the same one" "$ID" "$(answer | jq -r .id)"
as_ci 404 "$API/packages/gtk%2B/2.24/1.el9/1/x86_64/"
as_ci 200 "$API/packages/"
expect_equal "how many there are" 1 "$(answer | jq length)"
as_ci 200 -G --data-urlencode 'name=^gtk\+$' --data-urlencode 'name=nothing' "$API/packages/"
expect_equal "how many are called so" "$ID" "$(answer | jq -r '.[].id')"
as_ci 400 -G --data-urlencode 'name=(' "$API/packages/"

step "nobody, and somebody with a wrong password, in Pulp's words"
expect_status 401 "$API/packages/"
expect_equal "nobody" '"Authentication Required"' "$(answer)"
expect_status 401 -u ci:wrong "$API/packages/"
expect_equal "a wrong password" '"Invalid username or password"' "$(answer)"

step "a real RPM: upload, append, import; everything is read from it"
mkdir -p "$WORK/rpm"
cat >"$WORK/rpm/hello.spec" <<'SPEC'
Name: hello-varve
Version: 1.0
Release: 1
Summary: Says hello
License: Apache-2.0
BuildArch: noarch
%description
Says hello.
%install
mkdir -p %{buildroot}/usr/share/hello
echo hello >%{buildroot}/usr/share/hello/text
%files
/usr/share/hello/text
SPEC
rpmbuild --quiet --define "_topdir $WORK/rpm" -bb "$WORK/rpm/hello.spec" >"$WORK/rpmbuild.log" 2>&1 ||
  fail "rpmbuild: $(tail -n 5 "$WORK/rpmbuild.log")"
RPM=$(find "$WORK/rpm/RPMS" -name '*.rpm')
SUM=$(sha256sum "$RPM" | cut -d' ' -f1)
SIZE=$(stat -c %s "$RPM")
as_ci 200 -X POST -d "{\"name\":\"hello.rpm\",\"checksum\":\"$SUM\",\"size\":$SIZE}" "$API/services/upload/"
UPLOAD=$(answer | jq -r .id)
as_ci 200 -X PUT --data-binary "@$RPM" "$API/services/upload/append/$UPLOAD/"
METADATA="{\"type\":\"rpm\",\"nvrea\":[\"hello-varve\",\"1.0\",\"1\",\"0\",\"noarch\"],\"checksum\":\"$SUM\",
  \"hashtype\":\"sha256\",\"pkgname\":\"${RPM##*/}\",\"size\":$SIZE}"
as_ci 400 -X POST -d "{\"uploadid\":\"$UPLOAD\",\"metadata\":${METADATA/hello-varve/other}}" \
  "$API/services/upload/import/"
expect_contains "what is wrong" "parameter name" "$(answer)"
as_ci 201 -X POST -d "{\"uploadid\":\"$UPLOAD\",\"metadata\":$METADATA}" "$API/services/upload/import/"
HELLO=$(answer | jq -r .id)
expect_equal "its description" "Says hello." "$(answer | jq -r .description)"
pulp -o "$WORK/fetched.rpm" "$(answer | jq -r .download_url)"
expect_same_bytes "the file" "$RPM" "$WORK/fetched.rpm"
rpm -qp --nosignature "$WORK/fetched.rpm" | grep -q '^hello-varve-1.0-1.noarch$' || fail "rpm does not know it"

step "a repository, and what is in it stays"
as_ci 201 -X POST -d '{"id":"el9","name":"EL 9","arch":"noarch"}' "$API/repositories/"
as_ci 200 -X POST -d "{\"packageid\":[\"$HELLO\",\"$ID\"]}" "$API/repositories/el9/add_package/"
expect_equal "what it could not take" '[[],0]' "$(answer)"
as_ci 409 -X DELETE "$API/packages/$ID/"
expect_contains "why" "has references, delete not permitted" "$(answer)"
as_ci 200 -X POST -d "{\"package\":{\"id\":\"$ID\"}}" "$API/repositories/el9/delete_package/"
as_ci 200 "$API/repositories/el9/packages/?name=hello-varve"
expect_equal "where it is" '["el9"]' "$(answer | jq -c '.[0].repoids')"
as_ci 200 -X POST -d '{"name":"^hello","regex":true,"repoids":["el9"]}' "$API/services/search/packages/"
expect_equal "what is found" hello-varve "$(answer | jq -r '.[].name')"

step "delete; the past is as it was, and the history is proved"
as_ci 200 -X DELETE "$API/packages/$ID/"
expect_equal "the answer" true "$(answer)"
as_ci 404 "$API/packages/$ID/"
as_ci 200 "$API/packages/$ID/?as_of=$THEN"
expect_equal "what it was called" gtk+ "$(answer | jq -r .name)"
as_ci 200 "$API/packages/$ID/history/"
expect_equal "what happened" \
  "pulp.package.deleted pulp.repo.package_removed pulp.repo.package_added pulp.package.created" \
  "$(answer | jq -r '.[].type' | xargs)"
PROOF=$(answer | jq -r '.[0].proof')
pulp -f -o "$WORK/deleted.tlog-proof" "$URL$PROOF?wait=10"
curl -sS -f "$URL/log/vkey" -o "$WORK/vkeys"
SAID=$("$VARVE" verify --proof "$WORK/deleted.tlog-proof" --key "$WORK/vkeys")
expect_contains "the entry" pulp.package.deleted "$SAID"
note "$SAID"
as_ci 200 "$API/events/?api=pulp.package&method=deleted"
expect_equal "the audit call" "$ID" "$(answer | jq -r '.[0].params.package')"

step "all of it again after a restart, and replayed"
stop_server
start_server --data "$WORK/data"
API=$URL/pulp/api
as_ci 200 "$API/packages/$HELLO/"
as_ci 404 "$API/packages/$ID/"
stop_server
"$VARVE" fsck --data "$WORK/data" >/dev/null
