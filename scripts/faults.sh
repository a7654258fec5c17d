#!/usr/bin/env bash
# The fault checker for a night: SEEDS schedules from SEED on, then the table of
# docs/reliability.md on stdout. Ctrl-C ends with the table so far. More
# arguments go to the checker, as -topology sentinel or -fault failover; with
# MUTANTS=all it also runs the mutants.
set -euo pipefail
cd "$(dirname "$0")/../e2e/faults"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go test -c -o "$dir/faults" .
status=0
TMPDIR=$dir "$dir/faults" -test.run '^TestSeeds$' -test.timeout 0 -seeds "${SEEDS:-200}" -seed "${SEED:-1}" "$@" || status=$?
if [ -n "${MUTANTS:-}" ] && [ "$status" -ne 130 ]; then
	TMPDIR=$dir "$dir/faults" -test.run '^TestMutantsAreCaught$' -test.timeout 0 -mutants "$MUTANTS" || status=$?
fi
exit "$status"
