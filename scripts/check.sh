#!/usr/bin/env bash
# The checks before every commit: what a machine can say without running tests.
set -euo pipefail
cd "$(dirname "$0")/.."
tool() { go tool -modfile=tools/go.mod "$@"; }

unformatted=$(tool gofumpt -l .)
if [ -n "$unformatted" ]; then
	echo "not formatted (make fmt):" "$unformatted" >&2
	exit 1
fi
go vet ./...
tool staticcheck ./...
go mod tidy -diff
go test -run '^TestImports' .
