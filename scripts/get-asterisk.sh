#!/bin/bash
# Gets Asterisk out of Debian's own packages into a directory of its own, without root and without installing anything.
#   scripts/get-asterisk.sh PREFIX [SUITE]        SUITE: forky (Asterisk 22, the default), bullseye (16) or another
#   Debian suite that has it; bookworm and trixie have none
# Afterwards PREFIX/asterisk runs it. Does nothing when that works already. PREFIX may be moved.
#   MIRROR=URL   the Debian mirror to use; by default the one in this machine's apt configuration
set -euo pipefail

fail() {
    echo "get-asterisk: $1" >&2
    [ $# -lt 2 ] || echo "  $2" >&2
    exit 1
}

[ $# -ge 1 ] && [ $# -le 2 ] || fail "which directory?" "usage: $0 PREFIX [SUITE]"
prefix=$(realpath -m -- "$1")
suite=${2:-forky}
# One from before the drivers came along is fetched anew.
runs() {
    [ -x "$prefix/asterisk" ] && "$prefix/asterisk" -V 2>/dev/null | grep -q '^Asterisk ' &&
        ls "$prefix"/root/usr/lib/*/odbc/psqlodbcw.so >/dev/null 2>&1
}
if runs; then exit 0; fi
# What is replaced at the end must be an earlier result of this script, or empty.
if [ -e "$prefix" ] && [ ! -d "$prefix/root" ] && [ -n "$(ls -A -- "$prefix")" ]; then
    fail "$prefix holds something else" "name a directory that does not exist yet"
fi

for program in apt-get dpkg dpkg-deb tar flock; do
    command -v "$program" >/dev/null || fail "$program is missing" "this script needs Debian, or a system made from it"
done
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || fail "the keys of Debian's archive are missing" "install the package debian-archive-keyring"
architecture=$(dpkg --print-architecture)
case $architecture in
    amd64) multiarch=x86_64-linux-gnu ;;
    arm64) multiarch=aarch64-linux-gnu ;;
    *) fail "no recipe for the architecture $architecture" "install Asterisk 18 or newer yourself" ;;
esac

# The mirror: what apt already knows, or, where "apt-get update" never ran, what the sources files say.
if [ -z "${MIRROR:-}" ]; then
    # shellcheck disable=SC2016
    MIRROR=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 2>/dev/null |
        sed -n 1p || true)
fi
if [ -z "$MIRROR" ]; then
    MIRROR=$(grep -rhsE --include='*.list' --include='*.sources' '^(deb |URIs:)' /etc/apt/sources.list /etc/apt/sources.list.d |
        grep -oE '[a-z+]+:/[^] ]*/debian/?( |$)' | sed -n '1{s/ *$//;p;q}' || true)
fi
[ -n "$MIRROR" ] || fail "found no Debian mirror in the apt configuration" "set MIRROR to the address of one"

# Everything happens in PREFIX.new, which becomes PREFIX only when it is complete. One process at a time.
new=$prefix.new
mkdir -p -- "$new" || fail "cannot write to $(dirname -- "$prefix")"
exec 9<"$new"
flock 9
if runs; then rmdir -- "$new" 2>/dev/null || true; exit 0; fi
find "$new" -mindepth 1 -delete
trap 'status=$?; if [ $status -ne 0 ]; then rm -rf -- "$new"; fi' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# An apt of its own that believes nothing is installed, so that the C library comes along as well.
apt_dir=$new/apt
mkdir -p "$apt_dir"/lists/partial "$apt_dir"/cache/archives/partial
echo "deb [arch=$architecture signed-by=$keyring] $MIRROR $suite main" >"$apt_dir/sources.list"
: >"$apt_dir/status"
apt=(apt-get -qq
    -o "Dir::Etc::sourcelist=$apt_dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
    -o "Dir::State::status=$apt_dir/status" -o "Dir::State::lists=$apt_dir/lists"
    -o "Dir::Cache=$apt_dir/cache"
    -o APT::Architecture="$architecture" -o APT::Architectures::="$architecture"
    -o APT::Install-Recommends=false -o Acquire::Languages=none -o Acquire::Retries=3
    -o Acquire::Check-Valid-Until=false   # the lists of a testing suite are valid for a week; cached mirrors are older
    -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1
    -o APT::Update::Error-Mode=any)
echo "getting Asterisk from the Debian suite $suite ($architecture)"
"${apt[@]}" update || fail "could not read the package lists of $suite from $MIRROR" "check the network, or set MIRROR"
packages=(asterisk asterisk-modules asterisk-config asterisk-core-sounds-en-gsm)
# The ODBC drivers for realtime come from the same suite: the machine's own may want another C library.
packages+=(odbc-postgresql odbc-mariadb)
[ "$suite" != bullseye ] || packages+=(asterisk-voicemail)   # a package of its own there
"${apt[@]}" -y --download-only install "${packages[@]}" >/dev/null ||
    fail "could not download Asterisk from $MIRROR" "check the network and the free space in $(dirname -- "$prefix")"

# Unpack, without running the packages' scripts. Old packages that still use /lib land in the one /usr as well.
root=$new/root
mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$root/$directory"; done
for package in "$apt_dir"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" |
        tar -x -C "$root" --keep-directory-symlink --no-same-owner \
            --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' ||
        fail "could not unpack $(basename -- "$package")" "is the disk full?"
done
rm -rf -- "$apt_dir"
# A package script would have made this link; without it no announcement is found.
ln -sfn en_US_f_Allison "$root/usr/share/asterisk/sounds/en"

# The starter uses the C library that came along; the machine's own may be older than Asterisk needs.
loader=$(cd "$root/usr/lib/$multiarch" && ls -d ld-linux-*.so.* | sed -n 1p)
[ -n "$loader" ] || fail "the packages of $suite brought no program loader" "try another suite"
cat >"$new/asterisk" <<END
#!/bin/sh
here=\$(dirname -- "\$(readlink -f -- "\$0")")
lib=\$here/root/usr/lib
exec "\$lib/$multiarch/$loader" --library-path "\$lib/$multiarch:\$lib" "\$here/root/usr/sbin/asterisk" "\$@"
END
chmod +x "$new/asterisk"
version=$("$new/asterisk" -V) || fail "what was unpacked does not run" "report this with the output above"

rm -rf -- "$prefix"
mv -T -- "$new" "$prefix"
echo "$version is ready in $prefix"
