# `make run` opens the demo; `make test` is what CI runs.

SWIFT ?= swift
PREFIX ?= /usr/local

BUILD_PACKAGES = libncurses-dev libsqlite3-dev libpq-dev libcurl4-openssl-dev
TEST_PACKAGES = $(BUILD_PACKAGES) tmux procps sqlite3 postgresql postgresql-contrib pgbouncer faketime nodejs openssl chromium
SCREENSHOT_PACKAGES = $(BUILD_PACKAGES) tmux xvfb xterm x11-utils imagemagick fonts-jetbrains-mono fonts-noto-cjk nodejs chromium

# Linked statically, the program starts in half the time: most of the dynamic linker's work is for Foundation.
# A separate folder: sharing one would rebuild everything whenever the linking mode changes.
RELEASE = -c release --scratch-path .build/static $(LINKING)
LINKING := $(if $(filter Linux,$(shell uname)),--static-swift-stdlib -Xswiftc -use-ld=lld)
# Packed relocations aren't all read at every start: 3 MB less of memory. glibc has supported them since 2.36.
LINKING += $(shell ldd --version 2>/dev/null | awk 'NR == 1 && $$NF + 0 >= 2.36 { print "-Xlinker -z -Xlinker pack-relative-relocs" }')
PROGRAM = $$($(SWIFT) build $(RELEASE) --show-bin-path)/session-inspector

# More tests at a time compete for the processors until some exceed their time limits.
TEST_WIDTH = --experimental-maximum-parallelization-width 4

SHARE = $(DESTDIR)$(PREFIX)/share

BENCHMARK_PACKAGES = $(BUILD_PACKAGES) sqlite3 python3 python3-matplotlib git tig fzf htop btop visidata
BENCHMARK_CACHE ?= .build/performance

.PHONY: run release test work lint format install uninstall screenshots benchmark fleet simulation fuzz clean

## run: build a release and open the demo
run: release
	@"$(PROGRAM)" demo

## release: build the program as it is installed
release: toolchain
	@./.ci/require $(BUILD_PACKAGES)
	$(SWIFT) build $(RELEASE) --product session-inspector

## test: lint, build and test everything
test: toolchain
	@./.ci/require $(TEST_PACKAGES)
	$(MAKE) lint
	$(SWIFT) build --build-tests
	@# A test that hangs fails the run while its processes can still be inspected.
	@# Killed processes leave files behind, which are removed with the folder.
	folder=$$(mktemp -d) && chmod 755 "$$folder" && trap 'rm -rf "$$folder"' EXIT && TMPDIR="$$folder" \
	    ./.ci/failures-last timeout --kill-after=1m 30m $(SWIFT) test --skip-build $(TEST_WIDTH)
	@"$$($(SWIFT) build --show-bin-path)/token-fuzz" 5 1
	$(MAKE) work

## work: compare the instruction counts of a frame and of a key press with the recorded ones
work: toolchain
	@./.ci/require $(BUILD_PACKAGES) binutils valgrind
	$(SWIFT) build -c release --product frame-work
	./Tests/Performance/work "$$($(SWIFT) build -c release --show-bin-path)/frame-work"

## lint: check the format and the wording
lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests
	@./.ci/check-wording

## format: format the sources
format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

## install: install the program under PREFIX, with its manual and completions
install: release
	@# --help builds the plugin and its tool. Running the plugin would rebuild the program.
	$(SWIFT) package plugin generate-manual --help >/dev/null
	./.ci/install "$(PROGRAM)" \
	    "$$($(SWIFT) build --show-bin-path)/generate-manual-tool" "$(DESTDIR)$(PREFIX)"

## fleet: measure processes that share sessions in PostgreSQL (PROCESSES, SESSIONS, LATENCY, PER_MINUTE)
fleet: toolchain
	@./.ci/require $(BUILD_PACKAGES) postgresql postgresql-contrib
	$(SWIFT) build -c release --product fleet-experiment
	@"$$($(SWIFT) build -c release --show-bin-path)/fleet-experiment"

## simulation: simulate ten million sessions that expire at once (SITES, PER_SITE, HOSTS)
simulation: toolchain
	@./.ci/require $(BUILD_PACKAGES)
	$(SWIFT) build -c release --product fleet-simulation
	@"$$($(SWIFT) build -c release --show-bin-path)/fleet-simulation"

## fuzz: fuzz terminal input, issuer responses and pasted tokens (SECONDS each, 60 by default)
fuzz: toolchain
	@./.ci/require $(BUILD_PACKAGES)
	$(SWIFT) build --product key-fuzz
	$(SWIFT) build --product answer-fuzz
	$(SWIFT) build --product token-fuzz
	@"$$($(SWIFT) build --show-bin-path)/key-fuzz" $(or $(SECONDS),60)
	@"$$($(SWIFT) build --show-bin-path)/answer-fuzz" $(or $(SECONDS),60)
	@"$$($(SWIFT) build --show-bin-path)/token-fuzz" $(or $(SECONDS),60)

## uninstall: remove what install installed
uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/session-inspector" "$(SHARE)/man/man1/session-inspector.1" \
	    "$(SHARE)/bash-completion/completions/session-inspector" "$(SHARE)/zsh/site-functions/_session-inspector" \
	    "$(SHARE)/fish/vendor_completions.d/session-inspector.fish" "$(SHARE)/session-inspector/node-hook.cjs"

## screenshots: retake the README's screenshots
screenshots: release
	@./.ci/require $(SCREENSHOT_PACKAGES)
	./screenshots/take "$(PROGRAM)"

## benchmark: compare a release with other tools, on up to a million sessions (keeps 5 GB of stores)
benchmark: release
	@./.ci/require $(BENCHMARK_PACKAGES)
	$(SWIFT) build -c release --product store-measures
	PATH="/usr/bin:$$PATH" ./Tests/Performance/benchmark --program "$(PROGRAM)" \
	    --store-measures "$$($(SWIFT) build -c release --show-bin-path)/store-measures" \
	    --cache $(BENCHMARK_CACHE) --json $(BENCHMARK_CACHE)/figures.json
	./Tests/Performance/live --program "$(PROGRAM)"
	/usr/bin/python3 ./Tests/Performance/chart $(BENCHMARK_CACHE)/figures.json screenshots/performance.png

clean:
	$(SWIFT) package clean

.PHONY: toolchain
toolchain:
	@command -v $(SWIFT) >/dev/null || { \
	    echo "Swift 6.2.3 or later is required. Install it from swift.org and try again." >&2; exit 1; }
