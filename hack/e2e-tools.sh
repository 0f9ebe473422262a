#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Finds or makes everything that the end-to-end tests run, and prints the folder of the tools that were built.
#   kube-apiserver, kube-controller-manager, kubectl, kwok   from $KUBEBUILDER_ASSETS, else built with Go from hack/tools
#   etcd, prometheus, ip, unshare, setpriv, openssl, wget,
#   curl, hey                                                from PATH, else installed by apt-get (as root on Debian)
# Builds go to ${XDG_CACHE_HOME:-~/.cache}/flagger-skipper/e2e-tools and are kept until the versions in hack/tools change.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/flagger-skipper/e2e-tools"
mkdir -p "$cache"

say() { echo "e2e-tools: $*" >&2; }
fail() { say "$*"; exit 1; }

# Two lanes or two clones may ask at the same time; one builds, the others wait for it.
exec 9>"$cache/lock"
if command -v flock >/dev/null; then flock 9; fi

# The version that hack/tools/<module> asks for.
wanted_version() { # module path
  awk -v path="$2" '$1 == path && $2 ~ /^v/ { print $2; exit } $1 == "require" && $2 == path { print $3; exit }' \
    "$root/hack/tools/$1/go.mod"
}

in_assets() { [[ -n "${KUBEBUILDER_ASSETS:-}" && -x "$KUBEBUILDER_ASSETS/$1" ]]; }

# True when the cached binary says that it has this version.
is_cached() { # binary version
  local args=(--version) said
  [[ "$1" == kubectl ]] && args=(version --client)
  [[ -x "$cache/$1" ]] && said="$("$cache/$1" "${args[@]}" 2>/dev/null)" || return 1
  grep -qE "(^|[^0-9.])${2//./\\.}([^0-9.]|$)" <<<"$said"
}

need_go() {
  command -v go >/dev/null ||
    fail "$1 is missing and Go is not installed: install Go $(awk '$1 == "go" { print $2 }' "$root/hack/tools/kwok/go.mod") or newer, or set KUBEBUILDER_ASSETS to a folder that has it"
}

build() { # module binary package ldflags
  need_go "$2"
  say "building $2 from hack/tools/$1 (kept in $cache)"
  (cd "$root/hack/tools/$1" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w $4" -o "$cache/$2.new" "$3") ||
    fail "cannot build $2; see the output of go build above"
  mv "$cache/$2.new" "$cache/$2"
}

kubernetes_ldflags() { # version
  local package=k8s.io/component-base/version plain="${1#v}"
  echo "-X $package.gitVersion=$1 -X $package.gitTreeState=clean" \
    "-X $package.gitMajor=${plain%%.*} -X $package.gitMinor=$(cut -d. -f2 <<<"$plain")"
}

kubernetes="$(wanted_version kubernetes k8s.io/kubernetes)"
kwok="$(wanted_version kwok sigs.k8s.io/kwok)"
[[ -n "$kubernetes" && -n "$kwok" ]] || fail "hack/tools/*/go.mod name no version of k8s.io/kubernetes or sigs.k8s.io/kwok"

for binary in kube-apiserver kube-controller-manager kubectl; do
  in_assets "$binary" || is_cached "$binary" "$kubernetes" ||
    build kubernetes "$binary" "k8s.io/kubernetes/cmd/$binary" "$(kubernetes_ldflags "$kubernetes")"
done
in_assets kwok || is_cached kwok "$kwok" ||
  build kwok kwok sigs.k8s.io/kwok/cmd/kwok "-X sigs.k8s.io/kwok/pkg/consts.Version=$kwok"

# KWOK's rules for nodes and pods are YAML files inside its module; the bench adjusts copies of them at start.
stages="$cache/kwok-stages-$kwok"
if [[ ! -d "$stages" ]]; then
  need_go "the folder of KWOK's stages"
  module="$(cd "$root/hack/tools/kwok" && go mod download sigs.k8s.io/kwok && go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)"
  mkdir -p "$stages.new"
  cp "$module"/kustomize/stage/pod/fast/pod-*.yaml "$module"/kustomize/stage/node/fast/node-*.yaml \
    "$module"/kustomize/stage/node/heartbeat-with-lease/node-*.yaml "$stages.new/"
  chmod -R u+w "$stages.new"
  mv "$stages.new" "$stages"
fi
ln -sfn "$stages" "$cache/kwok-stages"

# command:debian-package of what the distribution brings.
missing=()
for pair in etcd:etcd-server prometheus:prometheus ip:iproute2 unshare:util-linux setpriv:util-linux openssl:openssl wget:wget \
  curl:curl hey:hey; do
  in_assets "${pair%%:*}" || command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
if ((${#missing[@]} > 0)); then
  if [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null; then
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >&2 ||
      fail "apt-get cannot install ${missing[*]}; install them by hand"
  else
    fail "please install: ${missing[*]}"
  fi
fi

echo "$cache"
