# Every target sets up what it needs first; nothing is done twice. For settings (PYTHON, TORCH) see scripts/setup.sh.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check check-gpu lint campaign bench clean

READY := .venv/.ready
BIN := .venv/bin
MATRIX := [[1,3,-2,4],[0,8,6,5],[2,1,-9,0],[4,-1,3,7]]
KERNEL := [[1,2],[-2,-1]]

help:  ## list the targets
	@awk -F ':.*  ## ' '/^[a-z-]+:.*  ## / { printf "make %-11s%s\n", $$1, $$2 }' Makefile

$(READY): pyproject.toml constraints.txt scripts/setup.sh
	@bash scripts/setup.sh

demo: $(READY)  ## render three clips into renders/
	@mkdir -p renders
	$(BIN)/tensorreel render conv2d --input '$(MATRIX)' --weight '$(KERNEL)' --padding 1 -o renders/conv2d.mp4
	$(BIN)/tensorreel render conv2d --input examples/digit.png --weight sobel_x --seconds 30 -o renders/sobel.mp4
	$(BIN)/tensorreel model examples/lenet.py:LeNet --input examples/digit8.png --state-dict examples/lenet.pt --seconds 60 -o renders/lenet.mp4
	@printf '\nThe clips, each with captions (.vtt) beside it:\n'; printf '  %s\n' '$(CURDIR)/renders/'{conv2d,sobel,lenet}.mp4

# There is a process per core, so each gets one thread.
test: $(READY)  ## run the tests (with ARGS="-k conv1d": some of them)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --dist worksteal $(ARGS)

lint: $(READY)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint test  ## everything that CI checks: ruff, mypy, then the tests

check-gpu:  ## run the engine's tests on a GPU, with a PYTHON that has a CUDA build of torch, and pytest
	$(or $(PYTHON),python3) -m pytest -q -rs --confcutdir=tests/device -p no:cacheprovider -o filterwarnings=default tests/device --device $(or $(DEVICE),cuda)

campaign: $(READY)  ## try thousands of inputs (with SEED=2: others), as in docs/reliability.md
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.campaign --seed $(or $(SEED),0) $(ARGS)

bench: $(READY)  ## measure time and memory against plain Manim and torch
	@status=0; for name in render ideas engine recorder trace lecture model; do printf '\n%s\n\n' "benchmarks/$$name.py"; $(BIN)/python -m benchmarks.$$name || status=1; done; exit $$status

clean:  ## remove .venv, caches and rendered clips
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis media
	find renders -mindepth 1 ! -name .gitkeep -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
