#!/bin/sh
# Pins every requirement with hashes and without index addresses. Needs uv (https://docs.astral.sh/uv).
set -eu
cd "$(dirname "$0")/.."
compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header "$@"
}
compile pyproject.toml -o requirements/runtime.txt
compile pyproject.toml --all-extras --group dev -o requirements/dev.txt
compile pyproject.toml --all-extras -o requirements/package.txt
# For the Python beside Asterisk, where that is in an image of its own: as it is here.
grep -oE '^pyst2==\S+' requirements/runtime.txt | compile - -c requirements/runtime.txt -o requirements/agi.txt
printf 'hatchling>=1.27\neditables\n' | compile - -o requirements/build.txt
