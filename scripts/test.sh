#!/usr/bin/env bash
# Every test, with the time each stage took. Nothing is skipped: what is
# missing is installed (scripts/needs.sh) or named, and then this fails.
set -euo pipefail
cd "$(dirname "$0")/.."

stage() {
	local name=$1 begin=$SECONDS
	shift
	echo "=== $name"
	"$@"
	times+=("$(printf '%5ds  %s' $((SECONDS - begin)) "$name")")
}

browser_tests() {
	local dir
	for dir in "$@"; do
		[ ! -d "$dir" ] || find "$dir" -name '*.test.*js' -print0 | sort -z | xargs -0r node --test
	done
}

times=()
stage needs scripts/needs.sh
stage check scripts/check.sh
stage "go test -race" go test -race -timeout 20m ./...
stage "javascript types" e2e/node_modules/.bin/tsc -p static/jsconfig.json
stage "javascript" browser_tests static
stage "browser" browser_tests e2e/browser

echo "=== times"
printf '%s\n' "${times[@]}"
