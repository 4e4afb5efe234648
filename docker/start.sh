#!/bin/sh
# The image's entry: `serve` brings the database up to date first; everything else is a command of sepbridge.
set -eu
case ${1:-} in
    serve)
        sepbridge db upgrade
        exec sepbridge "$@"
        ;;
    healthy)
        # The service answers. That Asterisk is away is a state to see on the dashboard, not a reason to restart us.
        sepbridge status --json | grep -q '"service"'
        ;;
    *)
        exec sepbridge "$@"
        ;;
esac
