# The commands of this project. `make run` shows the demo, `make test` is the truth.

SWIFT ?= swift
PREFIX ?= /usr/local

BUILD_PACKAGES = libncurses-dev libsqlite3-dev libpq-dev libcurl4-openssl-dev
TEST_PACKAGES = $(BUILD_PACKAGES) tmux procps sqlite3 postgresql postgresql-contrib pgbouncer faketime
SCREENSHOT_PACKAGES = $(BUILD_PACKAGES) tmux xvfb xterm x11-utils imagemagick fonts-jetbrains-mono fonts-noto-cjk

# In a folder of its own: the two ways to link would make each other build everything anew.
STATIC_BUILD = -c release --static-swift-stdlib --scratch-path .build/static

# Hundreds of tests at once would wait for each other until their time is up: so many share the processors best.
TEST_WIDTH = --experimental-maximum-parallelization-width 4

SHARE = $(DESTDIR)$(PREFIX)/share

BENCHMARK_PACKAGES = $(BUILD_PACKAGES) sqlite3 python3 python3-matplotlib git tig fzf htop btop visidata
BENCHMARK_CACHE ?= .build/performance

.PHONY: run release test work lint format install uninstall screenshots benchmark fleet simulation fuzz clean

## run: build a release and open the demo
run: release
	@"$$($(SWIFT) build -c release --show-bin-path)/session-inspector" demo

## release: build the program as it is installed
release: toolchain
	@./.ci/require $(BUILD_PACKAGES)
	$(SWIFT) build -c release --product session-inspector

## test: lint, build and test everything
test: toolchain
	@./.ci/require $(TEST_PACKAGES)
	$(MAKE) lint
	$(SWIFT) build --build-tests
	@# One that hangs is to be heard of while there is time to look at it.
	./.ci/failures-last timeout --kill-after=1m 30m $(SWIFT) test --skip-build $(TEST_WIDTH)
	$(MAKE) work

## work: count the instructions of a frame and of a key, and compare them with what they were
work: toolchain
	@./.ci/require $(BUILD_PACKAGES) binutils valgrind
	$(SWIFT) build -c release --product frame-work
	./Tests/Performance/work "$$($(SWIFT) build -c release --show-bin-path)/frame-work"

## lint: check the format of the sources
lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests

## format: format the sources
format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

## install: put the program under PREFIX, with its manual and completions; it holds the Swift libraries, starts faster and
## needs no toolchain
install: toolchain
	@./.ci/require $(BUILD_PACKAGES)
	$(SWIFT) build $(STATIC_BUILD) --product session-inspector
	@# Asked for its help, the plugin is built with the tool that it calls. To call it, it would build the program anew.
	$(SWIFT) package plugin generate-manual --help >/dev/null
	./.ci/install "$$($(SWIFT) build $(STATIC_BUILD) --show-bin-path)/session-inspector" \
	    "$$($(SWIFT) build --show-bin-path)/generate-manual-tool" "$(DESTDIR)$(PREFIX)"

## fleet: measure processes that share sessions on a PostgreSQL of their own (PROCESSES, SESSIONS, LATENCY, PER_MINUTE)
fleet: toolchain
	@./.ci/require $(BUILD_PACKAGES) postgresql postgresql-contrib
	$(SWIFT) build -c release --product fleet-experiment
	@"$$($(SWIFT) build -c release --show-bin-path)/fleet-experiment"

## simulation: work out what ten million sessions do when all of them end at once (SITES, PER_SITE, HOSTS)
simulation: toolchain
	@./.ci/require $(BUILD_PACKAGES)
	$(SWIFT) build -c release --product fleet-simulation
	@"$$($(SWIFT) build -c release --show-bin-path)/fleet-simulation"

## fuzz: look for inputs that run keys which were not typed, and for answers that harm (SECONDS each, 60 by default)
fuzz: toolchain
	@./.ci/require $(BUILD_PACKAGES)
	$(SWIFT) build --product key-fuzz
	$(SWIFT) build --product answer-fuzz
	@"$$($(SWIFT) build --show-bin-path)/key-fuzz" $(or $(SECONDS),60)
	@"$$($(SWIFT) build --show-bin-path)/answer-fuzz" $(or $(SECONDS),60)

## uninstall: take away what install has put there
uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/session-inspector" "$(SHARE)/man/man1/session-inspector.1" \
	    "$(SHARE)/bash-completion/completions/session-inspector" "$(SHARE)/zsh/site-functions/_session-inspector" \
	    "$(SHARE)/fish/vendor_completions.d/session-inspector.fish"

## screenshots: take the README's screenshots anew
screenshots: release
	@./.ci/require $(SCREENSHOT_PACKAGES)
	./screenshots/take "$$($(SWIFT) build -c release --show-bin-path)/session-inspector"

## benchmark: measure a release beside other tools, on up to a million sessions (makes 5 GB of stores, and keeps them)
benchmark: release
	@./.ci/require $(BENCHMARK_PACKAGES)
	$(SWIFT) build -c release --product store-measures
	$(SWIFT) build $(STATIC_BUILD) --product session-inspector
	bin="$$($(SWIFT) build -c release --show-bin-path)" && PATH="/usr/bin:$$PATH" ./Tests/Performance/benchmark \
	    --program "$$bin/session-inspector" --store-measures "$$bin/store-measures" \
	    --static-program "$$($(SWIFT) build $(STATIC_BUILD) --show-bin-path)/session-inspector" \
	    --cache $(BENCHMARK_CACHE) --json $(BENCHMARK_CACHE)/figures.json
	/usr/bin/python3 ./Tests/Performance/chart $(BENCHMARK_CACHE)/figures.json screenshots/performance.png

clean:
	$(SWIFT) package clean

.PHONY: toolchain
toolchain:
	@command -v $(SWIFT) >/dev/null || { \
	    echo "Swift 6.2.3 or later is missing. Install it from swift.org, and run this again." >&2; exit 1; }
