#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs the load tester as its container would: a read-only root with the tools of its image, which are this machine's own,
# an empty /tmp, uid 10001, the image's working directory, and the files of its ServiceAccount where a pod finds them.
#   unshare --mount run-load-tester.sh <image layout> <folder with token, ca.crt, namespace> <command of the container>
set -euo pipefail

image="$1" account="$2" home=/mnt/app
shift 2

mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir "$home"
mount --bind "$image" "$home"
mount -o remount,bind,ro "$home"
mkdir /mnt/account
mount --bind "$account" /mnt/account
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/secrets/kubernetes.io/serviceaccount
mount --bind /mnt/account /run/secrets/kubernetes.io/serviceaccount
mount -o remount,bind,ro /run/secrets/kubernetes.io/serviceaccount
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -o remount,bind,ro /

# A user namespace with a single id (no root on this machine) cannot change to another.
user=()
if [[ "$(awk '{ print $3 }' /proc/self/uid_map)" -gt 10001 ]]; then user=(--reuid=10001 --regid=10001 --clear-groups); fi
cd "$home"
exec env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/tmp KUBERNETES_SERVICE_HOST="$E2E_API_HOST" \
  KUBERNETES_SERVICE_PORT="$E2E_API_PORT" /usr/bin/setpriv --no-new-privs "${user[@]}" "$@"
