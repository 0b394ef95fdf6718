# Everything there is to do here. `make` lists it.

CARGO ?= cargo
TOOLS := target/tools
DENY_VERSION := 0.20.2
MOTO_VERSION := 5.2.5
WASM := wasm32-unknown-unknown
NOTEGATE := target/release/notegate

.DEFAULT_GOAL := help
.PHONY: help build demo test lint fmt docs bench fuzz clean

help: ## List what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

build: need-cargo ## Build the `notegate` command, target/release/notegate
	$(CARGO) build --release --locked -p notegate-cli

demo: build ## Build, and decide a day of a hub while a policy changes
	$(NOTEGATE) demo

test: need-cargo need-wasm need-tools $(TOOLS)/moto/bin/moto_server ## Install what the tests need, and run all of them
	$(CARGO) test --locked -p notegate -p notegate-cli --features notegate/remote
	$(CARGO) check --locked -p notegate --target $(WASM)

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

fuzz: need-cargo ## Compare the evaluators on generated input for FUZZ_SECONDS (60)
	cd fuzz && $(CARGO) run --locked --release --bin decisions -- $(or $(FUZZ_SECONDS),60) $(or $(FUZZ_SEED),1)

clean: ## Remove everything that was built
	$(CARGO) clean

$(TOOLS)/bin/cargo-deny:
	$(CARGO) install --locked --root $(TOOLS) --target-dir target cargo-deny@$(DENY_VERSION)

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
	@ls "$$(rustc --print target-libdir --target $(WASM))"/libstd-*.rlib >/dev/null 2>&1 \
		|| rustup target add $(WASM) \
		|| { echo "the standard library for $(WASM) is missing: rustup target add $(WASM)" >&2; exit 1; }
