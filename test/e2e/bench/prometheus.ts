// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Supervisor } from './supervisor.js';
import { waitFor } from './wait.js';

export const prometheusUrl = 'http://flagger-prometheus:9090';

/** What Prometheus scrapes: the proxy's metrics and those of an operator that runs with the port of the manifests. */
export const scrapeConfigs = [
  { job_name: 'skipper', static_configs: [{ targets: ['skipper-ingress.kube-system:9911'] }] },
  { job_name: 'flagger', static_configs: [{ targets: ['127.0.0.1:8080'] }] },
];
const config = { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: scrapeConfigs };

export async function startPrometheus(supervisor: Supervisor, dataDir: string): Promise<void> {
  const configFile = join(dataDir, 'prometheus.yml');
  writeFileSync(configFile, stringify(config));
  supervisor.start({
    name: 'prometheus',
    command: 'prometheus',
    args: [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(dataDir, 'prometheus')}`,
      `--web.listen-address=10.0.0.70:9090`,
    ],
  });
  await waitFor('Prometheus is ready', async () => (await fetch(`${prometheusUrl}/-/ready`)).ok);
}

/** Value of the first series of an instant query; undefined when there is none. */
export async function queryPrometheus(query: string): Promise<number | undefined> {
  const answer = await fetch(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`);
  // Parse boundary: Prometheus's documented answer to an instant query.
  const { data } = (await answer.json()) as {
    readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
  };
  const [first] = data.result;
  return first === undefined ? undefined : Number(first.value[1]);
}
