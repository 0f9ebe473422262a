#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs the operator as its container would: the image's file layout as working directory, uid 10001, nothing on the file
# system writable, and the files of its ServiceAccount where a pod finds them.
#   unshare --mount run-operator.sh <image layout> <folder with token, ca.crt, namespace> <arguments of flagger>
set -euo pipefail

image="$1" account="$2" node="$(dirname "$(readlink -f "$(command -v node)")")"
shift 2

mount -t tmpfs tmpfs /mnt
mkdir /mnt/image /mnt/node
mount --bind "$image" /mnt/image
mount --bind "$node" /mnt/node

mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/secrets/kubernetes.io/serviceaccount
mount --bind "$account" /run/secrets/kubernetes.io/serviceaccount

# Every mount that is left becomes read-only, for this process only.
while read -r _ target _; do
  case "$target" in /proc | /proc/* | /dev | /dev/* | /sys | /sys/*) continue ;; esac
  mount -o remount,bind,ro "$target" 2>/dev/null || true
done < <(tac /proc/mounts)

cd /mnt/image
# A user namespace with a single id (no root on this machine) cannot change to another.
if [[ "$(awk '{ print $3 }' /proc/self/uid_map)" -gt 10001 ]]; then
  identity=(setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all)
else
  identity=()
fi
exec env -i PATH="/mnt/node:/usr/local/bin:/usr/bin:/bin" HOME=/nonexistent \
  KUBERNETES_SERVICE_HOST="$E2E_API_HOST" KUBERNETES_SERVICE_PORT="$E2E_API_PORT" HOSTNAME="$E2E_HOSTNAME" \
  "${identity[@]}" ./flagger "$@"
