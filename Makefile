# The verbs: 'make help' lists them.
GO            ?= go
BIN           := bin
GOLANGCI      := v2.15.0
LINT          := $(BIN)/golangci-lint-$(GOLANGCI)
VERSION       := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
EXAMPLE       ?= examples/seed-002
PREFIX        ?= /usr/local
UNITS         := $(DESTDIR)$(PREFIX)/lib/systemd/system
SHARE         := $(DESTDIR)$(PREFIX)/share
COMPLETIONS   := $(SHARE)/bash-completion/completions/weft $(SHARE)/zsh/site-functions/_weft $(SHARE)/fish/vendor_completions.d/weft.fish
DEFAULTS      := $(DESTDIR)/etc/default
CHAOS         ?= 10
SEED          ?= $(shell date +%s)

# One way to build, so that the program, its tests and lint share what is compiled.
export GOFLAGS += -trimpath

# Packages without goroutines, in which the race detector finds nothing and takes five times as long.
PURE := weft/(plan|tables|pipeline|dvr|fip|dhcp|controller/(compile|intent|pki|ofp/wire))(/|$$)

# Packages on namespaces, Open vSwitch and other people's programs, two at a time: labs, which take longest and mostly wait,
# go first, and the others beside them. What measures how long nobody heard a guest has the machine to itself.
REAL  := ./test/e2e ./test/... ./agent/... ./lab/...
ALONE := AloneOnTheMachine

# What is linked to run once needs nothing for debuggers; 'make lint' vets.
ONCE := -vet=off -ldflags '-s -w' -timeout 30m

.DEFAULT_GOAL := build
.PHONY: all check build install uninstall test chaos unit bench conformance lint fmt demo clean-lab deps deps-guests deps-test deps-libvirt help clean

build: ## build bin/weft
	$(GO) build -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN)/weft ./cmd/weft

# Units look for weft where PREFIX put it. The files of flags hold what an administrator wrote: an existing one is kept.
install: build ## install weft, its systemd units and its completion for bash, zsh and fish under PREFIX, /usr/local by default (root)
	install -D -m 0755 $(BIN)/weft $(DESTDIR)$(PREFIX)/bin/weft
	install -d $(UNITS) $(DEFAULTS) $(dir $(COMPLETIONS))
	for unit in weft-controller weft-agent; do \
		sed 's|/usr/local/|$(PREFIX)/|' scripts/systemd/$$unit.service > $(UNITS)/$$unit.service && \
		{ test -e $(DEFAULTS)/$$unit || install -m 0600 scripts/systemd/$$unit.default $(DEFAULTS)/$$unit; } || exit 1; \
	done
	$(BIN)/weft completion bash > $(word 1,$(COMPLETIONS))
	$(BIN)/weft completion zsh > $(word 2,$(COMPLETIONS))
	$(BIN)/weft completion fish > $(word 3,$(COMPLETIONS))

uninstall: ## remove what install brought; data, and the files of flags in /etc/default, stay (root)
	rm -f $(DESTDIR)$(PREFIX)/bin/weft $(UNITS)/weft-controller.service $(UNITS)/weft-agent.service $(COMPLETIONS)

deps: ## install the Debian packages that are missing (root; starts no service)
	@scripts/deps

deps-guests: ## also install what the guests of examples/guests and examples/dhcp run (root; starts no service)
	@scripts/deps guests

deps-test: ## also install what the tests need: a C compiler, for the race detector (root; starts no service)
	@scripts/deps test

deps-libvirt: ## also install libvirtd and QEMU, and build the guest of examples/seed-003 (root; starts no service)
	@scripts/deps libvirt

test: deps-test ## run all tests: pure ones, those with the race detector, those on real namespaces and Open vSwitch
	$(GO) test $(ONCE) $$($(GO) list ./... | grep -E '^$(PURE)')
	$(GO) test $(ONCE) -race $$($(GO) list ./... | grep -vE '^$(PURE)|^weft/(lab|agent|test)(/|$$)')
	$(GO) test $(ONCE) -count=1 -p 2 -skip $(ALONE) $(REAL)
	$(GO) test $(ONCE) -count=1 -run $(ALONE) ./test/e2e

chaos: deps-test ## break and heal a cloud at random for CHAOS minutes (default 10), of seed SEED (default: the time)
	$(GO) test ./test/e2e -count=1 -timeout $$(($(CHAOS) + 30))m -run TestAStormSettles -v -storm $(CHAOS)m -seed $(SEED)

unit: ## run the tests, those that need root or Open vSwitch skip without them
	$(GO) test ./...

bench: deps ## run the benchmarks (about ten minutes on an idle machine; docs/benchmarks.md explains them)
	$(GO) test -run '^$$' -bench . -benchmem -timeout 60m $$($(GO) list ./... | grep -v '^weft/test/bench$$')
	$(GO) test -run '^$$' -bench 'Commit|Restart|Resync|Memory' -benchtime 3x -timeout 60m ./test/bench
	$(GO) test -run '^$$' -bench 'PortToSwitch|Encode' -benchtime 300x -timeout 60m ./test/bench
	$(GO) test -run '^$$' -bench REST -timeout 60m ./test/bench
	$(GO) test -run '^$$' -bench Scale -benchtime 1x -timeout 60m ./test/bench
	cd test/peers/ofnet && $(GO) test -run '^$$' -bench . -benchtime 5x

conformance: ## run the suites of Neutron's clients against weft (SUITES: which; docs/conformance.md explains them)
	@scripts/deps conformance
	$(GO) run ./test/conformance -update docs/conformance.md $(SUITES)

lint: $(LINT) ## check format, vet, lint
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted ('make fmt' does it):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(LINT) run ./...

# Its 1,000 packages stay out of go.mod. The first build takes about two minutes.
$(LINT):
	GOBIN=$(CURDIR)/$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	mv $(BIN)/golangci-lint $@

fmt: ## format the code
	gofmt -w $$(git ls-files '*.go')

demo: deps build ## build a cloud on this machine, prove that it works, and leave it running (root)
	$(BIN)/weft lab run $(EXAMPLE) --keep

clean-lab: build ## remove the cloud that 'make demo' or 'weft lab up' made
	$(BIN)/weft lab down

all: build

check: lint test ## lint, then test

clean: ## remove what was built
	rm -rf $(BIN)

help: ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14
