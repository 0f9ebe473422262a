// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../../../src/api/index.js';
import { api, resourcePath } from '../bench/api.js';

export interface AccountFolderSpec {
  /** Of the pod that there would be. */
  readonly pod: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** A folder as the kubelet mounts it into a pod, with a fresh token: token, ca.crt, namespace. */
export async function accountFolder({ pod, namespace, serviceAccount }: AccountFolderSpec): Promise<string> {
  const path = resourcePath('serviceaccounts', namespace, serviceAccount, 'token');
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 7_200 },
  };
  const answer = await api.create<KubeObject & { readonly status: { readonly token: string } }>(path, request);
  const folder = join(process.env.E2E_DIR ?? '', 'data', `account-${pod}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'token'), answer.status.token);
  writeFileSync(join(folder, 'namespace'), namespace);
  copyFileSync(process.env.E2E_CA ?? '', join(folder, 'ca.crt'));
  return folder;
}
