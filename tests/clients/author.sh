#!/bin/bash
# Authors sign what is published: a person's key is registered, a policy wants it, a pipeline sends
# what the person signed. The signature stands in the log, is checked there without the registry, by
# our verifier and by openssl, and ends with its key.
source "$(dirname "$0")/lib.sh"

need openssl openssl
need curl curl
make_two_images

# A key that varve and openssl both know: its seed is the end of the one's file, its public half the
# end of the other's. Test keys, gone with $WORK.
make_author() {  # <name>; sets PUBLIC[name] and KEY_ID[name]
  openssl genpkey -algorithm ed25519 -out "$WORK/$1.pem"
  printf 'ed25519:%s' "$(openssl pkey -in "$WORK/$1.pem" -outform DER | tail -c 32 | base64)" >"$WORK/$1.key"
  PUBLIC[$1]=ed25519:$(openssl pkey -in "$WORK/$1.pem" -pubout -outform DER | tail -c 32 | base64)
  KEY_ID[$1]=sha256:$(printf %s "${PUBLIC[$1]}" | sha256sum | cut -d ' ' -f 1)
}
declare -A PUBLIC=() KEY_ID=()
statement() {  # <origin> <type> <resource> <file>
  printf 'varve-author-v1\n%s\nPUT %s %s\n%s\n' "$1" "$2" "$3" "$(sha256sum <"$4" | cut -d ' ' -f 1)"
}
sign() {  # <name>, the text on standard input
  cat >"$WORK/statement"
  openssl pkeyutl -sign -inkey "$WORK/$1.pem" -rawin -in "$WORK/statement" | base64 -w 0
}

step "a registry where ci pushes below team/, and so may alice; her key is registered"
ORIGIN=registry.example/authors
init_accounts "$ORIGIN"
start_server --data "$WORK/data"
TOKEN=$(admin user add ci --kind service)
admin user add alice >"$WORK/alice.password"
admin user add mallory --without-credential
admin grant set ci 'team/*' writer
admin grant set alice 'team/*' writer
make_author alice
make_author mallory
admin user key add alice "${PUBLIC[alice]}"
admin user key add mallory "${PUBLIC[mallory]}"
expect_contains "alice's keys" "${KEY_ID[alice]}" "$(admin user key list alice)"
expect_exit 9 env VARVE_USER=admin VARVE_PASSWORD="$ADMIN" "$VARVE" user key add ci "${PUBLIC[alice]}" --server "$URL"
expect_exit 8 env VARVE_USER=alice VARVE_PASSWORD="$(cat "$WORK/alice.password")" \
  "$VARVE" user key add alice "${PUBLIC[alice]}" --server "$URL"
expect_exit 2 env VARVE_USER=admin VARVE_PASSWORD="$ADMIN" \
  "$VARVE" user key add alice "ed25519:$(head -c 32 /dev/zero | base64)" --server "$URL"

step "a policy wants authors: nothing unsigned gets below team/ any more"
admin policy set 'team/*' --mutable-tags --require-author-sig
expect_contains "the policy" "authors sign" "$(admin policy list)"
put_empty_config team/note -u "ci:$TOKEN"
TYPE=application/vnd.oci.image.manifest.v1+json
artifact_manifest "a note" >"$WORK/note.json"
put_note() {  # <HTTP status> <header value, or nothing>
  expect_status "$1" -X PUT -u "ci:$TOKEN" -H "Content-Type: $TYPE" \
    ${2:+-H "Varve-Author-Signature: $2"} --data-binary "@$WORK/note.json" "$URL/v2/team/note/manifests/1"
}
SIZE=$(published_size)
put_note 403 ''
expect_contains "why" DENIED "$(cat "$WORK/answer")"
expect_exit 1 skopeo copy --quiet --dest-tls-verify=false --dest-creds "ci:$TOKEN" \
  "oci:$WORK/image:1" "docker://$ADDR/team/app:1"

step "what openssl signed is taken; what it signed for another tag, registry or file is not"
good=$(statement "$ORIGIN" $TYPE team/note:1 "$WORK/note.json" | sign alice)
for other in "$(statement "$ORIGIN" $TYPE team/note:2 "$WORK/note.json" | sign alice)" \
  "$(statement other.example $TYPE team/note:1 "$WORK/note.json" | sign alice)" \
  "$(statement "$ORIGIN" $TYPE team/note:1 "$MANIFEST" | sign alice)" \
  "$(statement "$ORIGIN" $TYPE team/note:1 "$WORK/note.json" | sign mallory)"; do
  put_note 403 "${KEY_ID[alice]} $other"
