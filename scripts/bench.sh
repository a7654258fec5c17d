#!/usr/bin/env bash
# Prints the figures the project promises: the costs of the parts, then a whole
# node under load with fsync.
set -euo pipefail
cd "$(dirname "$0")/.."
go test -run '^$' -bench . -benchmem ./...
mkdir -p bin
go build -o bin/rollcall ./cmd/rollcall
bin/rollcall bench push
