# sepbridge: `make demo` shows the main job, `make test` runs every check. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
XDIST ?= 4

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

.PHONY: demo
demo: venv need-asterisk ## phones nobody configured boot, get numbers and call each other, on a real Asterisk (STAY=1: stays up)
	@$(BIN)/sepbridge lab demo $(if $(filter-out 0,$(STAY)),--stay)

.PHONY: venv
venv: ## .venv/ with .venv/bin/sepbridge, from hash-pinned requirements
	@scripts/venv.sh runtime

.PHONY: venv-dev
venv-dev:
	@scripts/venv.sh dev

.PHONY: asterisk
asterisk: ## Asterisk 22 in a private prefix (.cache/asterisk); the system's packages stay untouched
	@scripts/get-asterisk.sh .cache/asterisk

.PHONY: asterisk16
asterisk16: ## Asterisk 16 (.cache/asterisk16), for the formats of files only; without it those tests are left out
	-@scripts/get-asterisk.sh .cache/asterisk16 bullseye

# An installed Asterisk is used if it is 18 or newer.
.PHONY: need-asterisk
need-asterisk:
	@v=$$(asterisk -V 2>/dev/null | sed -nE 's/^Asterisk (certified[-\/])?([0-9]+).*/\2/p'); \
	 [ "$${v:-0}" -ge 18 ] || scripts/get-asterisk.sh .cache/asterisk

.PHONY: peers
peers: ## the programs that judge ours: tshark, sipp, TFTP clients and servers, databases (apt, as root or by sudo)
	@scripts/peers.sh

.PHONY: check
check: venv-dev ## style, types, the walls between the rooms, and the links of the documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/mkdocs build --strict --quiet

.PHONY: test
test: venv-dev asterisk asterisk16 peers check ## everything: checks, unit, property, wire, integration and end-to-end tests
	$(BIN)/pytest -n $(XDIST) --dist worksteal

.PHONY: bench
bench: venv-dev asterisk peers ## measure ours beside its peers, in one run each
	$(BIN)/python -m bench.tftp
	$(BIN)/python -m bench.files
	$(BIN)/python -m bench.imports
	$(BIN)/python -m bench.arrival
	$(BIN)/python -m bench.storm
	$(BIN)/python -m bench.storm --sccp
	$(BIN)/python -m bench.idle
	$(BIN)/python -m bench.dashboard
	$(BIN)/python -m bench.setup
	$(BIN)/python -m bench.calls
	$(BIN)/python -m bench.soak

.PHONY: deb
deb: venv-dev ## dist/sepbridge_*.deb, with everything of Python in it
	@scripts/build-deb.sh

.PHONY: images
images: ## the images of docker/ by buildah, where no Docker engine is (as root)
	@scripts/build-images.sh bridge asterisk dnsmasq

.PHONY: docs
docs: venv-dev ## the documentation as a web site, in site/
	$(BIN)/mkdocs build --strict --quiet

.PHONY: lock
lock: ## make requirements/*.txt anew from pyproject.toml (needs uv)
	scripts/lock.sh

.PHONY: clean
clean: ## remove what the other targets made
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis dist site