done
put_note 403 "${KEY_ID[mallory]} $(statement "$ORIGIN" $TYPE team/note:1 "$WORK/note.json" | sign mallory)"
put_note 400 "${KEY_ID[alice]}"
# Blobs are no manifests: they came, and nothing else did.
expect_equal "what was put below team/" "" "$(indexes_of oci.manifest.put team/note)$(indexes_of oci.manifest.put team/app)"
put_note 201 "${KEY_ID[alice]} $good"
SIZE=$(published_size)
put_note 201 "${KEY_ID[alice]} $good"
expect_equal "a repeat" "$SIZE" "$(published_size)"

step "varve push signs every manifest itself; ci sends, alice signs"
push() {  # <exit code> <tag> <key>
  expect_exit "$1" env VARVE_TOKEN="$TOKEN" "$VARVE" push "team/app:$2" --from "$WORK/image" \
    ${3:+--key "$WORK/$3.key"} --server "$URL"
}
push 8 1 ''
push 8 1 mallory
push 0 1 alice
expect_contains "what it says" "signed by ${KEY_ID[alice]}" "$SAID"
expect_equal "the tag" "$FIRST" "$(digest_at_server team/app:1)"
pull_image team/app:1 "$WORK/pulled:1"
expect_equal "what is pulled" "$FIRST" "$(digest_in_layout "$WORK/pulled" 1)"

step "the log shows whose word it was, and who brought it"
expect_contains "the tag's line" "✓ ${KEY_ID[alice]}" "$(varve log team/app:1 --server "$URL" 2>/dev/null)"
varve log team/app:1 --server "$URL" -o json 2>/dev/null | jq -c '.events[-1]' >"$WORK/event.json"
expect_equal "the author" "${KEY_ID[alice]}" "$(jq -r .data.author.key_id "$WORK/event.json")"
expect_equal "the sender" ci "$(jq -r .actor.id "$WORK/event.json")"

step "a proof is enough to check it, without network"
cd "$WORK" || exit
varve prove team/app:1 --out tag.tlog-proof --server "$URL"
varve prove "team/app@$FIRST" --out manifest.tlog-proof --server "$URL"
save_keys registry.vkeys
for proof in tag manifest; do
  for author in "${KEY_ID[alice]}" "${PUBLIC[alice]}"; do
    offline "$VARVE" verify "$MANIFEST" --proof $proof.tlog-proof --key registry.vkeys --require-author "$author"
  done
  expect_exit 5 offline "$VARVE" verify --proof $proof.tlog-proof --key registry.vkeys --require-author "${KEY_ID[mallory]}"
done
expect_exit 2 offline "$VARVE" verify --proof tag.tlog-proof --key registry.vkeys --require-author alice
varve prove 0 --out genesis.tlog-proof --server "$URL"
expect_exit 5 offline "$VARVE" verify --proof genesis.tlog-proof --key registry.vkeys --require-author "${KEY_ID[alice]}"

step "openssl finds the same, from the entry alone"
jq -rj .data.author.statement event.json >signed
jq -r .data.author.signature event.json | cut -d : -f 2 | base64 -d >signature
openssl pkeyutl -verify -pubin -inkey <(openssl pkey -in alice.pem -pubout) -rawin -in signed -sigfile signature
expect_equal "what was signed" "$(statement "$ORIGIN" "$(jq -r .mediaType <"$MANIFEST" | sed "s|null|$TYPE|")" team/app:1 "$MANIFEST")" "$(cat signed)"

step "a key that is lost ends at once; what it signed stays"
SIZE=$(published_size)
expect_exit 0 env VARVE_USER=alice VARVE_PASSWORD="$(cat "$WORK/alice.password")" \
  "$VARVE" user key revoke alice "${KEY_ID[alice]}" --reason lost --server "$URL"
push 8 2 alice
expect_equal "what was put" "" "$(indexes_of oci.manifest.put "team/app@$SECOND")"
expect_exit 9 env VARVE_USER=admin VARVE_PASSWORD="$ADMIN" "$VARVE" user key add alice "${PUBLIC[alice]}" --server "$URL"
offline "$VARVE" verify --proof tag.tlog-proof --key registry.vkeys --require-author "${KEY_ID[alice]}"

step "where no policy wants them, images come unsigned as ever, large ones in pieces"
admin grant set ci 'open/*' writer
head -c 20M /dev/urandom >"$WORK/large"
umoci insert --rootless --image "$WORK/image:2" "$WORK/large" /large >/dev/null
SECOND=$(digest_in_layout "$WORK/image" 2)
expect_exit 0 env VARVE_TOKEN="$TOKEN" "$VARVE" push open/app:2 --from "$WORK/image" --server "$URL"
pull_image open/app:2 "$WORK/pulled:2"
expect_equal "what is pulled" "$SECOND" "$(digest_in_layout "$WORK/pulled" 2)"
expect_contains "its line" "no author" "$(varve log open/app:2 --server "$URL" 2>/dev/null)"

step "fsck and replay check authors too"
varve replay --url "$URL" --out "$WORK/replayed" >/dev/null
stop_and_check
