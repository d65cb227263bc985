#!/bin/bash
# HTTPS without anything in front: an unmodified skopeo and our own commands over TLS, verified against a
# test authority made here; whoever trusts another one refuses; slow and plain clients are cut off; a new
# certificate is taken while the server runs.
source "$(dirname "$0")/lib.sh"

need openssl openssl
need python3 python3
need curl curl
make_first_image

served_subject() { openssl s_client -connect "$ADDR" </dev/null 2>/dev/null | openssl x509 -noout -subject; }

step "a certificate and a key must belong together, and dev mode stays on loopback: 2"
make_authority ca
make_authority other
make_server_certificate ca first
expect_exit 2 timeout 60 "$VARVE" serve --dev --data "$WORK/data" --tls-cert "$WORK/server.pem"
expect_exit 2 timeout 60 "$VARVE" serve --dev --data "$WORK/data" --tls-cert "$WORK/server.pem" \
  --tls-key "$WORK/other.key"
expect_contains "what it says" "$WORK/other.key" "$SAID"
expect_exit 2 timeout 60 "$VARVE" serve --dev --data "$WORK/data" --listen 0.0.0.0:0 \
  --tls-cert "$WORK/server.pem" --tls-key "$WORK/server.key"
[[ ! -e $WORK/data ]] || fail "a refused server must leave nothing behind"

start_server --dev --data "$WORK/data" --tls-cert "$WORK/server.pem" --tls-key "$WORK/server.key"
expect_contains "what it says" "$ADDR, HTTPS" "$(cat "$SERVER_LOG")"
URL=https://$ADDR

step "skopeo pushes and pulls, verifying the server"
mkdir "$CERTS" "$WORK/other-certs"
cp "$CA" "$CERTS/ca.crt"
cp "$WORK/other.pem" "$WORK/other-certs/ca.crt"
skopeo copy --quiet --dest-cert-dir "$CERTS" "oci:$WORK/image:1" "docker://$ADDR/lib/busybox:1"
umoci init --layout "$WORK/pulled"
skopeo copy --quiet --src-cert-dir "$CERTS" "docker://$ADDR/lib/busybox:1" "oci:$WORK/pulled:1"
expect_equal "the image pulled" "$FIRST" "$(digest_in_layout "$WORK/pulled" 1)"
for blob in $(jq -r '.config.digest, .layers[].digest' "$MANIFEST"); do
  expect_same_bytes "the blob $blob" "$WORK/image/blobs/sha256/${blob#sha256:}" \
    "$WORK/pulled/blobs/sha256/${blob#sha256:}"
done
expect_exit 1 skopeo copy --quiet --src-cert-dir "$WORK/other-certs" "docker://$ADDR/lib/busybox:1" \
  "oci:$WORK/refused:1"
expect_contains "what skopeo says" certificate "$SAID"

step "our own commands, with --ca, VARVE_CA, and an authority that is not the server's: 6"
varve log lib/busybox --server "$URL" --ca "$CA" >"$WORK/log" 2>/dev/null
expect_contains "the last event" oci.tag.set "$(tail -n 1 "$WORK/log")"
expect_exit 6 varve log --server "$URL" --ca "$WORK/other.pem"
expect_contains "what it says" "its certificate is not trusted" "$SAID"
expect_exit 6 varve log --server "$URL"
expect_exit 6 varve log --server "http://$ADDR"
export VARVE_CA=$CA
varve prove lib/busybox:1 --server "https://localhost:${ADDR##*:}" --out "$WORK/tag.tlog-proof" 2>/dev/null
curl -fsS --cacert "$CA" "$URL/log/vkey" >"$WORK/registry.vkeys"
varve verify --proof "$WORK/tag.tlog-proof" --key "$WORK/registry.vkeys" >/dev/null
varve fsck --url "$URL" --key "$WORK/registry.vkeys" >/dev/null
varve replay --url "$URL" --key "$WORK/registry.vkeys" --out "$WORK/replayed" >/dev/null

step "plain HTTP on this port is told so; older TLS and other protocols are refused"
expect_status 400 "http://$ADDR/v2/"
expect_contains "the answer" "speaks HTTPS" "$(cat "$WORK/answer")"
expect_exit 35 curl -sS --cacert "$CA" --tls-max 1.1 "$URL/v2/"
expect_status 200 --cacert "$CA" --tls-max 1.2 "$URL/v2/"
expect_status 200 --cacert "$CA" --tlsv1.3 "$URL/v2/"
expect_contains "the protocol agreed on" "ALPN protocol: http/1.1" \
  "$(openssl s_client -connect "$ADDR" -alpn h2,http/1.1 </dev/null 2>/dev/null)"

step "a handshake that is never finished is cut off, and nobody else waits for it"
python3 - "${ADDR##*:}" <<'PY' &
import socket, sys, time
silent, slow = (socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(2))
began = time.monotonic()
slow.settimeout(0.5)
closed = 0.0
for byte in b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + bytes(200):
    try:
        slow.send(bytes([byte]))
        if slow.recv(1) == b"":
            closed = time.monotonic() - began
            break
    except TimeoutError:
        continue
    except OSError:
        closed = time.monotonic() - began
        break
silent.settimeout(20)
assert silent.recv(1) == b"", "the silent client heard something"
assert 8 < closed < 20, f"the slow client was cut off after {closed:.1f} s"
PY
SLOW=$!
for _ in 1 2 3; do expect_status 200 --cacert "$CA" "$URL/v2/"; done
wait "$SLOW" || fail "the slow clients were not cut off as they should be"

step "SIGHUP: a new certificate is taken, a broken one is not"
expect_contains "the certificate" first "$(served_subject)"
make_server_certificate ca second
kill -HUP "$SERVER_PID"
for _ in {1..50}; do [[ $(served_subject) != *second* ]] || break; sleep 0.1; done
expect_contains "the certificate" second "$(served_subject)"
echo nonsense >"$WORK/server.pem"
kill -HUP "$SERVER_PID"
for _ in {1..50}; do ! grep -q 'TLS files are not used' "$SERVER_LOG" || break; sleep 0.1; done
expect_contains "what it says" "TLS files are not used" "$(cat "$SERVER_LOG")"
expect_status 200 --cacert "$CA" "$URL/v2/"
stop_server
