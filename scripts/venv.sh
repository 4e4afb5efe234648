#!/bin/sh
# Makes .venv/ from the hash-pinned requirements and installs this checkout into it. Does nothing when it is current.
#   scripts/venv.sh runtime|dev
set -eu
cd "$(dirname "$0")/.."
wanted=$1
stamp=.venv/.made-from
state=$(cat "requirements/$wanted.txt" requirements/build.txt pyproject.toml | sha256sum | cut -d' ' -f1)
# A development environment holds everything that the runtime one does.
if grep -qs "^$wanted $state\$" "$stamp"; then exit 0; fi

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "sepbridge needs Python 3.11 or later; set PYTHON=/path/to/python3" >&2
    exit 1
fi
if [ ! -x .venv/bin/python ]; then
    # Debian splits the venv module off; get it where we may.
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        echo "installing python3-venv with apt"
        scripts/apt-install.sh python3-venv
    fi
    rm -rf .venv
    "$python" -m venv .venv
fi
echo "installing the pinned requirements ($wanted) into .venv"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "requirements/$wanted.txt"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
touch "$stamp"
grep -v "^$wanted " "$stamp" >"$stamp.new" || true
[ "$wanted" = dev ] && {
    runtime=$(cat requirements/runtime.txt requirements/build.txt pyproject.toml | sha256sum | cut -d' ' -f1)
    echo "runtime $runtime" >"$stamp.new"
}
echo "$wanted $state" >>"$stamp.new"
mv "$stamp.new" "$stamp"
