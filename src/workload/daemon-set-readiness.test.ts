// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { DaemonSet } from '../api/kubernetes.js';
import { scaleToZeroNodeSelector } from '../api/names.js';
import { daemonSetProgress, daemonSetReadiness } from './daemon-set-readiness.js';
import { aDaemonSet, aTemplate } from './test-objects.js';

const rule = { readyThresholdPercent: 100, deadlineMs: 60_000, stalledMs: 0 };
const complete = { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 };

function withStatus(status: DaemonSet['status'], spec: Partial<DaemonSet['spec']> = {}): DaemonSet {
  return aDaemonSet(spec, { observedGeneration: 2, ...status }, { generation: 2 });
}

describe('daemonSetReadiness', () => {
  it('is ready when all pods are updated and available', () => {
    expect(daemonSetReadiness(withStatus(complete), rule)).toEqual({ kind: 'ready' });
  });

  it.each<{
    status: DaemonSet['status'];
    percent: number;
    cause: string;
    text: string;
  }>`
    status                                        | percent | cause                 | text
    ${{ observedGeneration: 1 }}                  | ${100}  | ${'stale-generation'} | ${'observed daemonset generation less than desired generation'}
    ${{ ...complete, updatedNumberScheduled: 1 }} | ${100}  | ${'updating'}         | ${'1 out of 3 new pods have been updated'}
    ${{ ...complete, numberAvailable: 1 }}        | ${100}  | ${'unavailable'}      | ${'1 of 3 (readyThreshold 100%) updated pods are available'}
    ${{ ...complete, numberAvailable: 1 }}        | ${80}   | ${'unavailable'}      | ${'1 of 2 (readyThreshold 80%) updated pods are available'}
    ${{ desiredNumberScheduled: 0 }}              | ${100}  | ${'no-nodes'}         | ${'no node is to run its pods'}
  `('waits: $text', ({ status, percent, cause, text }) => {
    const readiness = daemonSetReadiness(withStatus(status), { ...rule, readyThresholdPercent: percent });
    expect(readiness).toEqual({ kind: 'waiting', cause, message: `waiting for rollout to finish: ${text}` });
  });

  it('is ready with as many available pods as the threshold asks for', () => {
    const readiness = daemonSetReadiness(withStatus({ ...complete, numberAvailable: 2 }), {
      ...rule,
      readyThresholdPercent: 80,
    });
    expect(readiness).toEqual({ kind: 'ready' });
  });

  it('waits for one that is scaled to zero, for ever', () => {
    const template = aTemplate({ nodeSelector: { [scaleToZeroNodeSelector]: 'true' } });
    const readiness = daemonSetReadiness(withStatus({ desiredNumberScheduled: 0 }, { template }), {
      ...rule,
      stalledMs: 3_600_000,
    });
    expect(readiness).toMatchObject({ kind: 'waiting', cause: 'scaled-to-zero' });
  });

  it('D52: fails when nothing has moved for longer than the deadline, whenever the Canary was last written', () => {
    const stuck = withStatus({ ...complete, numberAvailable: 2 });
    expect(daemonSetReadiness(stuck, { ...rule, stalledMs: 60_000 })).toMatchObject({ kind: 'waiting' });
    expect(daemonSetReadiness(stuck, { ...rule, stalledMs: 60_001 })).toEqual({
      kind: 'failed',
      message: 'exceeded its progressDeadlineSeconds: 60',
    });
    expect(daemonSetReadiness(withStatus(complete), { ...rule, stalledMs: 60_001 })).toEqual({ kind: 'ready' });
  });
});

describe('daemonSetProgress', () => {
  it('D52: tells of a new template and of every pod that moves on, and of nothing else', () => {
    const before = daemonSetProgress(withStatus(complete));
    const { metadata } = withStatus(complete);
    expect(daemonSetProgress(withStatus({ ...complete, numberAvailable: 2 }))).not.toBe(before);
    expect(daemonSetProgress(withStatus({ ...complete, updatedNumberScheduled: 2 }))).not.toBe(before);
    expect(daemonSetProgress({ ...withStatus(complete), metadata: { ...metadata, generation: 3 } })).not.toBe(before);
    expect(daemonSetProgress({ ...withStatus(complete), metadata: { ...metadata, labels: { a: 'b' } } })).toBe(before);
  });
});
