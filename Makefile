# What one does with this project, each in one word. `make` prints the list.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Tools of the project's own; git ignores the folder.
TOOLS := $(CURDIR)/.tools/bin
export PATH := $(TOOLS):$(PATH)

# A semantic version: readers of NodeInfo take nothing else.
VERSION ?= $(shell git describe --tags --match 'v*' 2>/dev/null | sed 's/^v//' | grep . || echo 0.1.0-dev+$$(git rev-parse --short HEAD 2>/dev/null || echo unknown))
LINTER  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
LINTER_VERSION := v2.12.0

# One package after another: some of them fill the machine with servers and browsers.
# One package's tests; generous, because a slow machine compiles beside them.
TIMEOUT ?= 30m
# Where goroutines meet, the tests run a second time, with the race detector.
RACED   ?= ./federation/... ./internal/... ./web ./web/locale
FUZZTIME  ?= 60s
BENCHTIME ?= 3s

.PHONY: help run demo build test lint bench fuzz cover simulation check clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Install what is missing, build, and run a town on http://localhost:8080
	.ci/install run
	$(MAKE) --no-print-directory build
	exec bin/bourg serve

demo: ## The same with two neighbouring towns full of sample merchants
	.ci/install run
	$(MAKE) --no-print-directory build
	exec bin/bourg demo

build: ## Build the static binary bin/bourg
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/bourg ./cmd/bourg

test: ## Install what the tests need, and run all of them
	.ci/install test
	go test -p 1 -timeout $(TIMEOUT) ./...
	CGO_ENABLED=1 go test -p 1 -race -timeout $(TIMEOUT) $(RACED)

# The linter's cache belongs to this checkout: a shared one would report the
# files of another by paths that the exceptions do not match.
lint: $(TOOLS)/golangci-lint-$(LINTER_VERSION) ## Format, vet, lint, and the module files
	@unformatted=$$(git ls-files '*.go' | xargs gofmt -l); \
	if [[ -n $$unformatted ]]; then echo "gofmt would change: $$unformatted" >&2; exit 1; fi
	go mod tidy -diff
	go vet ./...
	GOLANGCI_LINT_CACHE=$(CURDIR)/.tools/lint-cache $< run ./...

$(TOOLS)/golangci-lint-$(LINTER_VERSION):
	mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) go install $(LINTER)@$(LINTER_VERSION)
	mv $(TOOLS)/golangci-lint $@

bench: ## Measure, one thing after another: the whole program first; keep the output beside that of the change before
	.ci/install test
	go test -run '^$$' -bench . -benchtime 1x -timeout 30m ./cmd/bourg | tee bench.txt
	go list ./... | grep -v cmd/bourg | xargs go test -p 1 -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) -timeout 60m | tee -a bench.txt

fuzz: ## Run each fuzz target for FUZZTIME (60s)
	@go list ./... | while read -r package; do \
		(go test -list '^Fuzz' "$$package" | grep '^Fuzz' || true) | while read -r target; do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package" </dev/null; \
		done; \
	done

cover: ## Which statements the tests reach, by function; coverage.out for go tool cover
	.ci/install test
	go test -timeout $(TIMEOUT) -coverpkg ./... -coverprofile coverage.out ./...
	go tool cover -func coverage.out

simulation: ## Play 35,000 towns in virtual time, and write internal/simulation/RESULTS.md anew (minutes)
	go run ./cmd/simulation -seed 1 -towns 35000 -days 35

check: lint test ## What a change must pass

clean: ## Remove what was built; the town's data stay
	rm -rf bin .tools coverage.out bench.txt
