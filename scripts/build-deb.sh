#!/bin/bash
# Builds dist/sepbridge_VERSION_ARCHITECTURE.deb: the service with all it needs of Python in /usr/lib/sepbridge, made of
# hash-pinned requirements, for the Debian and the processor it is built on. Needs .venv (make venv-dev); no root.
#   scripts/build-deb.sh [VERSION]
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
version=${1:-$($python -c 'import bridge; print(bridge.__version__)')}
architecture=$(dpkg --print-architecture)
minor=$($python -c 'import sys; print(sys.version_info.minor)')

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
home=$root/usr/lib/sepbridge
packages=$home/lib/python3.$minor/site-packages
mkdir -p "$packages" "$home/bin" "$root/DEBIAN" "$root/usr/bin" "$root/lib/systemd/system" \
    "$root/usr/share/doc/sepbridge" "$root/usr/share/bash-completion/completions" dist

# A virtual environment by hand: with the system's Python as its Python, wherever it was built.
ln -s "/usr/bin/python3" "$home/bin/python3"
printf 'home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.%s\n' "$minor" >"$home/pyvenv.cfg"
$python -m pip install --quiet --disable-pip-version-check --require-hashes --no-compile --target "$packages" \
    -r requirements/package.txt
wheels=$(mktemp -d)
$python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir "$wheels" .
$python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --target "$packages" "$wheels"/*.whl
rm -rf "$wheels" "$packages/bin"
cat >"$home/bin/sepbridge" <<'SCRIPT'
#!/usr/lib/sepbridge/bin/python3 -I
import sys

from bridge.cli import main

sys.exit(main())
SCRIPT
chmod 755 "$home/bin/sepbridge"
ln -s ../lib/sepbridge/bin/sepbridge "$root/usr/bin/sepbridge"
cp packaging/sepbridge.service "$root/lib/systemd/system/"
cp -r docs README.md "$root/usr/share/doc/sepbridge/"
cp LICENSE "$root/usr/share/doc/sepbridge/copyright"
_SEPBRIDGE_COMPLETE=bash_source .venv/bin/sepbridge >"$root/usr/share/bash-completion/completions/sepbridge"

find "$root/usr" "$root/lib" -name __pycache__ -prune -exec rm -rf {} +
chmod -R u+rwX,go+rX,go-w "$root/usr" "$root/lib"
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@PYTHON@/3.$minor/" \
    -e "s/@NEXT@/3.$((minor + 1))/" -e "s/@SIZE@/$(du -sk "$root/usr" | cut -f1)/" \
    packaging/debian/control.in >"$root/DEBIAN/control"
install -m 755 packaging/debian/postinst packaging/debian/prerm packaging/debian/postrm "$root/DEBIAN/"
(cd "$root" && find usr lib -type f -exec md5sum {} + >DEBIAN/md5sums)

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
package=dist/sepbridge_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz -z3 --build "$root" "$package" >/dev/null
echo "$package"
