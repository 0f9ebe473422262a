// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../src/lib/clock.js';
import type { ApiServer } from '../src/sandbox/api-server/index.js';
import type { PodHost } from '../src/sandbox/local-cluster/index.js';
import type { Screen } from './screen.js';
import { compareWithGuide, type PartResult } from './transcript.js';
import type { Watcher } from './watcher.js';

export interface StoryDeps {
  readonly api: ApiServer;
  readonly pods: PodHost;
  readonly watcher: Watcher;
  readonly screen: Screen;
  readonly clock: Clock;
  /** The reason why the story cannot go on; undefined while it can. */
  readonly trouble: () => string | undefined;
}

const lookEveryMs = 200;
/** Longest time of one act. */
const limitMs = 180_000;
const image = 'ghcr.io/stefanprodan/podinfo';
const goodVersion = '6.0.1';
const badVersion = '6.0.2';

/** The demo cannot end as the guide shows. */
export class StoryFailed extends Error {}

/** Plays the guide: bootstrap, a new version that is promoted, a bad one that is rolled back. @throws StoryFailed */
export async function playGuide(deps: StoryDeps): Promise<readonly PartResult[]> {
  const { watcher } = deps;
  watcher.act = '1 of 3: Canary podinfo is applied. A primary takes over the traffic.';
  await until(deps, 'phase Initialized', () => watcher.phase() === 'Initialized');

  watcher.act = `2 of 3: kubectl set image deployment/podinfo podinfod=${image}:${goodVersion}`;
  const promotion = watcher.messages().length;
  setImage(deps.api, goodVersion);
  const promoted = 'Promotion completed! Scaling down podinfo.test';
  await until(deps, promoted, () => watcher.messages(promotion).includes(promoted));

  watcher.act = `3 of 3: podinfod=${image}:${badVersion}, which will fail when a fifth of the visitors use it`;
  const rollback = watcher.messages().length;
  setImage(deps.api, badVersion);
  const fatal = 'Advance podinfo.test canary weight 20';
  await until(deps, fatal, () => watcher.messages(rollback).includes(fatal));
  deps.pods.spoil(badVersion, 'error');
  const failed = 'Canary failed! Scaling down podinfo.test';
  await until(deps, failed, () => watcher.messages(rollback).includes(failed));

  return [
    compareWithGuide('promotion.txt', watcher.messages(promotion).slice(0, rollback - promotion)),
    compareWithGuide('rollback.txt', watcher.messages(rollback)),
  ];
}

function setImage(api: ApiServer, version: string): void {
  const patch = { spec: { template: { spec: { containers: [{ name: 'podinfod', image: `${image}:${version}` }] } } } };
  const deployments = api.resource('apps', 'v1', 'deployments');
  api.patch(deployments, { namespace: 'test', name: 'podinfo' }, { kind: 'strategic', patch });
}

async function until(deps: StoryDeps, what: string, isSo: () => boolean): Promise<void> {
  const { watcher, screen, clock, trouble } = deps;
  const deadlineMs = clock.monotonicMs() + limitMs;
  for (;;) {
    await watcher.look();
    screen.show(watcher.view());
    if (isSo()) return;
    const reason = trouble() ?? (clock.monotonicMs() > deadlineMs ? `waited in vain for: ${what}` : undefined);
    if (reason !== undefined) throw new StoryFailed(reason);
    await clock.sleep(lookEveryMs);
  }
}
