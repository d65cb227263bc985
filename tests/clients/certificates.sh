#!/bin/bash
# Client certificates and access keys as their users meet them. curl and skopeo show certificates and
# nothing else; what is not to be believed is told so in an answer; a new authority counts at once. An
# access key signs requests the way Huawei's SDKs do, here with openssl, and logs in to docker's clients.
# shellcheck disable=SC2046  # what as() says are words on purpose
source "$(dirname "$0")/lib.sh"

need curl curl
need openssl openssl
make_first_image

make_client_certificate() {  # <authority> <CN> <name of the files>
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" \
    -keyout "$WORK/$3.key" -out "$WORK/$3.csr" 2>/dev/null
  openssl x509 -req -in "$WORK/$3.csr" -CA "$WORK/$1.pem" -CAkey "$WORK/$1.key" -days 2 \
    -extfile <(echo "extendedKeyUsage=clientAuth") -out "$WORK/$3.pem" 2>/dev/null
}
as() {  # <name of a certificate's files> <curl arguments...>
  local name=$1
  shift
  echo --cacert "$CA" --cert "$WORK/$name.pem" --key "$WORK/$name.key" "$@"
}

step "certificates of clients come with TLS, and their authorities from a file that is one: 2"
init_accounts registry.example/certificates
make_authority clients
make_authority strangers
make_client_certificate clients edge:17 edge
make_client_certificate clients nobody nobody
make_client_certificate strangers edge:17 stranger
expect_exit 2 timeout 60 "$VARVE" serve --data "$WORK/data" --http-tls-client-ca "$WORK/clients.pem"
make_authority ca
make_server_certificate ca first
expect_exit 2 timeout 60 "$VARVE" serve --data "$WORK/data" --tls-cert "$WORK/server.pem" \
  --tls-key "$WORK/server.key" --http-tls-client-ca "$WORK/edge.key"
expect_contains "what it says" "$WORK/edge.key" "$SAID"
rm "$CA"  # made anew below, with what goes with it

step "a certificate stands for nobody until that is allowed"
start_tls_server --data "$WORK/data" --http-tls-client-ca "$WORK/clients.pem"
admin user add edge --kind consumer --without-credential
admin grant set edge 'private/*' reader
admin grant set anonymous 'private/*' none
ACCOUNT=$URL/admin/v1/principals/edge
expect_status 401 $(as edge "$ACCOUNT")
expect_status 200 $(as edge "$URL/healthz")
admin user cert allow edge
expect_status 200 $(as edge "$ACCOUNT")
expect_status 200 $(as edge --tls-max 1.2 "$ACCOUNT")
expect_contains "the account" '"kind":"x509"' "$(cat "$WORK/answer")"
expect_contains "the credentials" x509 "$(admin user show edge)"

step "somebody else's is told so; one that names nobody is none at all"
for path in "$ACCOUNT" "$URL/healthz"; do
  expect_status 401 $(as stranger "$path")
  expect_contains "the answer" "Invalid SSL Certificate" "$(cat "$WORK/answer")"
done
expect_status 401 $(as nobody "$ACCOUNT")
expect_status 200 $(as nobody "$URL/healthz")
expect_status 401 --cacert "$CA" "$ACCOUNT"
[[ $(cat "$WORK/answer") != *"Invalid SSL Certificate"* ]] || fail "no certificate was shown"
expect_status 200 $(as stranger -u "admin:$ADMIN" "$ACCOUNT")
expect_status 401 $(as edge -u "admin:guess" "$ACCOUNT")

step "skopeo pulls what is private with nothing but its certificate, and cannot push"
skopeo copy --quiet --dest-cert-dir "$CERTS" --dest-creds "admin:$ADMIN" "oci:$WORK/image:1" \
  "docker://$ADDR/private/app:1"
