#!/usr/bin/env bash
# Prints the figures of docs/benchmarks.md: what the parts cost, then a whole
# node under load with fsync. Takes some minutes; give it an idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "=== ranking index and replica at 100 k and 1 M members"
go test -run '^$' -bench 'Index(Update|Rank|Top100)|Replica(Rank|Update)' -benchtime 300000x -benchmem ./leaderboard
go test -run '^$' -bench 'Memory' -benchtime 1x ./leaderboard
echo "=== embedded store: batches applied and fsynced"
go test -run '^$' -bench Apply -benchtime 2000x -benchmem ./leaderboard/pebbleboard
echo "=== the cost of a frame"
go test -run '^$' -bench 'Frame|TickOf|ScoreMessage|Publish|Idle' -benchtime 1000x -benchmem ./hub ./hub/fanout
echo "=== a whole node: score events acknowledged, with fsync"
mkdir -p bin
go build -o bin/rollcall ./cmd/rollcall
bin/rollcall bench push --own
scripts/bench-shared.sh
