#!/bin/sh
# Unpacks Debian's nginx and Caddy into .cache/peers/, where the tests find them. As packages they would bring services
# along that want port 80. Does nothing when they are there.
set -eu
cd "$(dirname "$0")/.."
place=.cache/peers
missing=
for program in nginx caddy; do
    [ -x $place/usr/sbin/$program ] || command -v $program >/dev/null || [ -x /usr/sbin/$program ] || missing="$missing $program"
done
[ -n "$missing" ] || exit 0
mkdir -p $place/usr/sbin
download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
# apt drops its privileges for downloads and could not write into root's own directory.
chmod 755 "$download"
[ "$(id -u)" != 0 ] || chown _apt "$download" 2>/dev/null || true
# shellcheck disable=SC2086  # the names are words of their own
(cd "$download" && apt-get -qq download $missing)
for package in "$download"/*.deb; do dpkg-deb -x "$package" "$download/root"; done
for program in $missing; do
    mv "$download"/root/usr/*bin/"$program" $place/usr/sbin/
    $place/usr/sbin/"$program" -v >/dev/null 2>&1 || $place/usr/sbin/"$program" version >/dev/null 2>&1 || {
        echo "$program was unpacked but does not run" >&2
        exit 1
    }
done