umoci init --layout "$WORK/pulled"
expect_exit 1 skopeo copy --quiet --src-cert-dir "$CERTS" "docker://$ADDR/private/app:1" "oci:$WORK/pulled:1"
mkdir "$WORK/edge-certs"
cp "$CA" "$WORK/edge-certs/ca.crt"
cp "$WORK/edge.pem" "$WORK/edge-certs/client.cert"
cp "$WORK/edge.key" "$WORK/edge-certs/client.key"
skopeo copy --quiet --src-cert-dir "$WORK/edge-certs" "docker://$ADDR/private/app:1" "oci:$WORK/pulled:1"
expect_equal "the image pulled" "$FIRST" "$(digest_in_layout "$WORK/pulled" 1)"
expect_exit 1 skopeo copy --quiet --dest-cert-dir "$WORK/edge-certs" "oci:$WORK/image:1" "docker://$ADDR/private/app:2"

step "an access key and its secret key are printed once"
TOKEN=$(admin user add ci --kind service)
[[ $TOKEN == varve_* ]] || fail "a service gets a token, got: $TOKEN"
admin grant set ci 'team/*' maintainer
# As a document, for programs.
JSON=$(admin user ak add ci -o json)
expect_equal "the schema" varve.user_ak_add/v1 "$(jq -r .schema <<<"$JSON")"
expect_equal "the length of its secret" 40 "$(jq -r ".secret | length" <<<"$JSON")"
admin user revoke ci "$(jq -r .credential <<<"$JSON")"
{ read -r AK && read -r SK; } < <(admin user ak add ci)
expect_equal "the length of the access key" 26 "${#AK}"
expect_equal "the length of the secret key" 40 "${#SK}"

hmac() { openssl dgst -sha256 -hmac "$1" -r | cut -d' ' -f1; }  # <key>, of standard input
hash() { sha256sum | cut -d' ' -f1; }
sign() {  # <method> <path> <date>: for a request without query and body
  local canonical
  canonical=$(printf '%s\n%s/\n\nhost:%s\nx-sdk-date:%s\n\nhost;x-sdk-date\n%s' "$1" "$2" "$ADDR" "$3" \
    "$(hash </dev/null)")
  printf 'Authorization: SDK-HMAC-SHA256 Access=%s, SignedHeaders=host;x-sdk-date, Signature=%s' "$AK" \
    "$(printf 'SDK-HMAC-SHA256\n%s\n%s' "$3" "$(printf '%s' "$canonical" | hash)" | hmac "$SK")"
}

step "a signed request is its principal's; a change is signed anew each time"
OWN=/admin/v1/principals/ci
DATE=$(date -u +%Y%m%dT%H%M%SZ)
expect_status 200 --cacert "$CA" -H "X-Sdk-Date: $DATE" -H "$(sign GET $OWN "$DATE")" "$URL$OWN"
expect_status 200 --cacert "$CA" -H "X-Sdk-Date: $DATE" -H "$(sign GET $OWN "$DATE")" "$URL$OWN"
expect_status 401 --cacert "$CA" -H "X-Sdk-Date: $DATE" -H "$(sign GET /other "$DATE")" "$URL$OWN"
OLD=$(date -u -d '1 hour ago' +%Y%m%dT%H%M%SZ)
expect_status 401 --cacert "$CA" -H "X-Sdk-Date: $OLD" -H "$(sign GET $OWN "$OLD")" "$URL$OWN"
UPLOAD=/v2/team/app/blobs/uploads
DATE=$(date -u +%Y%m%dT%H%M%SZ)
expect_status 202 --cacert "$CA" -X POST -H "X-Sdk-Date: $DATE" -H "$(sign POST $UPLOAD "$DATE")" "$URL$UPLOAD/"
expect_status 401 --cacert "$CA" -X POST -H "X-Sdk-Date: $DATE" -H "$(sign POST $UPLOAD "$DATE")" "$URL$UPLOAD/"

