# make run    set everything up, then train the example in the studio
# make test   set everything up, then lint, types, import rules and tests
# make faults inject every fault in full numbers, and print a table of what came of it
# make screenshots  pictures of every view in both themes and languages, in build/screenshots
# make lock   renew requirements/dev.lock after a change of dependencies (needs uv)

PYTHON := .venv/bin/python
SET_UP := .venv/.set-up

.PHONY: run test screenshots faults lint lock clean

run: $(SET_UP)
	.venv/bin/convnet-studio --demo

test: $(SET_UP) lint
	$(PYTHON) -m pytest -n auto -q

faults: $(SET_UP)
	$(PYTHON) tools/faults.py

screenshots: $(SET_UP)
	$(PYTHON) tools/screenshots.py build/screenshots

lint: $(SET_UP)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

$(SET_UP): requirements/dev.lock pyproject.toml tools/set-up.sh
	tools/set-up.sh

lock:
	uv pip compile pyproject.toml --extra gui --extra dev --universal --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header -q -o requirements/dev.lock

clean:
	rm -rf .venv
