// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { adminApiUrl } from './api.js';
import type { Supervisor } from './supervisor.js';
import { waitFor } from './wait.js';

export const proxyUrl = 'http://skipper-ingress.kube-system';
const supportUrl = 'http://skipper-ingress.kube-system:9911';

/**
 * The arguments with which the guide runs Skipper, as far as they change what it does here, and where the bench has its things.
 * There is one bucket more, at the bound of the guide's custom metric, as docs/metrics.md advises: without it everything
 * between 10 ms and 1 s, usual times on a busy machine, would be a guess.
 */
const args = [
  '-address=10.0.0.90:80',
  '-support-listener=10.0.0.90:9911',
  '-kubernetes',
  `-kubernetes-url=${adminApiUrl}`,
  '-kubernetes-path-mode=path-prefix',
  '-kubernetes-https-redirect=false',
  '-enable-kubernetes-endpointslices',
  '-source-poll-timeout=3000',
  '-wait-first-route-load',
  '-enable-connection-metrics',
  '-histogram-metric-buckets=.01,.5,1,10,100',
  '-metrics-flavour=prometheus',
  '-route-backend-metrics',
  '-route-response-metrics',
  '-serve-host-metrics',
  '-serve-route-metrics',
];

/** Starts `skipper` when it is on PATH, else the double of src/sandbox, with the same arguments. Returns which. */
export async function startProxy(supervisor: Supervisor): Promise<'skipper' | 'double'> {
  const real = isOnPath('skipper');
  supervisor.start({
    name: 'skipper',
    command: real ? 'skipper' : 'node',
    args: real ? args : ['--import', 'tsx', 'src/sandbox/skipper-double/main.ts', ...args],
  });
  await waitFor('Skipper serves its metrics', async () => (await fetch(`${supportUrl}/metrics`)).ok);
  return real ? 'skipper' : 'double';
}

/** What the proxy counts, in the text format of Prometheus. */
export async function proxyMetrics(): Promise<string> {
  return (await fetch(`${supportUrl}/metrics`)).text();
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
