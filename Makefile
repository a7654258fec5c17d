# What a developer and CI type. `make check` is quick; `make test` is everything.
.PHONY: check test e2e soak faults bench lint fuzz build fmt clean

GOTOOL = go tool -modfile=tools/go.mod

build: ## the binary, in bin/
	go build -o bin/rollcall ./cmd/rollcall

check: ## format, vet, staticcheck, tidy, imports
	scripts/check.sh

test: ## install what is missing (Debian, as root), then every test
	scripts/test.sh

e2e: ## the tests of many processes, at a tenth of real time (part of test)
	go test -timeout 10m ./e2e/cluster

soak: ## the same once as deployed: real thresholds, 10,000 sessions
	ROLLCALL_E2E_SCALE=1 go test -count=1 -timeout 60m -v ./e2e/cluster

faults: ## the fault checker, SEEDS schedules (default 200); a table at its end, also after Ctrl-C
	scripts/faults.sh

bench: ## the figures of docs/benchmarks.md
	scripts/bench.sh

lint: ## golangci-lint, built on first use
	scripts/lint.sh

fuzz: ## each fuzz target for FUZZTIME (default 10s)
	scripts/fuzz.sh

fmt:
	$(GOTOOL) gofumpt -w .

clean:
	rm -rf bin e2e/node_modules
