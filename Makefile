# Two commands do all the set-up on a fresh Debian 12 or 13: `make run` and `make test`.

PYTHON  ?= python3
PREFIX  ?= /opt/mailtui
BINDIR  ?= /usr/local/bin
MANDIR  ?= /usr/local/share/man
RELEASE ?= bookworm
ARGS    ?=

VENV := .venv
BIN  := $(VENV)/bin
PIP  := install -q --disable-pip-version-check -c constraints.txt

TEST_PACKAGES := postfix mariadb-server-core mariadb-client tmux debootstrap systemd-container sudo iproute2 dnsmasq-base jq pfqueue mb2md clamav-daemon clamav-freshclam clamav mandoc zsh fish htop

.DEFAULT_GOAL := help
.PHONY: help run test check bench lab screenshots docs install uninstall constraints test-packages clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/run.stamp ## open the console on this host; ARGS="--demo" passes options
	@exec $(BIN)/python -m mailtui $(ARGS)

test: test-packages $(VENV)/dev.stamp ## run the tests; ARGS="-k queue" passes options to pytest
	LC_ALL=C.UTF-8 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadgroup -rfEs $(ARGS)

check: $(VENV)/dev.stamp ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

bench: test-packages $(VENV)/dev.stamp ## print the speed figures beside those of other programs
	@$(BIN)/python -m tests.bench $(ARGS)

lab: test-packages $(VENV)/dev.stamp ## open the console on a throwaway mail server (root); RELEASE=trixie
	@$(BIN)/python -m tests.lab $(RELEASE) $(ARGS)

screenshots: test-packages $(VENV)/dev.stamp ## draw screenshots/ again
	@$(BIN)/python -m tests.tools.screenshots $(ARGS)

docs: $(VENV)/dev.stamp ## write the manual page and the table of what differs from the reference's page again
	@$(BIN)/python -m tests.tools.manual
	@$(BIN)/python -m tests.tools.deviations

install: $(VENV)/tools.stamp ## install into PREFIX=/opt/mailtui, with links in BINDIR=/usr/local/bin and MANDIR
	@[ ! -e "$(PREFIX)" ] || [ -e "$(PREFIX)/pyvenv.cfg" ] || [ -z "$$(ls -A "$(PREFIX)")" ] || \
	    { echo "mailtui: $(PREFIX) holds something else; choose a PREFIX of its own" >&2; exit 1; }
	$(PYTHON) -m venv "$(PREFIX)"
	"$(PREFIX)/bin/python" -m pip $(PIP) .
	mkdir -p "$(BINDIR)"
	ln -sfn "$(PREFIX)/bin/mailtui" "$(BINDIR)/mailtui"
	mkdir -p "$(MANDIR)/man1"
	ln -sfn "$(PREFIX)/share/man/man1/mailtui.1" "$(MANDIR)/man1/mailtui.1"

uninstall: ## remove what `make install` made, with the same PREFIX
	@[ -e "$(PREFIX)/bin/mailtui" ] && [ -e "$(PREFIX)/pyvenv.cfg" ] || \
	    { echo "mailtui: nothing installed in $(PREFIX)" >&2; exit 1; }
	[ "$$(readlink "$(BINDIR)/mailtui")" != "$(PREFIX)/bin/mailtui" ] || rm "$(BINDIR)/mailtui"
	[ "$$(readlink "$(MANDIR)/man1/mailtui.1")" != "$(PREFIX)/share/man/man1/mailtui.1" ] || rm "$(MANDIR)/man1/mailtui.1"
	rm -r "$(PREFIX)"

constraints: $(VENV)/tools.stamp ## pin the newest versions that suit (use the oldest supported Python)
	$(PYTHON) -m venv --clear .cache/constraints
	.cache/constraints/bin/python -m pip install -q --disable-pip-version-check '.[dev]' hatchling editables
	{ sed '/^#/!d' constraints.txt; .cache/constraints/bin/python -m pip freeze --exclude mailtui; } > .cache/constraints.txt
	mv .cache/constraints.txt constraints.txt

clean: ## remove what make made in this folder (`make lab` images stay in ~/.cache/mailtui)
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build
	find . -name __pycache__ -type d -prune -exec rm -r {} +

test-packages:
	@tests/tools/debian-packages $(TEST_PACKAGES) || echo 'mailtui: going on; tests that need more are skipped' >&2

# A stamp for each thing the virtualenv takes: a Python that can make one, the program's needs, the developer's.
$(VENV)/tools.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	    { echo "mailtui: $(PYTHON) must be Python 3.11, 3.12 or 3.13; choose one: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || tests/tools/debian-packages python3-venv
	@mkdir -p $(VENV) && touch $@

$(VENV)/run.stamp: $(VENV)/tools.stamp pyproject.toml constraints.txt
	@echo 'mailtui: setting up $(VENV) (once)' >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip $(PIP) -e . >&2
	@touch $@

$(VENV)/dev.stamp: $(VENV)/tools.stamp pyproject.toml constraints.txt
	@echo 'mailtui: setting up $(VENV) with the development tools (once)' >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip $(PIP) -e '.[dev]' >&2
	@touch $(VENV)/run.stamp $@
