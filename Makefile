# make run    set everything up, then train the example in the studio
# make test   set everything up, then lint, types, import rules and tests
# make faults inject every fault in full numbers, and print a table of what came of it
# make screenshots  pictures of every view in both themes and languages, in build/screenshots
# make edits  make 10,000 random edits, undos and redos, and hold canvas and document together
# make lock   renew requirements/dev.lock after a change of dependencies (needs uv)

PYTHON := .venv/bin/python
SET_UP := .venv/.set-up

# Python keeps what it has compiled, also in containers that say not to: the tests start hundreds of processes, each
# of which would compile the program anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test edits screenshots faults lint lock clean

run: $(SET_UP)
	.venv/bin/convnet-studio --demo

# One test more at once than there are processors, since some wait.
test: $(SET_UP) lint
	$(PYTHON) -m pytest -n $$(( $$(nproc) + 1 )) --dist worksteal -q

faults: $(SET_UP)
	$(PYTHON) tools/faults.py

edits: $(SET_UP)
	EDITS=10000 $(PYTHON) -m pytest -q tests/studio/qt/canvas/test_mirroring.py -k random_edits

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
