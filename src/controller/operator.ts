// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type { Clock } from '../lib/clock.js';
import { sameJson } from '../lib/hash.js';
import type { Logger } from '../lib/logger.js';
import type { NewToken, Random } from '../lib/random.js';
import type { EndpointCount, KubeClient, StoreChange, StoredObject } from '../kube/index.js';
import type { EventRecorder } from '../kube/index.js';
import type { Metrics } from '../observability/index.js';
import type { CheckRequest } from '../rollout/index.js';
import { plan } from '../rollout/index.js';
import type { CheckSubject } from './checks/check-parts.js';
import type { PartRunner } from './checks/check-runner.js';
import { CheckRunner } from './checks/check-runner.js';
import type { ClusterCache } from './cluster/cluster-cache.js';
import { ConfigFactsReader } from './cluster/config-facts.js';
import { Executor } from './execute/execute.js';
import { interestIn, Interests } from './queue/interests.js';
import { queueKey } from './canary-identity.js';
import type { ReconcilerDeps } from './reconciler.js';
import { Reconciler } from './reconciler.js';
import { PrimarySizes } from './workloads/primary-sizes.js';
import { RepairAttempts } from './execute/repair-attempts.js';
import { RepairLimit } from './execute/repair-limit.js';
import type { ReporterDeps } from './report/report.js';
import { Reporter } from './report/report.js';
import { SettleTracker } from './observe/settle-tracker.js';
import { SpecReader } from './cluster/spec-reader.js';
import type { WorkResult } from './queue/work-queue.js';
import { WorkQueue } from './queue/work-queue.js';

export interface OperatorSettings {
  readonly meshProvider: string;
  readonly analysisIntervalFloorMs: number;
  readonly settleTimeMs: number;
  readonly threadiness: number;
  readonly noCrossNamespaceRefs: boolean;
  readonly selectorLabels: readonly string[];
  readonly includeLabelPrefixes: readonly string[];
  readonly ingressIgnoredAnnotationPrefixes: readonly string[];
  readonly enableConfigTracking: boolean;
}

export interface OperatorDeps {
  readonly client: KubeClient;
  readonly cache: ClusterCache;
  readonly recorder: EventRecorder;
  readonly metrics: Metrics;
  readonly runPart: PartRunner<CheckSubject>;
  readonly sendEvent: ReporterDeps['sendEvent'];
  readonly sendAlert: ReporterDeps['sendAlert'];
  readonly clock: Clock;
  readonly random: Random;
  readonly newToken: NewToken;
  readonly log: Logger;
  readonly settings: OperatorSettings;
  /** Decides in place of the program's own `plan`: simulations watch decisions, and spoil them to test themselves. */
  readonly plan?: ReconcilerDeps['plan'];
}

/** Waits between failing reconciles of one Canary. */
const reconcileBackoff = { firstMs: 500, maxMs: 30_000 };
/** Before a Canary whose objects moved under a decision is looked at again. */
const observeAgain = { firstMs: 20, maxMs: 2_000 };
/** After a start Canaries are looked at spread over this time, so that a large cluster is not asked all at once. */
const startSpreadMs = { perCanary: 10, max: 5_000 };
/** For what was begun when the process is told to stop: together well below the 10 s until it must be gone. */
const graceMs = { reconciles: 2_000, hooks: 1_500, events: 1_500 };

/** Wakes Canaries when something that they look at changes, and reconciles them one step at a time. */
export class Operator {
  private readonly queue: WorkQueue;
  private readonly interests = new Interests();
  private readonly checks: CheckRunner<CheckSubject>;
  private readonly reconciler: Reconciler;
  private readonly queueKeys = new Map<string, string>();

  constructor(private readonly deps: OperatorDeps) {
    const { client, cache, clock, random, log, metrics, settings } = deps;
    this.queue = new WorkQueue({
      clock,
      random,
      backoff: reconcileBackoff,
      again: observeAgain,
      graceMs: graceMs.reconciles,
      onDepth: metrics.operator.setQueueDepth,
      onTaken: (waitedMs) => metrics.operator.observeQueueWait(waitedMs / 1_000),
    });
    this.checks = new CheckRunner({
      clock,
      log,
      runPart: deps.runPart,
      onDone: (uid) => this.wakeUid(uid),
      onMeasured: (request, subject, durationMs) => this.measureAnalysis(request, subject, durationMs),
    });
    const settle = new SettleTracker(clock);
    const sizes = new PrimarySizes();
    const configs = new ConfigFactsReader(client, cache);
    this.reconciler = new Reconciler({
      plan: deps.plan ?? plan,
      cache,
      observer: { cache, configs, settle, checks: this.checks, interests: this.interests, clock, settings },
      executor: new Executor({ client, cache, clock, sizes, newToken: deps.newToken, settings }),
      sizes,
      reporter: new Reporter({
        recorder: deps.recorder,
        metrics: metrics.canaries,
        clock,
        sendEvent: deps.sendEvent,
        sendAlert: deps.sendAlert,
      }),
      checks: this.checks,
      interests: this.interests,
      repairs: new RepairLimit({
        attempts: new RepairAttempts(clock),
        cache,
        excludedMetadata: settings.ingressIgnoredAnnotationPrefixes,
      }),
      specs: new SpecReader({ provider: settings.meshProvider, intervalFloorMs: settings.analysisIntervalFloorMs }),
      log,
      settings,
    });
  }

