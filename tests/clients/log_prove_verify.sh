#!/bin/bash
# The main job: find a push in the log, take a proof of it home, and verify it on a machine without
# network. Then everything that must not verify: a changed proof, another file, other keys, no keys.
source "$(dirname "$0")/lib.sh"

make_first_image

step "a push shows in the log, in the order it happened"
start_server --dev --data "$WORK/data"
push_image "$WORK/image:1" lib/busybox:1
varve log lib/busybox --server "$URL" >"$WORK/log" 2>"$WORK/log.err"
cat "$WORK/log"
for type in repo.created blob.linked oci.manifest.put oci.tag.set; do
  grep -q " $type " "$WORK/log" || fail "no $type in the log"
done
expect_contains "the last event" oci.tag.set "$(tail -n 1 "$WORK/log")"
expect_contains "what first use says" "$(curl -fsS "$URL/log/checkpoint" | head -n 1)" "$(cat "$WORK/log.err")"

step "-o json is the signed text itself, one object an event"
varve log --server "$URL" -o json >"$WORK/log.json" 2>/dev/null
SIZE=$(jq .size "$WORK/log.json")
expect_equal "the number of events" "$SIZE" "$(jq '.events | length' "$WORK/log.json")"
expect_equal "their indexes" "$(seq -s ' ' 0 $((SIZE - 1)))" "$(jq -r '[.events[].index] | join(" ")' "$WORK/log.json")"

step "a proof of the tag, and of the manifest by digest"
cd "$WORK" || exit
varve prove lib/busybox:1 --out tag.tlog-proof --server "$URL"
varve prove "lib/busybox@$FIRST" --out manifest.tlog-proof --server "$URL"
save_keys registry.vkeys
expect_equal "lines of vkeys" 2 "$(wc -l <registry.vkeys)"
stop_server   # what follows needs no registry either

step "it verifies without network"
offline "$VARVE" verify --proof tag.tlog-proof --key registry.vkeys
offline "$VARVE" verify "$MANIFEST" --proof tag.tlog-proof --key registry.vkeys
offline "$VARVE" verify "$MANIFEST" --proof manifest.tlog-proof --key registry.vkeys -o json | tee verdict.json
expect_equal "the verdict" true "$(jq .verified verdict.json)"

step "another file is refused: 3"
printf ' ' | cat "$MANIFEST" - >other.json
expect_exit 3 offline "$VARVE" verify other.json --proof tag.tlog-proof --key registry.vkeys

step "a proof changed in any of its lines is refused: 3"
export LC_ALL=C  # places in a line are bytes, for the shell and for awk
LINES=$(wc -l <tag.tlog-proof)
TRIED=0
for ((line = 1; line <= LINES; line++)); do
  text=$(sed -n "${line}p" tag.tlog-proof)
  [[ -n $text ]] || continue
  # The middle of the line, so that base64 padding bits, which a strict decoder refuses anyway, are
  # not what is tested.
  at=$((${#text} / 2))
  old=${text:at:1} new=A
  [[ $old != A ]] || new=B
  [[ ! $old =~ [0-9] ]] || new=$(((old + 1) % 10))
  awk -v n="$line" -v at="$at" -v new="$new" \
    'NR == n { $0 = substr($0, 1, at) new substr($0, at + 2) } { print }' tag.tlog-proof >changed.tlog-proof
  cmp -s tag.tlog-proof changed.tlog-proof && fail "line $line was not changed"
  expect_exit 3 "$VARVE" verify --proof changed.tlog-proof --key registry.vkeys
  TRIED=$((TRIED + 1))
done
note "$TRIED lines changed, $TRIED refused"
head -c -1 tag.tlog-proof >short.tlog-proof
expect_exit 3 "$VARVE" verify --proof short.tlog-proof --key registry.vkeys
head -n 3 tag.tlog-proof >short.tlog-proof
expect_exit 3 "$VARVE" verify --proof short.tlog-proof --key registry.vkeys

step "the keys of another registry are refused: 3"
"$VARVE" init --data "$WORK/other" --origin other.example/log >/dev/null 2>&1
"$VARVE" key show --data "$WORK/other" >other.vkeys
expect_exit 3 offline "$VARVE" verify --proof tag.tlog-proof --key other.vkeys

step "a missing key is a usage error, never a check left out: 2"
head -n 1 registry.vkeys >one.vkeys
expect_exit 2 offline "$VARVE" verify --proof tag.tlog-proof --key one.vkeys
tail -n 1 registry.vkeys >one.vkeys
expect_exit 2 offline "$VARVE" verify --proof tag.tlog-proof --key one.vkeys
expect_exit 2 offline "$VARVE" verify --proof tag.tlog-proof
expect_exit 2 offline "$VARVE" verify --proof absent.tlog-proof --key registry.vkeys

step "an author is demanded that did not sign: 5"
expect_exit 5 offline "$VARVE" verify --proof tag.tlog-proof --key registry.vkeys \
  --require-author sha256:0000000000000000000000000000000000000000000000000000000000000000

step "a policy file in place of the log key"
{
  printf 'log %s\n' "$(head -n 1 registry.vkeys)"
  printf 'quorum none\n'
} >policy
offline "$VARVE" verify --proof tag.tlog-proof --policy policy --key one.vkeys

step "a command that needs the network says that it cannot tell: 6"
expect_exit 6 offline "$VARVE" log --server "$URL"
