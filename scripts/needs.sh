#!/usr/bin/env bash
# Makes sure that what the tests need is there. On Debian as root it installs
# what is missing; elsewhere it says so by name and fails.
set -euo pipefail
cd "$(dirname "$0")/.."

for command in go git node npm; do
	if ! command -v "$command" >/dev/null; then
		echo "missing: $command (needed everywhere, never installed by this script)" >&2
		exit 1
	fi
done

# command:Debian package. libc6-dev has no command; a header tells.
packages=()
for pair in gcc:gcc redis-server:redis-server chromium:chromium nginx:nginx strace:strace; do
	command -v "${pair%%:*}" >/dev/null || packages+=("${pair##*:}")
done
[ -e /usr/include/stdlib.h ] || packages+=(libc6-dev)

if [ ${#packages[@]} -gt 0 ]; then
	if [ ! -e /etc/debian_version ] || [ "$(id -u)" != 0 ]; then
		echo "missing: ${packages[*]} (Debian's names); install them, or run this on Debian as root" >&2
		exit 1
	fi
	echo "installing ${packages[*]}"
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

# npm ci only when the lock file is newer than what it installed.
if [ ! -e e2e/node_modules/.package-lock.json ] || [ e2e/package-lock.json -nt e2e/node_modules/.package-lock.json ]; then
	(cd e2e && npm ci --silent)
	touch e2e/node_modules/.package-lock.json
fi
