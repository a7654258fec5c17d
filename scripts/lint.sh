#!/usr/bin/env bash
# golangci-lint at a fixed version; its cold build takes minutes, so it is not
# part of make check.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v2.15.0
lint=bin/golangci-lint-$version
if [ ! -x "$lint" ]; then
	mkdir -p bin
	GOBIN=$PWD/bin go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$version"
	mv bin/golangci-lint "$lint"
fi
exec "$lint" run "$@" ./...
