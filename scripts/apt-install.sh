#!/bin/sh
# Installs Debian packages that are missing, as root or by sudo. Fails, and says which, when that is not possible.
#   scripts/apt-install.sh PACKAGE...
set -eu
missing=
for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
    root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    root="sudo"
else
    echo "these Debian packages are missing:$missing" >&2
    echo "install them as root:  apt-get install$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# A service that a package brings must not start by itself: the tests start their own, on ports of their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | $root tee $policy >/dev/null
    $root chmod +x $policy
    trap '$root rm -f $policy' EXIT
fi
# shellcheck disable=SC2086
$root apt-get -qq update
# shellcheck disable=SC2086
$root apt-get -qq -y --no-install-recommends install $missing >/dev/null
