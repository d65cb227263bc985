#!/bin/bash
# warg, the client of the Warg reference: publishes, downloads and verifies, with accounts, across a
# restart and a kill -9. It takes plain HTTP on this machine, and its keys and tokens from files.
source "$(dirname "$0")/lib.sh"

need_fetched warg
need jq jq
need script bsdutils

# A person of their own: keys, tokens and what they remember of registries.
as() {  # <who> <warg arguments...>
  local who=$1
  shift
  XDG_CONFIG_HOME=$WORK/$who/config XDG_CACHE_HOME=$WORK/$who/cache warg "$@"
}
configure() {  # <who> [token]
  local config=$WORK/$1/config/warg label=${ADDR//:/-}
  mkdir -p "$WORK/$1/cache" "$config"
  as "$1" config --registry "$URL" --keyring-backend flat-file --overwrite >/dev/null
  [[ -e $config/keyring ]] || as "$1" key new >/dev/null
  [[ -z ${2:-} ]] || {
    printf %s "$2" >"$config/keyring/service=warg-auth-token%3A$label&user=$label"
    jq '.keyringAuth = true' "$config/config.json" >"$config/new.json"
    mv "$config/new.json" "$config/config.json"
  }
}
public_key() { as "$1" key info | sed -n 's/^Public Key: //p'; }
key_id() { as "$1" key info | sed -n 's/^Key ID: //p'; }
component() { head -c "$2" /dev/urandom >"$WORK/$1.wasm"; }
# A yank asks, and needs a terminal for the answer.
yank() {  # <who> <package> <version>
  printf 'y\n' | XDG_CONFIG_HOME=$WORK/$1/config XDG_CACHE_HOME=$WORK/$1/cache script -qec \
    "warg publish yank --name $2 --version $3" /dev/null
}
versions_of() { as "$1" info "$2" | sed -n 's/^ *\([0-9][^ ]*\) (sha256:.*/\1/p' | xargs; }

init_accounts registry.example/warg
start_server --data "$WORK/data"
LISTEN=$ADDR  # clients know a registry by its address
TOKEN=$(admin user add pub --kind service)
admin grant set pub 'test/*' writer
configure owner "$TOKEN"
configure other
configure reader

step "$(warg --version): a namespace must be there, and the right to begin a package in it"
expect_exit 1 as owner publish init test:hello
expect_contains "what it says" "namespace" "$SAID"
admin warg namespace define test
expect_exit 1 as other publish init test:hello
expect_contains "what it says" "nauthorized" "$SAID"
as owner publish init test:hello
expect_contains "the packages it knows" test:hello "$(as owner info)"

step "releases: content goes up once, comes down as it was"
component one 100000
as owner publish release --name test:hello --version 1.0.0 "$WORK/one.wasm"
component two 3000000
as owner publish release --name test:hello --version 1.1.0 "$WORK/two.wasm"
as reader download test:hello -o "$WORK/got.wasm"
expect_same_bytes "the newest release" "$WORK/two.wasm" "$WORK/got.wasm"
as reader download test:hello --version 1.0.0 -o "$WORK/got1.wasm"
expect_same_bytes "an older release" "$WORK/one.wasm" "$WORK/got1.wasm"
expect_exit 1 as owner publish release --name test:hello --version 1.0.0 "$WORK/two.wasm"

step "several entries in one record, of a package that another key may release too"
as owner publish start test:multi
as owner publish init test:multi
as owner publish release --name test:multi --version 0.1.0 "$WORK/one.wasm"
as owner publish release --name test:multi --version 0.2.0 "$WORK/two.wasm"
as owner publish submit
expect_exit 1 as other publish release --name test:multi --version 0.3.0 "$WORK/one.wasm"
as owner publish grant --name test:multi "$(public_key other)" --permission release
as other publish release --name test:multi --version 0.3.0 "$WORK/one.wasm"
yank owner test:multi 0.1.0 >/dev/null
as owner publish revoke --name test:multi "$(key_id other)" --permission release
expect_exit 1 as other publish release --name test:multi --version 0.4.0 "$WORK/one.wasm"
as reader info test:multi >/dev/null
expect_equal "releases" "0.2.0 0.3.0" "$(versions_of reader test:multi)"

step "a restart, then a kill -9: what was said before holds, and clients go on"
stop_server
start_server --data "$WORK/data"
as reader update >/dev/null
as owner publish release --name test:hello --version 1.2.0 "$WORK/one.wasm"
kill_server
start_server --data "$WORK/data"
as reader update >/dev/null
expect_equal "releases" "1.0.0 1.1.0 1.2.0" "$(versions_of reader test:hello)"
as reader clear
as reader download test:hello --version 1.2.0 -o "$WORK/again.wasm"
expect_same_bytes "the release of before" "$WORK/one.wasm" "$WORK/again.wasm"

step "the key of the registry's checkpoints is replaced: clients that trusted the old one go on"
stop_server
varve key rotate --data "$WORK/data" --warg >/dev/null 2>&1
start_server --data "$WORK/data"
as reader update >/dev/null
as owner publish release --name test:hello --version 1.3.0 "$WORK/two.wasm"
as reader update >/dev/null
expect_equal "releases" "1.0.0 1.1.0 1.2.0 1.3.0" "$(versions_of reader test:hello)"

step "a package that not everybody may see: its owner downloads it all the same"
admin grant set anonymous 'test/hello' none
configure stranger
expect_exit 1 as stranger download test:hello -o "$WORK/never.wasm"
as owner clear
as owner download test:hello -o "$WORK/own.wasm"
expect_same_bytes "the newest release" "$WORK/two.wasm" "$WORK/own.wasm"
expect_exit 1 test -e "$WORK/never.wasm"

stop_and_check
echo "warg did all that"
