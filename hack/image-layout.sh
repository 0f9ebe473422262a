#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Assembles the root file system of the image in a directory: hack/image-layout.sh <directory>
#
# The Dockerfile calls it, and the end-to-end tests run the operator from what it makes. It holds ./flagger and
# ./loadtester, the bundle, Node, and what manifests and people call in a container: wget for the probes, a shell for
# kubectl exec.
# Everything also runs from the directory itself, without chroot.
set -eu

repository=$(cd "$(dirname "$0")/.." && pwd)
directory=${1:?"usage: hack/image-layout.sh <directory>"}
node=$repository/node_modules/node/bin/node

fail() {
  echo "image-layout: $1" >&2
  exit 1
}

[ -f "$repository/dist/flagger.mjs" ] || fail "dist/flagger.mjs is missing, run: npm run build"
[ -x "$node" ] || fail "node_modules/node is missing, run: npm ci"
wget=$(command -v wget) || fail "wget is not installed"
shell=$(readlink -f "$(command -v dash || command -v sh)")

# Copies a program to bin/ and the shared libraries that it loads to where it looks for them.
install_program() {
  install -m 755 -D "$(readlink -f "$1")" "$directory/bin/$2"
  ldd "$1" | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }' | while read -r library; do
    install -m 755 -D "$(readlink -f "$library")" "$directory$library"
  done
}

mkdir -p "$directory/dev" "$directory/etc" "$directory/proc" "$directory/tmp"
chmod 755 "$directory"
chmod 1777 "$directory/tmp"
install_program "$node" node
install_program "$wget" wget
install_program "$shell" sh

install -m 755 "$repository/hack/flagger" "$directory/flagger"
install -m 755 "$repository/hack/loadtester" "$directory/loadtester"
install -m 644 -D "$repository/dist/flagger.mjs" "$directory/opt/flagger/flagger.mjs"
install -m 644 "$repository/dist/forecast.mjs" "$directory/opt/flagger/"
install -m 644 "$repository/LICENSE" "$repository/dist/THIRD-PARTY-LICENSES" "$directory/opt/flagger/"

echo 'flagger:x:10001:10001:flagger:/:/bin/sh' >"$directory/etc/passwd"
echo 'flagger:x:10001:' >"$directory/etc/group"
echo 'hosts: files dns' >"$directory/etc/nsswitch.conf"
# A container runtime puts its own file here.
printf '127.0.0.1 localhost\n::1 localhost\n' >"$directory/etc/hosts"
