# The few things one does with Anima's source. `make help` lists them.

SWIFT ?= swift
BUILD_FLAGS = --explicit-target-dependency-import-check error
# A binary that carries Swift's libraries starts twice as fast.
RELEASE_FLAGS = -c release --static-swift-stdlib $(BUILD_FLAGS)
ANIMA = .build/release/anima
export SWIFT_BACKTRACE ?= enable=no

.PHONY: help run build test test-models eval-memory eval-memory-month lint format docs simulate crash-test examples readme benchmark clean

help: ## list these
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

run: build ## build, and let an agent work on this repository
	$(ANIMA) run examples/clerk.toml "Read README.md, count its lines with wc, write the number to notes/count.txt and then tell me what you did"
	@echo; echo "What it knows of an earlier run, and what a later one will know:"
	@$(ANIMA) run examples/clerk.toml "what do you remember about README.md"
	@$(ANIMA) run examples/clerk.toml "remember that the lines of README.md are counted in notes/count.txt"

build: ## install what the system lacks, and build .build/release/anima and what holds programs
	@scripts/install-system-packages
	$(SWIFT) build $(RELEASE_FLAGS) --product anima
	$(SWIFT) build $(RELEASE_FLAGS) --product anima-confine

test: ## install what the system lacks, build, and run all tests
	@scripts/install-system-packages
	$(SWIFT) build --build-tests $(BUILD_FLAGS)
# One at a time: tests that kill processes or wait for deadlines must not wait for threads that long ones hold.
	$(SWIFT) test --skip-build --no-parallel

test-models: ## test against a real llama.cpp server with a tiny model, where it can be had
	@scripts/install-system-packages
	$(SWIFT) build --build-tests $(BUILD_FLAGS)
	@scripts/test-models

eval-memory: ## measure what memory recalls: make eval-memory LOCOMO=FILE (ABLATE=1 for each part off in turn, EMBEDDER=URL for vectors)
	@test -n "$(LOCOMO)" || { echo "name a file of conversations: make eval-memory LOCOMO=FILE" >&2; exit 2; }
	@$(SWIFT) build -c release $(BUILD_FLAGS) --product MemoryEvaluation >&2
	@.build/release/MemoryEvaluation "$(LOCOMO)" $(if $(ABLATE),--ablate --split 3) $(if $(EMBEDDER),--embedder "$(EMBEDDER)")

eval-memory-month: ## measure what an agent keeps of a month of talk: make eval-memory-month [SEED=1]
	@$(SWIFT) build -c release $(BUILD_FLAGS) --product MemoryEvaluation >&2
	@.build/release/MemoryEvaluation --month $(SEED)

lint: ## check format and documents
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources examples/embedding/Package.swift examples/embedding/Sources

format: ## format the sources
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources examples/embedding/Package.swift examples/embedding/Sources

docs: ## write the generated parts of docs/ anew
	ANIMA_UPDATE_DOCS=1 $(SWIFT) test --filter 'Document'

simulate: ## replay one simulated history: make simulate SEED=42
	ANIMA_SIMULATION_SEED=$(SEED) $(SWIFT) test --filter 'keepsItsInvariants|societiesKeepTheirInvariants'

crash-test: ## kill the real program 2000 times and count what was lost (ROUNDS=2000)
	ANIMA_CRASH_ROUNDS=$(or $(ROUNDS),2000) $(SWIFT) test --filter CrashTests

examples: build ## run what examples/ holds
	scripts/run-examples $(ANIMA)

readme: build ## run every command that the README shows
	scripts/run-readme $(ANIMA)

benchmark: build ## measure: a table, and JSON in .build/benchmark.json
	scripts/benchmark $(ANIMA)

clean: ## forget what was built
	rm -rf .build Benchmarks/.build examples/embedding/.build
