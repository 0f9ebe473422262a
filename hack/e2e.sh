#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# End-to-end tests: the shipped build on a real control plane, in a network namespace of its own.
#   hack/e2e.sh                    the whole suite
#   hack/e2e.sh guide              the user guide's promotion and rollback, with a live transcript
#   hack/e2e.sh scenarios [jest arguments]   only the scenarios that run side by side (for example: -t 'gate')
#   hack/e2e.sh install [jest arguments]     only the guide with the cluster-wide install, which needs a cluster for itself
#   hack/e2e.sh apart [jest arguments]       only what ends a control plane, or measures with little beside it
#   hack/e2e.sh shell              a shell beside a running bench, with kubectl set up
# Logs of every process, the audit log and the results are left in .e2e/<name>/. With E2E_BUILT set, dist/ is taken as it is.
set -euo pipefail

self="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/$(basename "${BASH_SOURCE[0]}")"
root="$(dirname "$(dirname "$self")")"
cd "$root"
PATH="$root/node_modules/.bin:$PATH"

# Second half: runs inside the namespaces, with the bench's name and the command to run beside it.
if [[ "${1:-}" == --inside ]]; then
  dir="$root/.e2e/$2"
  shift 2
  ip link set lo up
  ip address add 10.0.0.1/8 dev lo # makes every 10.x address ours: pods, proxy, webhooks
  mount --bind "$root/test/e2e/bench/hosts" /etc/hosts
  mkdir -p "$dir/data"
  mount -t tmpfs -o size=2g tmpfs "$dir/data"
  exec node --import tsx test/e2e/bench/main.ts --dir "$dir" -- "$@"
fi

# Starts a bench called $1 and runs the rest of the arguments beside it. Its processes live and die with it.
bench() {
  local name="$1" flags=(--net --mount --pid --fork --mount-proc --kill-child)
  shift
  [[ "$(id -u)" == 0 ]] || flags+=(--user --map-root-user)
  rm -rf "$root/.e2e/$name"
  mkdir -p "$root/.e2e/$name"
  unshare "${flags[@]}" "$self" --inside "$name" "$@"
}

# Runs one lane: the tests of a folder of test/e2e on one bench; the rest of the arguments are jest's. Scenarios mostly wait.
lane() {
  local name="$1" workers=--runInBand
  shift
  [[ "$name" != scenarios ]] || workers=--maxWorkers=5
  jest "$name" "$name" "$workers" "$@"
}

# Runs jest with a bench called $1 on the tests in test/e2e/$2; the rest of the arguments are jest's.
jest() {
  local name="$1" tests="$2"
  shift 2
  bench "$name" node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js \
    --config test/e2e/jest.config.json --roots "<rootDir>/test/e2e/$tests" --json --outputFile ".e2e/$name/result.json" "$@"
}

# Runs the files of lane $1 that failed once more, one after the other on a bench of their own: with everything at the same
# time on a slow machine a deadline may be missed. What passes only then is printed as such.
again() {
  local lane="$1" failed
  if [[ ! -f ".e2e/$lane/result.json" ]]; then
    echo "lane $lane left no results, once more"
    jest "$lane" "$lane" --runInBand
    return
  fi
  mapfile -t failed < <(tsx hack/e2e-results.ts failed ".e2e/$lane/result.json")
  [[ "${#failed[@]}" -gt 0 ]] || return 1
  echo "once more, alone: ${failed[*]#"$root/"}"
  jest "$lane-again" "$lane" --runInBand "${failed[@]}" || true
  tsx hack/e2e-results.ts merge ".e2e/$lane/result.json" ".e2e/$lane-again/result.json"
}

# Compares what all benches' operators asked of the API server with what the manifests grant.
permissions() {
  mkdir -p .e2e/permissions
  E2E_AUDIT_LOGS="$(printf '%s\n' .e2e/*/audit.jsonl | paste -sd:)" \
    node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js \
    --config test/e2e/jest.config.json --json --outputFile .e2e/permissions/result.json \
    --roots '<rootDir>/test/e2e/afterwards'
}

tools="$(hack/e2e-tools.sh)"
export PATH="${KUBEBUILDER_ASSETS:+$KUBEBUILDER_ASSETS:}$tools:$PATH" E2E_TOOLS="$tools"
[[ -n "${E2E_BUILT:-}" ]] || npm run --silent build
hack/image-layout.sh dist/image

case "${1:-all}" in
  guide) E2E_TRANSCRIPT=1 jest guide install guide.test.ts --runInBand ;;
  scenarios | install | apart) lane="$1" && shift && lane "$lane" "$@" ;;
  shell) bench shell bash -i ;;
  all)
    failed=0 failed_lanes=()
    declare -A running
    rm -rf .e2e/{install,apart,scenarios}{,-again}
    for lane in install apart scenarios; do
      (lane "$lane" 2>&1 | sed -u "s/^/$(printf '%-9s' "$lane") | /") &
      running[$lane]=$!
    done
    for lane in install apart scenarios; do
      wait "${running[$lane]}" || failed_lanes+=("$lane")
    done
    # Only now, when nothing else runs.
    for lane in "${failed_lanes[@]}"; do again "$lane" || failed=1; done
    permissions || failed=1
    exit "$failed"
    ;;
  *) sed -n '5,11s/^# \{0,1\}//p' "$self" >&2 && exit 2 ;;
esac
