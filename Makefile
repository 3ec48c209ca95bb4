# Two commands are enough: `make run` and `make test`. `make help` lists the others.
.DEFAULT_GOAL := help
.PHONY: run test unit thorough coverage scan load cluster bench regression mutants peers image infrastructure measuring manifests publish browsers lint translations lock install help
python := .venv/bin/python
# A file of tests stays in one process: what its tests share is set up once.
parallel := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# What tests gave, for `manage.py verification`.
report = --junitxml=build/reports/$@.xml
# What pytest ends with where T="-k word" leaves no test.
none_found := 5
# Compiled modules halve the time every command takes to start.
unexport PYTHONDONTWRITEBYTECODE

run: install  ## Start everything with demo data on http://localhost:8000/ until Ctrl-C
	@exec $(python) manage.py up

test: install  ## Run the test suite on servers of its own; T="-k word" narrows it
	$(python) -m pytest $(parallel) $(report) $(if $(filter thorough,$(MAKECMDGOALS)),-m "not widened") $(T)

# What asks nothing of servers. `make coverage` counts what all tests reach.
libraries := resimate_text resimate_net resimate_engine resimate_charts
unit: install  ## Run the tests of the libraries in under a minute; at least 80 % of each line and branch is reached
	$(python) -m pytest $(parallel) -m "not widened" $(libraries) $(libraries:%=--cov=%) --cov-fail-under=80 --cov-report=term:skip-covered $(T)

# Nothing runs twice: what ran in `test` at its full size is left out here, and what does more here is left out there.
thorough: test peers infrastructure  ## Run the tests, and then those that are long: the product in browsers, full sizes, faults, PostgreSQL 15, old data
	RESIMATE_THOROUGH=1 $(python) -m pytest $(parallel) $(report) -m "thorough or widened" $(T) || [ $$? -eq $(none_found) ]
	scripts/on-postgresql-15 $(parallel)

coverage: install  ## Run the test suite and count what it reaches: at least 80 % of each app and each library
	$(python) -m pytest $(parallel) -m "not widened" --cov --cov-report= $(T)
	@scripts/coverage

scan: install  ## Look for secrets, licences that we do not take, and known vulnerabilities
	@scripts/add-packages requirements-scan.lock
	@scripts/scan

load: install  ## Measure the service under load and attack, on a quiet machine
	RESIMATE_LOAD=1 $(python) -m pytest -m load --log-cli-level=INFO $(T)
	RESIMATE_LOAD=1 $(python) -m pytest resimate/tests/test_pages_under_fuzz.py

# Nothing of the product's is started: its tests' servers are not needed.
cluster: install  ## Start Kubernetes' control plane here, apply what is rendered to it, and show what it does (the first time builds it from Go modules)
	@scripts/go-peers/build cluster
	RESIMATE_CLUSTER=1 PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(python) -m pytest resimate/tests/cluster --confcutdir=resimate/tests/cluster \
		-o addopts="" -q -rs --strict-markers --import-mode=importlib $(report) $(T)

bench: measuring  ## Measure: a table and JSON
	$(python) -m resimate.bench

# In turn on this machine: the base, the change, the base again. ROUNDS=3 PARTS="engine list" makes it shorter.
BASE ?= main
ROUNDS ?= 5
regression: measuring  ## Measure this change against BASE=main by ratios; fails where one is worse by more than 5 % beyond the noise
	$(python) -m resimate.bench.regression "$(BASE)" --rounds $(ROUNDS) $(if $(PARTS),--parts $(PARTS))

mutants: measuring  ## Change the engine in small ways and count what tests notice; M="*.ranks.*" narrows it; OF=guards
	@$(if $(filter guards,$(OF)),$(python) -m resimate.guards $(M),$(python) scripts/mutants $(if $(M),'$(M)'))

peers: install
	@scripts/add-packages requirements-peers.lock
	@scripts/go-peers/build
	@scripts/npm-peers/build
	@scripts/debian-peers

# Nothing is asked of a cloud, and what the product's tests start is not needed.
infrastructure: install  ## Show what infra/pulumi would build on each platform, and hold it to its rules
	@scripts/add-packages requirements-infrastructure.lock
	PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(python) -m pytest infra/pulumi --confcutdir=infra/pulumi -o addopts="" -q -rs \
		--strict-markers --import-mode=importlib $(report) -W ignore::DeprecationWarning $(T) || [ $$? -eq $(none_found) ]

image: install  ## Build the image into build/image/ with its list of parts, and hold it to what it promises
	@scripts/add-packages requirements-scan.lock
	@scripts/image
	@scripts/go-peers/build cosign oras
	@scripts/debian-peers docker-registry
	RESIMATE_BUILT_IMAGE=1 $(python) -m pytest $(report) -m image $(T)

publish:  ## Bring the built image to registries, signed: make publish KEY=cosign.key TO="registry.example.org/resimate …" [TAG=1.0]
	@scripts/go-peers/build cosign oras
	@python3 scripts/image-publish --key "$(KEY)" $(if $(TAG),--tag "$(TAG)") $(TO)

measuring: install
	@scripts/add-packages requirements-measure.lock

manifests:  ## Write k8s/rendered/ from k8s/overlays/; RESIMATE_IMAGE=name@sha256:… with that image into build/k8s/
	@scripts/go-peers/build kustomize
	@scripts/render

browsers:  ## Install Debian's Chromium for the browser tests (asks first)
	@scripts/browsers

lint: install  ## Check format, style, types and the order of imports
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

translations: install  ## Collect the texts to translate, bring locale/ up to date and compile it
	$(python) scripts/translations
	@$(python) -m resimate.catalogues

lock:  ## Write requirements.lock anew from pyproject.toml
	@scripts/lock

install:  ## Create .venv with the locked packages, compile translations (the targets above do it by themselves)
	@PYTHON="$(PYTHON)" scripts/install

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
