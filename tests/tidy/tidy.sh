#!/bin/bash
# Rules about the source that a compiler does not check: who may include what, calls nobody may make,
# files nobody builds, and the comment every file opens with.
#
#   tidy.sh <compile_commands.json>   judge the sources
#   tidy.sh --self-test               prove on bad examples that each rule can fail
set -euo pipefail

FINDINGS=0
RULES=0
finding() {
  printf '%s\n' "$*"
  FINDINGS=$((FINDINGS + 1))
}
rule() {  # <sentence>: counts it, so that the closing line says how many were looked at
  RULES=$((RULES + 1))
  : "$1"
}

sources() {  # every C++ file of ours
  local folder
  for folder in core log api tests bench; do
    [[ ! -d $folder ]] || find "$folder" -type f \( -name '*.h' -o -name '*.cpp' \) | sort
  done
}

# Every line of code without its comments (they may speak of what code must not do), as
# file:line:<tab>code. Made once: a grep a rule is then quick.
index_code() {
  CODE=$(mktemp)
  # shellcheck disable=SC2016  # $0 is awk's, and xargs is no reason for the shell to expand it
  sources | xargs -r awk '{
    at = match($0, /(^|[^:"])\/\//)
    if (at) $0 = substr($0, 1, at - 1 + (substr($0, at, 2) != "//"))
    if ($0 != "") print FILENAME ":" FNR ":\t" $0
  }' >"$CODE"
}
# The lines under these folders that match.
code_matching() {  # <folders, as alternatives> <pattern>
  { grep -E "^($1)/" "$CODE" || true; } | grep -E "$2" || true
}

opens_with_its_purpose() {
  rule "every file opens with a comment that says what it is for"
  local file first
  while read -r file; do
    IFS= read -r first <"$file" || true
    [[ $first == '// '?* ]] || finding "$file: does not open with a comment about its purpose"
  done < <(sources)
  while read -r file; do
    [[ -f $file ]] || continue
    first=$(sed -n '/^#!/d; /./{p;q}' "$file")
    [[ $first == '# '* || $first == '"""'* ]] || finding "$file: does not open with a comment about its purpose"
  done < <(find . -path ./build -prune -o -path ./.git -prune -o -type f \
    \( -name '*.sh' -o -name '*.py' -o -name CMakeLists.txt -o -path ./dev -o -path ./.ci/run \) -print)
}

leaves_nothing_for_later() {
  rule "no notes to self: what is open is an issue"
  local marks='TO''DO|FIX''ME|XX''X|HA''CK'
  local hit
  while read -r hit; do finding "$hit"; done < <(
    { sources; find . -path ./build -prune -o -path ./.git -prune -o -type f \
      \( -name '*.sh' -o -name '*.py' -o -name '*.md' -o -name CMakeLists.txt -o -path ./dev \) -print; } |
      while read -r file; do grep -nHE "\\b($marks)\\b" "$file" || true; done)
}

refuse_code() {  # <folders> <pattern> <why>
  local hit
  while read -r hit; do finding "$hit: $3"; done < <(code_matching "$1" "$2")
}

includes_point_one_way() {
  rule "api includes log includes core, never the other way"
  refuse_code core '#include "(log|api)/' "core knows neither log nor api"
  refuse_code log '#include "api/' "log does not know api"
  refuse_code 'core|log|api' '#include "(tests|bench)/' "tests and benches are nobody's dependency"
}

keeps_engines_behind_their_ports() {
  rule "only log/store knows RocksDB; only the session and the client read and write with Beast"
  local hit async
  refuse_code 'core|api|log/proof' '#include <rocksdb/' "only log/store includes RocksDB"
  refuse_code 'log/[a-z_]+\.(h|cpp):.*' '#include <rocksdb/' "only log/store includes RocksDB"
  while read -r hit; do finding "$hit: stores are opened by log/store/open.h"; done < <(
    code_matching 'core|log|api' '#include "log/store/rocks_store\.h"' | grep -v '^log/store/')
  async='#include <boost/beast(\.hpp|/core\.hpp|/http\.hpp|/ssl|/http/(read|write)\.hpp|/core/(tcp_stream|basic_stream)\.hpp)'
  while read -r hit; do finding "$hit: only api/http/session* and api/cli/client.cpp do"; done < <(
    code_matching 'core|log|api' "$async" |
      grep -vE '^(api/http/session[^/:]*|api/http/beast\.cpp|api/cli/client\.cpp):')
  refuse_code 'core|log/proof' \
    '#include (<(thread|mutex|condition_variable|fstream|filesystem|sys/socket\.h|boost/)|"log/store/)' \
    "core and log/proof know no threads, files or sockets"
}

makes_no_banned_call() {
  rule "no call that throws on bad input, hides a clock, or overruns a buffer"
  refuse_code 'core|log|api' \
    '\b(std::)?sto(i|l|ll|ul|ull|f|d|ld)\(|\b(atoi|atol|atoll|strtol|strtoul|strtoull|sscanf)\(' \
    "parse with from_chars into a Result"
  refuse_code 'core|log|api' '(^|[^_A-Za-z.>])(std::)?s?rand\(|\bstd::random_device\b' \
    "randomness comes from libsodium or OpenSSL"
  refuse_code 'core|log|api|tests|bench' \
    '(^|[^_A-Za-z.>])(std::)?(gets|strcpy|strcat|sprintf|vsprintf|strtok|gmtime|localtime|asctime|ctime)\(' \
    "unbounded or not reentrant"
  refuse_code 'core|log|api' '(^|[^_A-Za-z.>])(std::|::)?(system|popen)\(' "a shell between us and a program"
  refuse_code 'core|log/proof' \
    '_clock::now\(\)|(^|[^_A-Za-z.>])(std::)?time\((NULL|nullptr|0|&)|gettimeofday\(|clock_gettime\(' \
    "core and log/proof take the time as an argument"
  refuse_code 'core|log|api|tests|bench' '\bstd::(format|print|println)\(' "libstdc++ 12 has none"
}

builds_every_source() {
  rule "every .cpp is compiled by some target"
  local file
  while read -r file; do
    grep -qF "/$file\"" "$COMPILED" || finding "$file: no CMakeLists.txt builds it"
  done < <(sources | grep '\.cpp$')
}

check_all() {
  index_code
  opens_with_its_purpose
  leaves_nothing_for_later
  includes_point_one_way
  keeps_engines_behind_their_ports
  makes_no_banned_call
  builds_every_source
}

# One bad file a rule: each must be found, or the rule is no rule.
self_test() {
  local dir
  dir=$(mktemp -d)
  # shellcheck disable=SC2064  # the directory of now
  trap "rm -rf '$dir' '$dir'.json" EXIT
  COMPILED=$dir.json
  CODE=$dir.code
  cd "$dir"
  printf '"file": "%s/core/built.cpp"\n' "$dir" >"$COMPILED"
  missed=0
  must_find() {  # <rule> <file> <text>
    rm -rf ./*
    mkdir -p "$(dirname "$2")"
    printf '%s\n' "$3" >"$2"
    FINDINGS=0
    rm -f "$CODE"
    index_code
    "$1" >/dev/null
    ((FINDINGS > 0)) || { echo "self-test: $1 does not find: $3"; missed=$((missed + 1)); }
  }
  must_pass() {  # <rule> <file> <text>
    rm -rf ./*
    mkdir -p "$(dirname "$2")"
    printf '%s\n' "$3" >"$2"
    FINDINGS=0
    rm -f "$CODE"
    index_code
    "$1" >/dev/null
    ((FINDINGS == 0)) || { echo "self-test: $1 refuses: $3"; missed=$((missed + 1)); }
  }
  must_find opens_with_its_purpose core/a.h '#pragma once'
  must_find opens_with_its_purpose tests/a.sh '#!/bin/bash'
  must_pass opens_with_its_purpose core/a.h '// What it is for.'
  must_find leaves_nothing_for_later api/a.cpp "// TO""DO: later"
  must_find includes_point_one_way core/a.cpp '#include "log/head.h"'
  must_find includes_point_one_way log/a.cpp '#include "api/config.h"'
  must_find includes_point_one_way api/a.cpp '#include "tests/support/given.h"'
  must_pass includes_point_one_way api/a.cpp '#include "log/head.h"'
  must_find keeps_engines_behind_their_ports log/a.cpp '#include <rocksdb/db.h>'
  must_find keeps_engines_behind_their_ports api/http/server.cpp '#include <boost/beast/http/read.hpp>'
  must_find keeps_engines_behind_their_ports log/proof/a.cpp '#include <fstream>'
  must_find keeps_engines_behind_their_ports api/cli/a.cpp '#include "log/store/rocks_store.h"'
  must_pass keeps_engines_behind_their_ports log/store/a.cpp '#include <rocksdb/db.h>'
  must_find makes_no_banned_call api/a.cpp 'int x = std::stoi(text);'
  must_find makes_no_banned_call api/a.cpp 'int x = rand();'
  must_find makes_no_banned_call bench/a.cpp 'strcpy(a, b);'
  must_find makes_no_banned_call core/a.cpp 'auto t = std::chrono::system_clock::now();'
  must_find makes_no_banned_call core/a.cpp 'auto t = time(nullptr);'
  must_pass makes_no_banned_call core/a.cpp '// never std::stoi(x): it throws'
  must_find builds_every_source core/a.cpp '// Nobody builds this.'
  must_pass builds_every_source core/built.cpp '// Somebody builds this.'
  echo "self-test: $missed rules missed something"
  ((missed == 0))
}

if [[ ${1:-} == --self-test ]]; then
  self_test
  exit
fi
COMPILED=$(realpath "${1:?the compile_commands.json of a build}")
cd "$(dirname "$0")/../.."
trap 'rm -f "${CODE:-}"' EXIT
check_all
echo "$RULES groups of rules, $FINDINGS findings"
((FINDINGS == 0))
