# Stock python3 (3.11 or newer) and make are all that is needed: every target makes .venv when it is missing or old.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# most tests wait for something most of the time: on few cores twice as many workers as cores are quicker
WORKERS ?= $(shell $(PYTHON) -c "import os; n = os.cpu_count() or 1; print(max(n, min(8, 2 * n)))")

.PHONY: demo test storm mutate bench bench-sms bench-letters check docs pictures clean

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --editable ".[postgres,letters,sandbox]" --group dev
	@touch $@

demo: $(VENV)/.ready  ## the bot in a local Slack in your browser; ARGS=--once plays one campaign by itself
	$(BIN)/campaign-bot demo $(ARGS)

test: $(VENV)/.ready  ## every test, on SQLite and an embedded PostgreSQL
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

storm: $(VENV)/.ready  ## kill, freeze and cut off workers under 2,000 mails, and count every Message-ID
	$(BIN)/python -m tests.storm $(ARGS)

bench-sms: $(VENV)/.ready  ## SMS a second beside the bare client, against a local Twilio; ARGS="--rounds 3"
	$(BIN)/python -m tests.bench.sms $(ARGS)

bench-letters: $(VENV)/.ready  ## letters a second beside Typst alone, and memory; ARGS="--letters 5000"
	$(BIN)/python -m tests.bench.letters $(ARGS)

bench: $(VENV)/.ready  ## measure everything side by side, and write docs/benchmarks.md; ARGS="--quick --only dispatch,import"
	$(BIN)/python -m tests.bench $(ARGS)

check: $(VENV)/.ready  ## style, types, who imports whom, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

mutate: $(VENV)/.ready  ## change the rules and the engine a thousand ways, and name the changes that no test notices; ARGS='storage.claims*'
	mkdir -p mutants && rm -f mutants/template.db
	PATH="$(CURDIR)/$(BIN):$$PATH" KEPT_TEMPLATE="$(CURDIR)/mutants/template.db" mutmut run $(ARGS)
	$(BIN)/python -m tests.survivors

docs: $(VENV)/.ready  ## write what is generated from the code: the state diagrams and the README's settings
	$(BIN)/python -m tests.docs

pictures: $(VENV)/.ready  ## take the README's pictures anew, from the demo; needs Chromium
	$(BIN)/python -m tests.pictures

clean:
	rm -rf $(VENV) mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis demo-run
