// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Who talks to the API server, besides the operators with their ServiceAccounts. Distinct names keep the audit log readable. */
const administrators = ['bench', 'kube-controller-manager', 'kwok'] as const;
export type Administrator = (typeof administrators)[number];

export interface Credentials {
  readonly caFile: string;
  readonly serverCertFile: string;
  readonly serverKeyFile: string;
  readonly serviceAccountKeyFile: string;
  readonly serviceAccountPublicFile: string;
  readonly tokenFile: string;
  readonly kubeconfig: Readonly<Record<Administrator, string>>;
}

/** Makes a certificate authority, the API server's certificate for `address` and one kubeconfig per administrator. */
export function makeCredentials(dir: string, address: string, port: number): Credentials {
  const file = (name: string): string => join(dir, name);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=e2e-ca');
  openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=kube-apiserver');
  writeFileSync(file('server.ext'), `subjectAltName=IP:${address},IP:127.0.0.1,DNS:kubernetes.default.svc\n`);
  openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-out', 'server.crt', '-days', '2', '-extfile', 'server.ext'],
  );

  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(file('sa.key'), pair.privateKey.export({ type: 'pkcs1', format: 'pem' }));
  writeFileSync(file('sa.pub'), pair.publicKey.export({ type: 'spki', format: 'pem' }));

  const tokens = administrators.map((user) => ({ user, token: randomBytes(16).toString('hex') }));
  writeFileSync(
    file('tokens.csv'),
    tokens.map(({ user, token }) => `${token},${user},${user},"system:masters"\n`).join(''),
  );
  const server = `https://${address}:${port}`;
  const kubeconfigs = tokens.map(({ user, token }) => {
    writeFileSync(file(`${user}.kubeconfig`), kubeconfigText(server, file('ca.crt'), token));
    return [user, file(`${user}.kubeconfig`)] as const;
  });
  return {
    caFile: file('ca.crt'),
    serverCertFile: file('server.crt'),
    serverKeyFile: file('server.key'),
    serviceAccountKeyFile: file('sa.key'),
    serviceAccountPublicFile: file('sa.pub'),
    tokenFile: file('tokens.csv'),
    // The table has exactly the administrators as keys, which fromEntries cannot tell the compiler.
    kubeconfig: Object.fromEntries(kubeconfigs) as Record<Administrator, string>,
  };
}

/** A kubeconfig for one user; JSON is YAML. */
function kubeconfigText(server: string, caFile: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'e2e',
    clusters: [{ name: 'e2e', cluster: { server, 'certificate-authority': caFile } }],
    users: [{ name: 'e2e', user: { token } }],
    contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'e2e' } }],
  });
}
