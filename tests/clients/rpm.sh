#!/bin/bash
# Real RPMs made by rpmbuild, put into a repository by `varve rpm push`, and installed from it by a
# real dnf: the new one of now, and the old one as of then.
source "$(dirname "$0")/lib.sh"

need rpmbuild rpm
need dnf dnf
need jq jq

# One program that says its version, and needs nothing but rpm itself.
make_rpm() {  # <name> <version>: prints the file
  local top=$WORK/rpmbuild
  mkdir -p "$top"
  cat >"$top/$1.spec" <<SPEC
Name: $1
Version: $2
Release: 1
Summary: Says its version
License: MIT
BuildArch: noarch
AutoReqProv: no
%description
Says its version.
%install
mkdir -p %{buildroot}/usr/bin
echo "$1 $2" >%{buildroot}/usr/bin/$1
%files
/usr/bin/$1
SPEC
  rpmbuild -bb --quiet --define "_topdir $top" "$top/$1.spec" >"$top/log" 2>&1 ||
    fail "rpmbuild: $(cat "$top/log")"
  echo "$top/RPMS/noarch/$1-$2-1.noarch.rpm"
}

# dnf with nothing of this machine: its own root, configuration and caches, one repository each.
dnf_of() {  # <folder> <base URL> <arguments...>
  local folder=$WORK/dnf-$1 base=$2
  shift 2
  mkdir -p "$folder"
  cat >"$folder/dnf.conf" <<CONF
[main]
gpgcheck=0
plugins=0
reposdir=$folder/none
cachedir=$folder/cache
persistdir=$folder/persist
logdir=$folder/log
[varve]
name=varve
baseurl=$base
metadata_expire=${EXPIRE:-0}
${LOGIN:-}
CONF
  command dnf -q -y --config "$folder/dnf.conf" --installroot "$folder/root" --releasever 1 "$@" \
    >"$folder/said" 2>&1 || fail "dnf $*: $(cat "$folder/said")"
  cat "$folder/said"
}
installed() { cat "$WORK/dnf-$1/root/usr/bin/tool"; }

push() { varve rpm push "$@" --server "$URL" -o json; }

step "two versions of a real RPM"
OLD=$(make_rpm tool 1.0)
NEW=$(make_rpm tool 1.1)
start_server --dev --data "$WORK/data"

step "a repository that is not there is made only when asked for"
expect_exit 4 varve rpm push "$OLD" --repo stable --server "$URL"
expect_contains "what helps" "--create" "$SAID"
FIRST_PUSH=$(push "$OLD" --repo stable --create)
expect_equal "the package" "tool-0:1.0-1.noarch" "$(jq -r '.packages[0].nevra' <<<"$FIRST_PUSH")"
expect_equal "its digest" "sha256:$(sha256sum "$OLD" | cut -d ' ' -f 1)" \
  "$(jq -r '.packages[0].digest' <<<"$FIRST_PUSH")"
THEN=$(($(jq '.packages[0].index' <<<"$FIRST_PUSH") + 1))

step "dnf reads it, and installs from it"
dnf_of first "$URL/pulp/repos/stable/" install tool >/dev/null
expect_equal "the program" "tool 1.0" "$(installed first)"

step "a dnf that looked before a change finds what belongs to what it saw"
EXPIRE=never dnf_of slow "$URL/pulp/repos/stable/" makecache >/dev/null
curl -fsS "$URL/pulp/repos/stable/repodata/repomd.xml" -o "$WORK/repomd.xml"
push "$NEW" "$(make_rpm other 2.0)" --repo stable >"$WORK/second-push"
grep -o 'repodata/[^"]*' "$WORK/repomd.xml" >"$WORK/hrefs"
expect_equal "files of the revision" 3 "$(wc -l <"$WORK/hrefs")"
while read -r href; do
  curl -fsS "$URL/pulp/repos/stable/$href" -o "$WORK/file" || fail "$href is gone"
  expect_contains "the name of what came" "$(sha256sum "$WORK/file" | cut -d ' ' -f 1)" "$href"
done <"$WORK/hrefs"
EXPIRE=never dnf_of slow "$URL/pulp/repos/stable/" install tool >/dev/null
expect_equal "the program" "tool 1.0" "$(installed slow)"

