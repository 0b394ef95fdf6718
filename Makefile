# Everything there is to do here. `make` lists it.

CARGO ?= cargo
TOOLS := target/tools
DENY_VERSION := 0.20.2
MUTANTS_VERSION := 27.1.0
WASM := wasm32-unknown-unknown
NOTEGATE := target/release/notegate

.DEFAULT_GOAL := help
.PHONY: help build demo test lint fmt docs bench fuzz mutants clean

help: ## List what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

build: need-cargo ## Build the `notegate` command, target/release/notegate
	$(CARGO) build --release --locked -p notegate-cli

demo: build ## Build, and decide a day of a hub while a policy changes
	$(NOTEGATE) demo

test: need-cargo need-wasm ## Install what the tests need, and run all of them
	$(CARGO) test --locked -p notegate -p notegate-cli
	$(CARGO) check --locked -p notegate --target $(WASM)
	cd fuzz && $(CARGO) run --locked --release -- --cases 120 --grammar

lint: need-cargo $(TOOLS)/bin/cargo-deny ## Formatting, clippy, documentation and dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --locked -p notegate -p notegate-benches
	$(TOOLS)/bin/cargo-deny --locked check bans licenses sources

fmt: need-cargo ## Format the code
	$(CARGO) fmt --all

docs: need-cargo ## Build the library's documentation, target/doc/notegate
	$(CARGO) doc --no-deps --locked -p notegate

bench: need-cargo ## Measure decisions, with the official authorizer beside them
	$(CARGO) bench --locked -p notegate-benches

fuzz: need-cargo ## Hold every property against generated input, each for FUZZ_SECONDS (60)
	cd fuzz && $(CARGO) run --locked --release -- --seconds $(or $(FUZZ_SECONDS),60) --seed $(or $(FUZZ_SEED),1)

mutants: need-cargo $(TOOLS)/bin/cargo-mutants ## Break MUTANTS_FILE (or all of the engine's heart) on purpose
	ORACLE_CASES=30 PROPTEST_MAX_SHRINK_ITERS=0 $(TOOLS)/bin/cargo-mutants mutants --output target/mutants \
		$(if $(MUTANTS_FILE),--file $(MUTANTS_FILE)) $(if $(MUTANTS_SHARD),--shard $(MUTANTS_SHARD))

clean: ## Remove everything that was built
	$(CARGO) clean

$(TOOLS)/bin/cargo-deny:
	$(CARGO) install --locked --root $(TOOLS) --target-dir target cargo-deny@$(DENY_VERSION)

$(TOOLS)/bin/cargo-mutants:
	$(CARGO) install --locked --root $(TOOLS) --target-dir target cargo-mutants@$(MUTANTS_VERSION)

.PHONY: need-cargo need-wasm
need-cargo:
	@command -v $(CARGO) >/dev/null || { \
		echo "cargo is missing: install Rust 1.89 or newer from your distribution or https://rustup.rs" >&2; exit 1; }

# The library has to build where there are no files, threads or clock.
need-wasm: need-cargo
	@ls "$$(rustc --print target-libdir --target $(WASM))"/libstd-*.rlib >/dev/null 2>&1 \
		|| rustup target add $(WASM) \
		|| { echo "the standard library for $(WASM) is missing: rustup target add $(WASM)" >&2; exit 1; }
