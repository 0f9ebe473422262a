// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../../api/canary.js';
import type { CanaryStatus, MeasuredCheck, Phase } from '../../api/canary-status.js';
import { canaryApiVersion, canaryKind } from '../../api/names.js';
import type { RolloutSpec } from '../../api/rollout-spec.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { EventRecorder } from '../../kube/index.js';
import type { CanaryMetrics, MeasuredCanary } from '../../observability/index.js';
import type { Announcement } from '../../rollout/index.js';
import { expectedTraffic, strategyOf } from '../../rollout/index.js';
import type { ImageChange } from './image-changes.js';
import { Topics } from './topics.js';

/** An Event as event webhooks are told of it. */
export interface EventNotice {
  readonly canary: Canary;
  readonly spec: RolloutSpec | undefined;
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
  readonly phase: Phase;
  readonly revision: string;
  readonly atMs: number;
}

export type AlertNotice = Omit<Extract<Announcement, { kind: 'alert' }>, 'kind'> & {
  readonly canary: Canary;
  readonly spec: RolloutSpec;
  readonly phase: Phase;
  readonly revision: string;
  readonly facts: {
    readonly failedChecks: number;
    readonly images: readonly ImageChange[];
    /** What the last check of this rollout measured. */
    readonly measurements: readonly MeasuredCheck[];
  };
};

export interface ReporterDeps {
  readonly recorder: EventRecorder;
  readonly metrics: CanaryMetrics;
  readonly clock: Clock;
  /** Must return at once. */
  readonly sendEvent: (notice: EventNotice) => void;
  /** Must return at once. */
  readonly sendAlert: (notice: AlertNotice) => void;
}

/** What a report is about. `spec` is undefined for a Canary that cannot be read. */
export interface ReportSubject {
  readonly canary: Canary;
  readonly spec: RolloutSpec | undefined;
  readonly before: CanaryStatus;
  readonly after: CanaryStatus;
  /** What it is about, when that is not what the status says was applied last. */
  readonly revision?: string | undefined;
  /** Images of the primary and of the target, by container. */
  readonly images?: readonly ImageChange[];
}

/** The one place that turns what happened into log line, Event, event webhook, alert and metric. */
export class Reporter {
  private readonly topics: Topics;
  /** Events are counted up within one rollout only (R21). */
  private readonly episodes = new Map<string, string>();

  constructor(private readonly deps: ReporterDeps) {
    this.topics = new Topics(deps.clock);
  }

  /** Tells people and event webhooks, in order, what came of a look at the whole Canary: what it no longer says is over. */
  announce(subject: ReportSubject, announcements: readonly Announcement[], log: Logger): void {
    this.topics.endAbsent(subject.canary.metadata.uid ?? '', announcements);
    this.add(subject, announcements, log);
    this.measure(subject, subject.after);
  }

  /** Tells something besides, such as an error or what a late hook said; whatever else is said of the Canary stays so. */
  add(subject: ReportSubject, announcements: readonly Announcement[], log: Logger): void {
    const uid = subject.canary.metadata.uid ?? '';
    this.noteEpisode(uid, subject);
    for (const announcement of announcements) {
      if (announcement.kind === 'log') log.info({}, announcement.message);
      else if (announcement.kind === 'alert') this.alert(subject, announcement);
      else if (this.topics.isNews(uid, announcement)) this.event(subject, announcement, log);
    }
  }

  /** Events, topics and series of a Canary that is gone. */
  forget(canary: Canary): void {
    const uid = canary.metadata.uid ?? '';
    this.topics.forget(uid);
    this.episodes.delete(uid);
    this.deps.metrics.forget({ namespace: canary.metadata.namespace ?? '', name: canary.metadata.name });
  }

  private noteEpisode(uid: string, { before, after }: ReportSubject): void {
    const starts = after.phase === 'Progressing' && after.lastAppliedSpec !== before.lastAppliedSpec;
    const startsAgain = after.phase === 'Progressing' && !inRollout(before.phase);
    if (starts || startsAgain || !this.episodes.has(uid)) {
      this.episodes.set(uid, `${after.lastAppliedSpec ?? ''}@${this.deps.clock.nowMs()}`);
    }
  }

  private event(subject: ReportSubject, event: Extract<Announcement, { kind: 'event' }>, log: Logger): void {
    const { canary, spec, before, after, revision = after.lastAppliedSpec } = subject;
    const { message, type } = event;
    log[event.level]({}, message);
    this.deps.recorder.record({
      regarding: { apiVersion: canaryApiVersion, kind: canaryKind, metadata: canary.metadata },
      type,
      message,
      episode: this.episodes.get(canary.metadata.uid ?? '') ?? '',
    });
    this.deps.sendEvent({
      canary,
      spec,
      type,
      message,
      phase: event.phase ?? before.phase,
      revision: revision ?? '',
      atMs: this.deps.clock.nowMs(),
    });
  }

  private alert(
    { canary, spec, before, after, revision = after.lastAppliedSpec, images = [] }: ReportSubject,
    { severity, message, withMetadata }: Extract<Announcement, { kind: 'alert' }>,
  ): void {
    if (spec === undefined) return;
    this.deps.sendAlert({
      canary,
      spec,
      severity,
      message,
      withMetadata,
      phase: after.phase,
      revision: revision ?? '',
      facts: {
        // The end of a rollout resets the counter; people are to hear how many it was.
        failedChecks: Math.max(before.failedChecks, after.failedChecks),
        images,
        measurements: inRollout(before.phase) ? (after.lastChecks ?? []) : [],
      },
    });
  }

  private measure({ canary, spec, before }: ReportSubject, after: CanaryStatus): void {
    if (spec === undefined) return;
    const { metrics } = this.deps;
    const measured: MeasuredCanary = {
      namespace: canary.metadata.namespace ?? '',
      name: canary.metadata.name,
      target: spec.target.name,
    };
    metrics.setPhase(measured, after.phase);
    const { canaryWeight } = expectedTraffic({ spec, status: after });
    metrics.setWeights(measured, 100 - canaryWeight, canaryWeight);
    if (before.phase === after.phase) return;
    const end = { strategy: strategyOf(spec).name, analysis: spec.skipAnalysis ? 'skipped' : 'completed' } as const;
    if (after.phase === 'Succeeded' && before.phase === 'Finalising') metrics.countSuccess(measured, end);
    // A revision that was refused or taken back before its rollout began has failed no analysis.
    if (after.phase === 'Failed' && inRollout(before.phase))
      metrics.countFailure(measured, { ...end, analysis: 'completed' });
  }
}

function inRollout(phase: Phase): boolean {
  return phase === 'Progressing' || phase === 'WaitingPromotion' || phase === 'Promoting' || phase === 'Finalising';
}