step "the new version now, the old one as of then"
dnf_of new "$URL/pulp/repos/stable/" list --available >"$WORK/list"
expect_contains "the list" "1.1-1" "$(cat "$WORK/list")"
expect_contains "the list" "other.noarch" "$(cat "$WORK/list")"
dnf_of new "$URL/pulp/repos/stable/" install tool >/dev/null
expect_equal "the program" "tool 1.1" "$(installed new)"
dnf_of old "$URL/pulp/repos/asof.$THEN/stable/" install tool >/dev/null
expect_equal "the program" "tool 1.0" "$(installed old)"
dnf_of old "$URL/pulp/repos/asof.$THEN/stable/" list --available >"$WORK/list"
[[ $(cat "$WORK/list") != *other* ]] || fail "a package of later is in the list of then"

step "the same metadata after a restart, byte for byte"
curl -fsS "$URL/pulp/repos/stable/repodata/repomd.xml" -o "$WORK/before"
stop_server
start_server --dev --data "$WORK/data"
curl -fsS "$URL/pulp/repos/stable/repodata/repomd.xml" -o "$WORK/after"
expect_same_bytes "repomd.xml" "$WORK/before" "$WORK/after"

step "pushing again sends nothing"
AGAIN=$(push "$NEW" --repo stable)
expect_equal "uploaded again" false "$(jq '.packages[0].uploaded' <<<"$AGAIN")"

step "an RPM that is damaged is sent nowhere"
SIZE=$(published_size)
head -c -1 "$NEW" >"$WORK/cut.rpm"
expect_exit 3 varve rpm push "$WORK/cut.rpm" --repo stable --server "$URL"
expect_contains "what is wrong" "cut short" "$SAID"
cp "$NEW" "$WORK/changed.rpm"
printf 'X' | dd of="$WORK/changed.rpm" bs=1 seek=$(($(stat -c %s "$NEW") - 5)) conv=notrunc status=none
expect_exit 3 varve rpm push "$WORK/changed.rpm" --repo stable --server "$URL"
expect_exit 2 varve rpm push "$WORK/absent.rpm" --repo stable --server "$URL"
expect_equal "the size of the log" "$SIZE" "$(published_size)"

stop_and_check

step "with accounts: ci sends what alice signed"
mv "$WORK/data" "$WORK/dev-data"
init_accounts registry.example/rpms
start_server --data "$WORK/data"
TOKEN=$(admin user add ci --kind service)
admin user add alice --without-credential
admin grant set ci 'packages/*' writer
admin grant set ci rpm/stable writer
admin grant set alice 'packages/*' writer
PUBLIC=$(varve warg key new --algorithm ed25519 --out "$WORK/alice.key" 2>/dev/null | head -n 1)
admin user key add alice "$PUBLIC"
admin policy set 'packages/*' --mutable-tags --require-author-sig
push_as_ci() { VARVE_TOKEN=$TOKEN "$VARVE" rpm push "$@" --repo stable --create --server "$URL"; }
expect_exit 8 varve rpm push "$OLD" --repo stable --create --server "$URL"
expect_exit 8 push_as_ci "$OLD"
expect_equal "packages of nobody's" "" "$(indexes_of pulp.package.created)"
push_as_ci "$OLD" --key "$WORK/alice.key" >/dev/null
varve prove "$(indexes_of pulp.package.created)" --out "$WORK/tool.tlog-proof" --server "$URL"
save_keys "$WORK/registry.vkeys"
offline "$VARVE" verify "$OLD" --proof "$WORK/tool.tlog-proof" --key "$WORK/registry.vkeys" --require-author "$PUBLIC"
expect_exit 3 offline "$VARVE" verify "$NEW" --proof "$WORK/tool.tlog-proof" --key "$WORK/registry.vkeys"

step "a repository that not everybody reads asks dnf for a login"
SIZE=$(published_size)
admin grant set anonymous 'rpm/*' none
expect_status 401 "$URL/pulp/repos/stable/repodata/repomd.xml"
expect_status 401 "$URL/pulp/repos/asof.$SIZE/stable/repodata/repomd.xml"
LOGIN=$(printf 'username=ci\npassword=%s' "$TOKEN")
dnf_of private "$URL/pulp/repos/stable/" install tool >/dev/null
expect_equal "the program" "tool 1.0" "$(installed private)"
stop_and_check
