// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import type { PodTemplate } from '../../../src/api/index.js';
import { api, resourcePath } from '../bench/api.js';
import { bench } from '../bench/control.js';
import { apiServerAddress, apiServerPort } from '../bench/control-plane.js';
import { type RunningProcess, lastLines, startProcess } from '../bench/process.js';
import { waitFor } from '../bench/wait.js';
import { accountFolder } from './account-folder.js';

/** Port of the process; the one of its manifest belongs to the operator here, which shares its network. */
const port = 8_090;
const imageLayout = resolve('dist/image');
const launcher = resolve('test/e2e/bench/run-load-tester.sh');

/**
 * The shipped load tester with the command, ServiceAccount and tools of its installed Deployment. While it runs, it is what
 * http://flagger-loadtester.test/ leads to.
 */
export class LoadTester {
  private process: RunningProcess | undefined;
  private readonly logFile = join(process.env.E2E_DIR ?? '', 'load-tester.log');

  async start(): Promise<this> {
    const deployment = await api.get(resourcePath('deployments', 'test', 'flagger-loadtester'));
    // Parse boundary: the API server has accepted it as a Deployment.
    const { template } = deployment.spec as { readonly template: PodTemplate };
    const { serviceAccountName: serviceAccount, containers } = template.spec as unknown as {
      readonly serviceAccountName: string;
      readonly containers: readonly { readonly command: readonly string[] }[];
    };
    const command = (containers[0]?.command ?? []).map((word) => word.replace(/^-port=.*/, `-port=${port}`));
    const account = await accountFolder({ pod: 'load-tester', namespace: 'test', serviceAccount });
    this.process = startProcess({
      name: 'load-tester',
      command: 'unshare',
      args: ['--mount', launcher, imageLayout, account, ...command],
      env: { E2E_API_HOST: apiServerAddress, E2E_API_PORT: String(apiServerPort) },
      logFile: this.logFile,
    });
    await bench.passHooksTo(port);
    await waitFor('the load tester answers', async () => {
      if (this.process?.isRunning() !== true) throw new Error(`it ended:\n${lastLines(this.logFile)}`);
      return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
    });
    return this;
  }

  /** Ends it as a kubelet does. Resolves with the exit code, or the signal when it had to be killed. */
  async stop(): Promise<number | NodeJS.Signals> {
    if (this.process === undefined) throw new Error('The load tester was never started');
    await this.process.stop('SIGTERM', 20_000);
    await bench.passHooksTo(undefined);
    return this.process.exited;
  }

  /** Status and body that a call gets, which a user makes with curl. */
  async post(path: string, body: unknown): Promise<readonly [status: number, body: string]> {
    const answer = await fetch(`http://flagger-loadtester.test${path}`, { method: 'POST', body: JSON.stringify(body) });
    return [answer.status, await answer.text()];
  }

  /** The first sample of this metric in its `/metrics` that has the label; 0 when there is none. */
  async metric(name: string, label: string): Promise<number> {
    const text = await (await fetch('http://flagger-loadtester.test/metrics')).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name}{`) && each.includes(label));
    return Number(line?.split(' ').at(-1) ?? 0);
  }
}