step "X-Auth-Token is a token of ours"
expect_status 200 --cacert "$CA" -H "X-Auth-Token: $TOKEN" "$URL$OWN"
expect_status 401 --cacert "$CA" -H "X-Auth-Token: nonsense" "$URL$OWN"

step "docker's clients log in with REGION@AK, and push"
skopeo login --cert-dir "$CERTS" --authfile "$WORK/auth.json" --username "cn-north-4@$AK" --password-stdin "$ADDR" \
  <<<"$(printf '%s' "$AK" | hmac "$SK")"
skopeo copy --quiet --dest-cert-dir "$CERTS" --dest-authfile "$WORK/auth.json" "oci:$WORK/image:1" \
  "docker://$ADDR/team/app:1"
expect_exit 1 skopeo login --cert-dir "$CERTS" --authfile "$WORK/auth.json" --username "cn-north-4@$AK" \
  --password "$SK" "$ADDR"
EVENT=$(admin log -o json team/app:1 | jq -c '.events[-1]')
expect_contains "the actor" '"id":"ci"' "$EVENT"

step "SIGHUP: certificates of an authority that is no longer trusted are not believed any more"
cp "$WORK/strangers.pem" "$WORK/clients.pem"
kill -HUP "$SERVER_PID"
for _ in {1..100}; do
  ! grep -q "the TLS files were loaded again" "$SERVER_LOG" || break
  sleep 0.1
done
expect_status 200 $(as stranger "$ACCOUNT")
expect_status 401 $(as edge "$ACCOUNT")

step "what is revoked is over at once, after a restart too; no secret key stands on the disk"
X509=$(admin user show edge | grep x509 | cut -d' ' -f1)
admin user revoke edge "$X509"
expect_status 401 $(as stranger "$ACCOUNT")
expect_status 401 $(as stranger "$URL/healthz")
# At the beginning of a second: a server that did not wait for the next one would take it again, where
# stopping and starting take less than one.
AGAIN=/v2/team/again/blobs/uploads
SECOND=$(date +%s)
while (($(date +%s) == SECOND)); do sleep 0.01; done
USED=$(date -u +%Y%m%dT%H%M%SZ)
HOST=$ADDR  # is signed; the next server listens elsewhere
SIGNED=$(sign POST $AGAIN "$USED")
use() { expect_status "$1" --cacert "$CA" -X POST -H "Host: $HOST" -H "X-Sdk-Date: $USED" -H "$SIGNED" "$URL$AGAIN/"; }
use 202
stop_server
start_tls_server --data "$WORK/data" --http-tls-client-ca "$WORK/clients.pem"
use 503
expect_contains "the answer" "sign again" "$(cat "$WORK/answer")"
DATE=$(date -u +%Y%m%dT%H%M%SZ)
expect_status 200 --cacert "$CA" -H "X-Sdk-Date: $DATE" -H "$(sign GET $OWN "$DATE")" "$URL$OWN"
admin user revoke ci "$AK"
expect_status 401 --cacert "$CA" -H "X-Sdk-Date: $DATE" -H "$(sign GET $OWN "$DATE")" "$URL$OWN"

step "a key that seals secrets and was exchanged: wrong signatures, and a word to the operator"
{ read -r AK && read -r SK; } < <(admin user ak add ci)
stop_server
if grep -rqF "$SK" "$WORK/data"; then fail "a secret stands on the disk as it is"; fi
rm "$WORK/data/secrets/keys/seal"
start_tls_server --data "$WORK/data" --http-tls-client-ca "$WORK/clients.pem"
expect_contains "the server's log" "secret key of access key $AK cannot be opened" "$(cat "$SERVER_LOG")"
DATE=$(date -u +%Y%m%dT%H%M%SZ)
expect_status 401 --cacert "$CA" -H "X-Sdk-Date: $DATE" -H "$(sign GET $OWN "$DATE")" "$URL$OWN"
stop_and_check
