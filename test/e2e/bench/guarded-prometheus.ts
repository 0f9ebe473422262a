// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type RequestListener, type Server, createServer, request as httpRequest } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { prometheusUrl, scrapeConfigs } from './prometheus.js';
import { type CertificateFiles, makeCertificate } from './self-signed.js';
import type { Supervisor } from './supervisor.js';

/** Who may read; of the bench only, and there for the length of a run. */
export const reader = { username: 'reader', password: 'reader-password', token: 'reader-token' } as const;

/** A Prometheus with a certificate that nobody knows and Basic authentication, both its own. */
export const tlsPrometheusUrl = 'https://prometheus-tls:9090';
/** A proxy in front of the bench's Prometheus, with and without TLS, that wants the reader's password or token. */
export const gateHost = 'prometheus-gate';

/** Of the reader's password, at the least cost there is. */
const passwordHash = '$2b$04$g57kVv2YT5z4OUKEgoXdReNzA7GZs2P47gZhfCN4Su62ShYMllmLi';

export async function startGuardedPrometheus(supervisor: Supervisor, dataDir: string): Promise<void> {
  const certificate = makeCertificate(dataDir, 'prometheus', ['DNS:prometheus-tls', `DNS:${gateHost}`]);
  startTlsPrometheus(supervisor, dataDir, certificate);
  const { keyFile, certFile } = certificate;
  const tls = { key: readFileSync(keyFile), cert: readFileSync(certFile) };
  await listen(createServer(gate), 80);
  await listen(createTlsServer(tls, gate), 443);
}

function startTlsPrometheus(supervisor: Supervisor, dataDir: string, { keyFile, certFile }: CertificateFiles): void {
  const file = (name: string, content: object): string => {
    const path = join(dataDir, name);
    writeFileSync(path, stringify(content));
    return path;
  };
  const web = {
    tls_server_config: { cert_file: certFile, key_file: keyFile },
    basic_auth_users: { [reader.username]: passwordHash },
  };
  const config = { global: { scrape_interval: '2s', scrape_timeout: '2s' }, scrape_configs: scrapeConfigs };
  supervisor.start({
    name: 'prometheus-tls',
    command: 'prometheus',
    args: [
      `--config.file=${file('prometheus-tls.yml', config)}`,
      `--web.config.file=${file('prometheus-tls-web.yml', web)}`,
      `--storage.tsdb.path=${join(dataDir, 'prometheus-tls')}`,
      '--web.listen-address=10.0.0.71:9090',
    ],
  });
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '10.0.0.72');
  await once(server, 'listening');
}

/** A refusal repeats what it was sent, as careless servers do. */
const gate: RequestListener = ({ url, headers: { authorization = '' } }, response) => {
  const basic = Buffer.from(`${reader.username}:${reader.password}`).toString('base64');
  if (authorization !== `Bearer ${reader.token}` && authorization !== `Basic ${basic}`) {
    response.writeHead(401).end(`not for ${authorization}`);
    return;
  }
  httpRequest(prometheusUrl + (url ?? '/'), (answer) => {
    response.writeHead(answer.statusCode ?? 502, { 'Content-Type': answer.headers['content-type'] });
    answer.pipe(response);
  })
    .on('error', () => response.writeHead(502).end())
    .end();
};