  /** Works until the signal is aborted; resolves when nothing of it is left running. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, settings, recorder } = this.deps;
    const unsubscribe = this.subscribe();
    log.info({}, 'Starting operator');
    for (const canary of this.deps.cache.canaries.store.list()) this.admit(canary);
    log.info({ workers: settings.threadiness }, 'Started operator workers');
    await this.queue.run(settings.threadiness, (key) => this.work(key, signal), signal);
    log.info({}, 'Shutting down operator workers');
    for (const stop of unsubscribe) stop();
    await this.checks.close(graceMs.hooks);
    await recorder.flush(graceMs.events);
  }

  private async work(key: string, signal: AbortSignal): Promise<WorkResult> {
    const { clock, metrics } = this.deps;
    const startedMs = clock.monotonicMs();
    const seconds = (): number => (clock.monotonicMs() - startedMs) / 1_000;
    try {
      const result = await this.reconciler.reconcile(key, signal);
      if (result.kind === 'after') this.queue.addAfter(key, result.delayMs);
      metrics.operator.observeReconcile(result.kind === 'done' ? 'success' : 'requeue_after', seconds());
      return result.kind === 'again' ? 'again' : 'done';
    } catch (error) {
      metrics.operator.observeReconcile('error', seconds());
      metrics.operator.countRetry();
      throw error;
    }
  }

  private subscribe(): readonly (() => void)[] {
    const { cache } = this.deps;
    const plain = [
      cache.deployments,
      cache.daemonSets,
      cache.services,
      cache.autoscalers,
      cache.scaledObjects,
      cache.configMaps,
      cache.secrets,
    ];
    return [
      cache.canaries.store.subscribe((change) => this.onCanary(change)),
      ...plain.map(({ kind, store }) =>
        store.subscribe((change) => this.onObject(kind.plural, change, change.object.metadata.name)),
      ),
      cache.endpoints.store.subscribe((change) => {
        const { object } = change;
        // The same number of other pods is news: an apex Service that moved from the target to the primary.
        if (change.type === 'updated' && sameEndpoints(change.previous, object)) return;
        this.wake('endpointslices', object.namespace, object.service);
      }),
      cache.ingresses.store.subscribe((change) => {
        this.onObject('ingresses', change, change.object.metadata.name);
        if (change.type === 'updated' && !isNews(change.previous, change.object)) return;
        for (const { uid } of change.object.metadata.ownerReferences ?? []) this.wakeUid(uid);
      }),
    ];
  }

  private onCanary(change: StoreChange<Canary>): void {
    const { object } = change;
    const namespace = object.metadata.namespace ?? '';
    if (change.type === 'updated') {
      if (isNews(change.previous, object)) this.add(queueKey(object));
      // Who runs on a shared target depends on the others' specifications.
      if (change.previous.metadata.generation === object.metadata.generation) return;
    } else {
      this.noteUid(change.type, object);
      this.add(queueKey(object));
      this.countCanaries();
    }
    for (const other of this.deps.cache.canaries.store.list(namespace)) {
      if (other.metadata.uid !== object.metadata.uid) this.add(queueKey(other));
    }
  }

  private onObject(plural: string, change: StoreChange<StoredObject>, name: string): void {
    const { object } = change;
    const interested = this.interests.of(interestIn(plural, { namespace: object.metadata.namespace ?? '', name }));
    if (interested.length === 0) return;
    if (change.type === 'updated' && !isNews(change.previous, object)) return;
    for (const key of interested) this.add(key);
  }

  private measureAnalysis({ phase }: CheckRequest, { canary, spec }: CheckSubject, durationMs: number): void {
    if (phase !== 'Progressing' && phase !== 'WaitingPromotion') return;
    const { name, namespace = '' } = canary.metadata;
    this.deps.metrics.canaries.observeAnalysis({ name, namespace, target: spec.target.name }, durationMs / 1_000);
  }

  private wake(plural: string, namespace: string, name: string): void {
    for (const key of this.interests.of(interestIn(plural, { namespace, name }))) this.add(key);
  }

  private wakeUid(uid: string): void {
    const key = this.queueKeys.get(uid);
    if (key !== undefined) this.add(key);
  }

  private add(key: string): void {
    this.deps.metrics.operator.countQueued();
    this.queue.add(key);
  }

  private admit(canary: Canary): void {
    this.noteUid('added', canary);
    this.countCanaries();
    const spreadMs = Math.min(startSpreadMs.max, startSpreadMs.perCanary * this.deps.cache.canaries.store.size);
    this.queue.addAfter(queueKey(canary), this.deps.random() * spreadMs);
  }

  private noteUid(type: 'added' | 'deleted', canary: Canary): void {
    const uid = canary.metadata.uid ?? '';
    if (type === 'added') this.queueKeys.set(uid, queueKey(canary));
    else this.queueKeys.delete(uid);
    if (type === 'added') this.deps.log.info({}, `Synced ${queueKey(canary)}`);
  }

  private countCanaries(): void {
    const counts = new Map<string, number>();
    for (const { metadata } of this.deps.cache.canaries.store.list()) {
      const namespace = metadata.namespace ?? '';
      counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
    }
    this.deps.metrics.canaries.setTotals(counts);
  }
}

/** Whether two states of a slice lead to the same pods. */
export function sameEndpoints(one: EndpointCount, other: EndpointCount): boolean {
  return one.readyAddresses === other.readyAddresses && one.addressDigest === other.addressDigest;
}

/** Whether more than the bookkeeping of an object changed. */
function isNews(previous: StoredObject, object: StoredObject): boolean {
  return !sameJson(withoutVersion(previous), withoutVersion(object));
}

/** ConfigMaps and Secrets are kept as their version alone: for them any change is news. */
function withoutVersion(object: StoredObject): unknown {
  if (!('kind' in object)) return object;
  return { ...object, metadata: { ...object.metadata, resourceVersion: undefined } };
}
