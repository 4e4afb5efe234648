#!/bin/sh
# Makes a tar archive of a bare Debian root with Python, from the mirror in this machine's apt configuration.
#   scripts/debian-root.sh ARCHIVE [SUITE]        needs root; does nothing when the archive is there
set -eu
archive=$1
suite=${2:-bookworm}
[ ! -s "$archive" ] || exit 0
# shellcheck disable=SC2016
mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)}
[ -n "$mirror" ] || { echo "found no Debian mirror in the apt configuration; set MIRROR" >&2; exit 1; }
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$(dirname "$archive")"
script=/usr/share/debootstrap/scripts/$suite
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
debootstrap --variant=minbase --include=ca-certificates,python3,adduser "$suite" "$place/root" "$mirror" "$script" >"$place/log" 2>&1 || {
    tail -n 20 "$place/log" >&2
    exit 1
}
# As this machine's apt is told to treat its mirror.
apt-config dump | grep -E '^Acquire::Check-Valid-Until ' >"$place/root/etc/apt/apt.conf.d/90mirror" || true
rm -rf "$place/root/var/cache/apt/archives/"*.deb "$place/root/var/lib/apt/lists/"*
tar --create --file "$archive.new" --one-file-system --numeric-owner --directory "$place/root" .
mv "$archive.new" "$archive"
