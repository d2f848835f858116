# Each target does its own set-up from a bare machine. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
UV := scripts/uv
VAR ?= $(CURDIR)/var

.PHONY: help setup lint test unit machines soak bench demo ramdisk image docs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## Python packages into .venv, system packages from the distribution
	@scripts/system-packages
	@$(UV) sync --frozen --quiet

lint: ## ruff, mypy --strict, import-linter
	@$(UV) sync --frozen --quiet
	$(UV) run ruff format --check .
	$(UV) run ruff check .
	$(UV) run mypy
	$(UV) run lint-imports --no-cache

unit: ## the quick tests only: no root, no virtual machines
	@$(UV) sync --frozen --quiet
	$(UV) run pytest -n auto tests/unit tests/contract tests/api

test: setup ramdisk image ## the tests, quick ones first; boots virtual machines, needs root
	$(UV) run pytest -n auto --dist worksteal tests/unit tests/contract tests/api tests/integration tests/compat
	$(UV) run pytest -m "not long" tests/e2e

machines: setup ramdisk image ## every test on virtual machines, the long ones too: each way to boot and to deploy
	$(UV) run pytest tests/e2e

soak: setup ## kill processes, broker and database for SOAK_S seconds (600) while servers come and go
	SOAK_S=$${SOAK_S:-600} $(UV) run pytest -s tests/soak/test_nothing_is_lost_whatever_is_killed.py

ramdisk: setup ## the deploy ramdisk (kernel + initramfs), cached by the hash of its inputs
	@ramdisk/build --output $(VAR)/ramdisk

image: setup ## a Debian cloud image for the demo and the tests, cached likewise
	@lab/image/build --output $(VAR)/image

demo: setup ramdisk image ## a virtual rack, a cloud, one server from request to SSH and back; KEEP=1 leaves it up
	$(UV) run bessemer demo $(if $(KEEP),--keep)

bench: ## speed and memory beside Ironic's (bench/README.md); SIZE=short takes about 3 minutes
	@$(UV) sync --frozen --quiet
	$(UV) run python -m bench.side_by_side --size $(or $(SIZE),full) $(if $(MARKDOWN),--markdown $(MARKDOWN))

docs: ## the API reference page, from the tables that the server works by
	@$(UV) sync --frozen --quiet
	$(UV) run bessemer openapi --markdown > docs/reference/api.md

clean: ## remove what was built
	rm -rf $(VAR) .venv
