# What people do with this checkout. It needs python3 (3.11 or newer) with venv, make and git; the rest is set up here.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
ARGS ?=
WORKERS ?= 4
STORMS ?= ordinary
MINUTES ?= 20
LOCK := env -u PIP_FIND_LINKS PIP_CONFIG_FILE=/dev/null $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-header --no-config --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --no-emit-options --annotation-style=line

# What one process has compiled, above all tests with their assertions, the next need not compile again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-fast test-postgresql test-real check bench pictures docs lock coverage mutants soak audit
.DELETE_ON_ERROR:

# The practice world with the bot in it; prints the address to open.
demo: $(READY)
	@$(BIN)/maildesk sandbox

# Every test that this machine allows, its files side by side in WORKERS processes, the slow ones first; ARGS goes to pytest.
# What breaks hundreds of mailboxes, or kills hundreds of processes, breaks and kills fewer of them; STORMS=full has them all,
# as pytest itself has.
test: $(READY)
	MAILDESK_STORMS=$(STORMS) $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# What takes milliseconds: no practice world, no server, no browser; and of what is drawn at random one example in twenty.
test-fast: $(READY)
	MAILDESK_EXAMPLES=20 $(BIN)/python -m pytest tests/unit --numprocesses 2 $(ARGS)

# The unit and scenario tests with PostgreSQL in SQLite's place: each of WORKERS processes has a private cluster, each bot a
# database. What is about SQLite itself is left out; tests/real/ runs on both databases anyway, where it matters.
test-postgresql: $(READY)
	MAILDESK_STORMS=$(STORMS) MAILDESK_TEST_DATABASE=postgresql $(BIN)/python -m pytest tests/unit tests/scenario --numprocesses $(WORKERS) --dist loadfile \
		--no-loadscope-reorder $(ARGS)

# Every test, after installing Debian's packages; nothing may be left out.
test-real:
	tools/install-debian-packages
	MAILDESK_REQUIRE_ALL=1 $(MAKE) test

# Style, types, and who imports whom.
check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# Which lines of the core rules the fast tests run: 90 % of each module, or it fails.
coverage: $(READY)
	$(BIN)/coverage run -m pytest tests/unit
	$(BIN)/python tools/core_rules.py coverage

# Which faults the fast tests notice: the core rules are changed in one place after the other (in mutants/), and 85 % of
# each module's changes have to fail a test. Twenty minutes on two idle cores.
mutants: $(READY)
	rm -rf mutants
	MAILDESK_EXAMPLES=10 $(BIN)/mutmut run
	$(BIN)/python tools/core_rules.py mutants

# Lives of the whole bot in a simulated world, for so many MINUTES or until something is found; the seed that is printed then
# lives them again (SEED=...). PLANTED=1 breaks the bot on purpose, in one way after the other, and has to find each.
soak: $(READY)
	PYTHONHASHSEED=0 $(BIN)/python -m tests.soak --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(if $(PLANTED),--planted)

# Every benchmark, or those that ARGS names, written to docs/benchmarks.md: two hours in all.
bench: $(READY)
	$(BIN)/python -m tests.benchmarks $(ARGS)

# Every picture of every walk, by everybody, at a desk and on a phone, in pictures/ with an index.html to look through them;
# those of the documents are renewed. It needs Chromium.
pictures: $(READY)
	$(BIN)/python -m tests.pictures

# The documents that are made from data: what is known of failures, the state tables, the settings, what the doctor may find,
# and the manifest of the app in Slack.
docs: $(READY)
	$(BIN)/python -c "from bot.diagnosis import catalogue, handbook; print(handbook.markdown(catalogue.load()), end='')" > docs/errors.md
	$(BIN)/python -c "from bot.lifecycle import document; print(document.page(), end='')" > docs/states.md
	$(BIN)/python -m bot.config.document
	$(BIN)/python -m bot.doctor.document
	$(BIN)/python -m bot.app.manifest

# Which locked dependencies have known vulnerabilities; needs the network, and says so where it has none. What is let
# pass, why and until when: tools/accepted-findings.toml.
audit: $(READY)
	$(BIN)/python tools/audit.py

# The lock files anew, from pyproject.toml.
lock: $(READY)
	$(LOCK) --output-file requirements.txt pyproject.toml
	$(LOCK) --all-extras --all-build-deps --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

$(READY): requirements-dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -qq --require-hashes --requirement requirements-dev.txt
	$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@
