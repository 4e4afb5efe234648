#!/bin/sh
# Unpacks Debian's atftpd into .cache/peers/, where the tests and the bench find it. As a package it conflicts with
# tftpd-hpa, which they need as well; unpacked it gets in nobody's way. Does nothing when it is there.
set -eu
cd "$(dirname "$0")/.."
place=.cache/peers
if [ -x $place/usr/sbin/atftpd ] || command -v atftpd >/dev/null; then exit 0; fi
mkdir -p $place
download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
# apt drops its privileges for downloads and could not write into root's own directory.
chmod 755 "$download"
[ "$(id -u)" != 0 ] || chown _apt "$download" 2>/dev/null || true
(cd "$download" && apt-get -qq download atftpd)
for package in "$download"/*.deb; do dpkg-deb -x "$package" $place; done
# Its second name is that of tftpd-hpa, and would be taken for it.
rm -f $place/usr/sbin/in.tftpd
if ! $place/usr/sbin/atftpd --version >/dev/null 2>&1; then
    echo "atftpd was unpacked but does not run; it needs the packages libwrap0 and libpcre2-8-0" >&2
    exit 1
fi
