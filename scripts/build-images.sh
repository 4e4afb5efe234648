#!/bin/bash
# Builds the images of docker/ without a Docker engine: with buildah, in a chroot, on base images made with debootstrap.
# Only for machines where `docker build` cannot be had; the Dockerfiles are the same. Needs root.
#   scripts/build-images.sh [bridge] [asterisk] [dnsmasq]
set -euo pipefail
cd "$(dirname "$0")/.."
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs

base() { # NAME SUITE
    buildah inspect --type image "$1" >/dev/null 2>&1 && return
    scripts/debian-root.sh ".cache/debian-$2.tar" "$2"
    local container
    container=$(buildah from scratch)
    buildah add --quiet "$container" ".cache/debian-$2.tar" / >/dev/null
    buildah commit --quiet --rm "$container" "$1" >/dev/null
}

# What this machine says of package indexes and certificates holds in the build as well.
options=(--network host --volume /etc/ssl/certs:/etc/ssl/certs:ro)
for place in /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
    [ ! -f "$place" ] || options+=(--volume "$place:/etc/pip.conf:ro")
done
# An index that lies in a directory: its pages name files beside it.
for place in $(python3 -m pip config list 2>/dev/null | grep -oE "(file://|=')/[^' ]+" | sed -E "s,^(file://|='),,;s,/simple/?\$,," | sort -u); do
    [ ! -d "$place" ] || options+=(--volume "$place:$place:ro")
done

for image in "${@:-bridge}"; do
    case $image in
        bridge) file=docker/Dockerfile name=sepbridge suite=bookworm ;;
        asterisk) file=docker/asterisk/Dockerfile name=sepbridge-asterisk suite=forky ;;
        dnsmasq) file=docker/dnsmasq/Dockerfile name=sepbridge-dhcp suite=bookworm ;;
        *) echo "there is no image $image: bridge, asterisk, dnsmasq" >&2; exit 2 ;;
    esac
    base "localhost/debian-$suite" "$suite"
    buildah build --quiet --format docker --build-arg "BASE=localhost/debian-$suite" "${options[@]}" --file "$file" --tag "$name" . >/dev/null
    echo "$name"
done
