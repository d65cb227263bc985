#!/bin/bash
# helm: charts in a registry. Over HTTPS with accounts, and over HTTP.
source "$(dirname "$0")/lib.sh"

need_fetched helm
need openssl openssl
need jq jq

as() {  # <who> <helm arguments...>; "nobody" has no login
  local who=$1
  shift
  (cd "$WORK" && helm "$@" --registry-config "$WORK/$who.json")
}
over_tls() { as "$@" --ca-file "$CA"; }
shown_version() {  # <helm arguments...>
  over_tls nobody show chart "oci://$ADDR/team/app" "$@" 2>/dev/null | sed -n 's/^version: //p'
}
log_in() {  # <who> <user> <password> <how>
  as "$1" registry login "$ADDR" -u "$2" --password-stdin "${@:4}" <<<"$3"
}

start_team_server registry.example/helm
(cd "$WORK" && helm create app >/dev/null)
for version in 0.1.0 0.2.0; do as nobody package app --version "$version" >/dev/null; done

step "helm $(helm version --template '{{.Version}}'): login, and one with a wrong password"
expect_exit 1 log_in guesser writer guess --ca-file "$CA"
for who in reader writer maintainer; do
  log_in "$who" "$who" "${PASSWORD[$who]}" --ca-file "$CA" >/dev/null 2>&1
done

step "push two versions; pull them without an account; the same bytes"
expect_exit 1 over_tls nobody push app-0.1.0.tgz "oci://$ADDR/team"
expect_exit 1 over_tls reader push app-0.1.0.tgz "oci://$ADDR/team"
for version in 0.1.0 0.2.0; do
  expect_exit 0 over_tls writer push "app-$version.tgz" "oci://$ADDR/team"
  expect_contains "what it says" "Digest: sha256:" "$SAID"
done
mkdir "$WORK/pulled"
over_tls nobody pull "oci://$ADDR/team/app" --version 0.1.0 -d pulled >/dev/null 2>&1
expect_same_bytes "the chart" "$WORK/app-0.1.0.tgz" "$WORK/pulled/app-0.1.0.tgz"
expect_equal "the newest" "0.2.0" "$(shown_version)"
expect_equal "within a range" "0.1.0" "$(shown_version --version '<0.2.0')"
expect_contains "a template" "kind: Deployment" "$(over_tls nobody template "oci://$ADDR/team/app" 2>/dev/null)"

step "as the registry holds it"
expect_equal "tags" '["0.1.0","0.2.0"]' "$(curl -fsS --cacert "$CA" "$URL/v2/team/app/tags/list" | jq -c .tags)"
curl -fsS --cacert "$CA" "$URL/v2/team/app/manifests/0.2.0" >"$WORK/manifest"
expect_equal "its kind" application/vnd.cncf.helm.config.v1+json "$(jq -r .config.mediaType "$WORK/manifest")"
expect_equal "the chart" "sha256:$(sha256sum <"$WORK/app-0.2.0.tgz" | cut -d ' ' -f 1)" \
  "$(jq -r '.layers[0].digest' "$WORK/manifest")"

step "private charts"
expect_exit 0 over_tls writer push app-0.1.0.tgz "oci://$ADDR/private"
expect_exit 1 over_tls nobody pull "oci://$ADDR/private/app" --version 0.1.0 -d pulled
rm "$WORK/pulled/app-0.1.0.tgz"
expect_exit 0 over_tls reader pull "oci://$ADDR/private/app" --version 0.1.0 -d pulled
expect_same_bytes "the chart" "$WORK/app-0.1.0.tgz" "$WORK/pulled/app-0.1.0.tgz"

step "a chart that is deleted is no version any more"
DIGEST=$(sha256sum <"$WORK/manifest" | cut -d ' ' -f 1)
expect_status 202 --cacert "$CA" -u "maintainer:${PASSWORD[maintainer]}" -X DELETE \
  "$URL/v2/team/app/manifests/sha256:$DIGEST"
expect_equal "the newest" "0.1.0" "$(shown_version)"

step "logout"
as reader registry logout "$ADDR" 2>/dev/null
expect_exit 1 over_tls reader pull "oci://$ADDR/private/app" --version 0.1.0 -d pulled

step "over HTTP"
stop_server
start_server --data "$WORK/data"
log_in writer writer "${PASSWORD[writer]}" --plain-http >/dev/null 2>&1
expect_exit 0 as writer push app-0.2.0.tgz "oci://$ADDR/team" --plain-http
expect_exit 0 as nobody pull "oci://$ADDR/team/app" --version 0.2.0 -d pulled --plain-http
expect_same_bytes "the chart" "$WORK/app-0.2.0.tgz" "$WORK/pulled/app-0.2.0.tgz"
stop_and_check
