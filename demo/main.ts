// SPDX-License-Identifier: Apache-2.0
/*
 * The demo: a cluster in this process, the shipped operator beside it, and the user guide from bootstrap to promotion and
 * rollback. Exit code 0 only when it said what the guide shows.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/lib/clock.js';
import { silentLogger } from '../src/lib/logger.js';
import { errorText } from '../src/lib/operator-error.js';
import { systemRandom } from '../src/lib/random.js';
import { startLocalCluster, Visitors, type LocalCluster } from '../src/sandbox/local-cluster/index.js';
import { timeText } from './frame.js';
import { applyGuide } from './manifests.js';
import { OperatorProcess } from './operator-process.js';
import { createScreen, type Screen } from './screen.js';
import { playGuide, StoryFailed } from './story.js';
import type { PartResult } from './transcript.js';
import { Watcher } from './watcher.js';

const usage = `npm run demo -- [--keep] [--plain] [--interval 2s]
  --keep      afterwards the cluster goes on until Ctrl-C, for kubectl and curl
  --plain     lines instead of a live view, as when the output is no terminal
  --interval  pause between two checks of the analysis, a duration such as 2s
`;

const visitsPerSecond = 50;
const failedChecks = 3;

interface Options {
  readonly keep: boolean;
  readonly plain: boolean;
  readonly interval: string;
}

function startOperator(cluster: LocalCluster, folder: string, interval: string): OperatorProcess {
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, cluster.kubeconfig);
  return new OperatorProcess({
    bundle: 'dist/flagger.mjs',
    args: [
      `-kubeconfig=${kubeconfig}`,
      '-port=0',
      '-log-level=info',
      '-metrics-server=skipper',
      `-skipper-metrics-addresses=${cluster.skipperMetricsUrl}`,
      `-analysis-interval-floor=${interval}`,
      // Skipper looks at the cluster every 500 ms here, not every 3 s.
      '-settle-time=1500ms',
    ],
    // The names of Services, as a pod finds them by DNS.
    environment: { HTTP_PROXY: cluster.serviceProxyUrl },
    logFile: join(folder, 'operator.log'),
  });
}

function summary(results: readonly PartResult[], watcher: Watcher): string {
  const { elapsedMs, visits, failedVisits } = watcher.view();
  const { primary, canary } = watcher.errors();
  const lines = results.map(({ file, lines: count, missing }) => {
    const said = `${count - missing.length} of ${count} lines of the guide's ${file}`;
    return missing.length === 0
      ? `  as in the guide: ${said}`
      : `  NOT as in the guide: ${said}; missing:\n    ${missing.join('\n    ')}`;
  });
  return [
    `\nDone in ${timeText(elapsedMs)}: ${watcher.version('podinfo-primary')} was promoted, ${watcher.version('podinfo')} was rolled back.`,
    ...lines,
    `  visitors: ${visits} requests, ${failedVisits} failed; by Skipper's count ${canary} at the canary, ${primary} at the primary`,
  ].join('\n');
}

function keepText(cluster: LocalCluster, folder: string): string {
  const app = `curl -H 'Host: app.example.com' ${cluster.appUrl}`;
  return `
The cluster goes on until Ctrl-C. In another terminal:

  export KUBECONFIG=${join(folder, 'kubeconfig')}
  kubectl get canary -w
  kubectl set image deployment/podinfo podinfod=ghcr.io/stefanprodan/podinfo:6.0.3
  kubectl describe canary podinfo

The app, and its faults:

  ${app}
  ${app}/status/500
  ${app}/delay/1
  (a version with -bad, -flaky, -slow or -crash in its tag has the fault by itself)

Log of the operator: ${join(folder, 'operator.log')}
`;
}

interface Stage {
  readonly cluster: LocalCluster;
  readonly operator: OperatorProcess;
  readonly watcher: Watcher;
  readonly screen: Screen;
  readonly stopped: AbortSignal;
}

/** @returns the exit code */
async function play({ cluster, operator, watcher, screen, stopped }: Stage): Promise<number> {
  const trouble = (): string | undefined => {
    if (stopped.aborted) return 'interrupted';
    return operator.isRunning() ? undefined : 'the operator has ended';
  };
  try {
    const { api, pods } = cluster;
    const results = await playGuide({ api, pods, watcher, screen, clock: systemClock, trouble });
    screen.say(summary(results, watcher));
    return results.every(({ missing }) => missing.length === 0) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof StoryFailed)) throw error;
    screen.say(`\n${error.message}`);
    if (!stopped.aborted) screen.say(`The operator's last words:\n${operator.lastLines(20)}`);
    return 1;
  }
}

async function watchOn({ watcher, screen, stopped }: Stage): Promise<void> {
  watcher.act = 'Your turn';
  while (!stopped.aborted) {
    await systemClock.sleep(500, stopped);
    await watcher.look();
    screen.show(watcher.view());
  }
}

async function run({ keep, plain, interval }: Options): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  const folder = mkdtempSync(join(tmpdir(), 'flagger-demo-'));
  const screen = createScreen(process.stdout, plain);
  const cluster = await startLocalCluster({ clock: systemClock, random: systemRandom, log: silentLogger });
  applyGuide(cluster.api, { interval, failedChecks });
  const { appUrl: url, skipperMetricsUrl: metricsUrl } = cluster;
  const visitors = new Visitors({ clock: systemClock, url, host: 'app.example.com', perSecond: visitsPerSecond });
  const operator = startOperator(cluster, folder, interval);
  const watcher = new Watcher({ api: cluster.api, clock: systemClock, visitors, metricsUrl });
  const stage: Stage = { cluster, operator, watcher, screen, stopped: stop.signal };
  try {
    visitors.start();
    const code = await play(stage);
    if (keep && !stop.signal.aborted) {
      screen.say(keepText(cluster, folder));
      await watchOn({ ...stage, screen: createScreen(process.stdout, true) });
    }
    return code;
  } finally {
    screen.close();
    visitors.stop();
    watcher.stop();
    await operator.stop();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  const { values } = parseArgs({
    options: {
      keep: { type: 'boolean', default: false },
      plain: { type: 'boolean', default: false },
      interval: { type: 'string', default: '2s' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) process.stdout.write(usage);
  else process.exitCode = await run(values);
} catch (error) {
  process.stderr.write(`${errorText(error)}\n`);
  process.exitCode = 1;
}
