#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs the operator as its container would: the image's file system as a read-only root, uid 10001, and the files of its
# ServiceAccount where a pod finds them.
#   unshare --mount --uts run-operator.sh <image layout> <folder with token, ca.crt, namespace> <arguments of flagger>
set -euo pipefail

image="$1" account="$2" root=/mnt
shift 2

hostname "$E2E_HOSTNAME"

mount -t tmpfs -o mode=755 tmpfs "$root"
for entry in "$image"/*; do
  target="$root/$(basename "$entry")"
  if [[ -d "$entry" ]]; then mkdir "$target"; else touch "$target"; fi
  mount --bind "$entry" "$target"
  mount -o remount,bind,ro "$target"
done
# What a container runtime adds.
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind /etc/hosts "$root/etc/hosts"
mkdir -p "$root/var/run/secrets/kubernetes.io/serviceaccount"
mount --bind "$account" "$root/var/run/secrets/kubernetes.io/serviceaccount"
mount -o remount,bind,ro "$root/var/run/secrets/kubernetes.io/serviceaccount"
mount -o remount,bind,ro "$root"

# A user namespace with a single id (no root on this machine) cannot change to another.
user=()
if [[ "$(awk '{ print $3 }' /proc/self/uid_map)" -gt 10001 ]]; then user=(--userspec=10001:10001 --groups=); fi
exec env -i PATH=/bin KUBERNETES_SERVICE_HOST="$E2E_API_HOST" KUBERNETES_SERVICE_PORT="$E2E_API_PORT" \
  HOSTNAME="$E2E_HOSTNAME" /usr/bin/setpriv --no-new-privs /usr/sbin/chroot "${user[@]}" "$root" ./flagger "$@"
