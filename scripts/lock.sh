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
printf 'hatchling>=1.27\neditables\n' | compile - -o requirements/build.txt
