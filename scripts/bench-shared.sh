#!/usr/bin/env bash
# What many nodes cost: Redis, and a Cluster of three, are started on free
# ports of loopback in a temporary folder and end with this script.
set -euo pipefail
cd "$(dirname "$0")/.."
for command in redis-server redis-cli; do
	command -v "$command" >/dev/null || { echo "missing: $command (Debian's package redis-server)" >&2; exit 1; }
done
mkdir -p bin
go build -o bin/rollcall ./cmd/rollcall

dir=$(mktemp -d)
pids=()
finish() {
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
	wait
	rm -rf "$dir"
}
trap finish EXIT

# redis PORT [options]: a server without persistence, until it answers
redis() {
	local port=$1
	mkdir -p "$dir/$port"
	redis-server --port "$port" --bind 127.0.0.1 --dir "$dir/$port" --save "" --logfile log "${@:2}" &
	pids+=($!)
	until redis-cli -p "$port" ping >/dev/null 2>&1; do sleep 0.05; done
}
base=$((16000 + RANDOM % 4000))

echo "=== events applied exactly once, beside a bare pipelined ZINCRBY: members, then nodes"
redis "$base"
bin/rollcall bench shared --redis "redis://127.0.0.1:$base" --members 10000,100000,1000000
bin/rollcall bench shared --redis "redis://127.0.0.1:$base" --nodes 2,4

echo "=== boards over a Cluster of three primaries"
nodes=()
for i in 1 2 3; do
	redis $((base + i)) --cluster-enabled yes
	nodes+=("127.0.0.1:$((base + i))")
done
redis-cli --cluster create "${nodes[@]}" --cluster-yes >/dev/null
sleep 2
bin/rollcall bench shared --redis "redis-cluster://$(IFS=,; echo "${nodes[*]}")" --members 100000 --boards 1,10,100

echo "=== presence: beats, joins, sweeps, memory (CPU of Redis)"
go test -run '^$' -bench . -benchtime 3x ./presence/redisroster
echo "=== bytes on the bus"
go test -run '^$' -bench 'Encode|Decode|Tell' -benchtime 2000x ./hub/natsbus
