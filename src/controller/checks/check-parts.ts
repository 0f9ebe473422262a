// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../../api/canary.js';
import type { MeasuredCheck } from '../../api/canary-status.js';
import type { RolloutSpec, Webhook, WebhookType } from '../../api/rollout-spec.js';
import type { Clock } from '../../lib/clock.js';
import { defined } from '../../lib/defined.js';
import type { Availability, MetricRequest, MetricSubject, MetricValue, MetricVerdict } from '../../analysis/index.js';
import type { HookCaller, HookPayload, HookResult } from '../../hooks/index.js';
import { hookChecksum } from '../../hooks/index.js';
import type { Announcement, CheckPart, CheckRequest, Gate } from '../../rollout/index.js';
import { timestamp } from '../../rollout/index.js';
import type { PartResult, PartRunner } from './check-runner.js';
import { dataAgeMs } from './data-age.js';

/** The Canary whose revision is checked, as it was when the check was asked for. */
export interface CheckSubject {
  readonly canary: Canary;
  readonly spec: RolloutSpec;
}

/** What checks reach the outside world with. */
export interface CheckTools {
  readonly hooks: Pick<HookCaller, 'call'>;
  readonly checkMetrics: (request: MetricRequest) => Promise<MetricVerdict>;
  readonly checkAvailability: (subject: MetricSubject) => Promise<Availability>;
  /** Told of every verdict on metrics, for gauges. */
  readonly onVerdict: (subject: CheckSubject, verdict: MetricVerdict) => void;
  readonly clock: Clock;
}

/** Carries out the parts of a check. Everything that can go wrong outside becomes an outcome or an announcement. */
export function createPartRunner(tools: CheckTools): PartRunner<CheckSubject> {
  return (part, subject, request, signal) => new Part(tools, subject, request, signal).run(part);
}

/** Repeated texts of one check are said once: a gate is asked at every interval, possibly for days (D43). */
const sayAgainAfterMs = 24 * 3_600_000;

class Part {
  private readonly title: string;

  constructor(
    private readonly tools: CheckTools,
    private readonly subject: CheckSubject,
    private readonly request: CheckRequest,
    private readonly signal: AbortSignal,
  ) {
    const { name, namespace = '' } = subject.canary.metadata;
    this.title = `${name}.${namespace}`;
  }

  run(part: CheckPart): Promise<PartResult> {
    switch (part) {
      case 'metric-availability':
        return this.availability();
      case 'metrics':
        return this.metrics();
      case 'rollback':
        return this.rollback();
      case 'confirm-rollout':
      case 'confirm-traffic-increase':
      case 'confirm-promotion':
        return this.gates(part);
      case 'pre-rollout':
        return this.preRollout();
      case 'rollout':
        return this.rollout();
      case 'post-rollout':
        return this.postRollout();
    }
  }

  private async availability(): Promise<PartResult> {
    const result = await this.tools.checkAvailability(this.metricSubject());
    const said =
      result.kind === 'available'
        ? event('Normal', 'all the metrics providers are available!')
        : event('Warning', result.message, 'error');
    return { announcements: [said] };
  }

  private async metrics(): Promise<PartResult> {
    const { intervalMs } = this.subject.spec.analysis;
    const { status } = this.subject.canary;
    const { weightedSinceMs } = this.request;
    const verdict = await this.tools.checkMetrics({
      ...this.metricSubject(),
      dataSinceMs: dataAgeMs({ weightedSinceMs, status, nowMs: this.tools.clock.nowMs() }),
      analysisIntervalMs: intervalMs,
    });
    this.tools.onVerdict(this.subject, verdict);
    const said = verdict.notices.map((notice) => this.once(event('Warning', notice), notice));
    const result = { announcements: said, measured: verdict.values.slice(-maxMeasured).map(measuredCheck) };
    switch (verdict.kind) {
      case 'passed':
        return result;
      case 'tooEarly':
        return { ...result, outcome: { kind: 'tooEarly' } };
      case 'failed': {
        const failed = event('Warning', verdict.message, verdict.level === 'E' ? 'error' : 'info');
        return { ...result, outcome: { kind: 'failed', event: failed } };
      }
    }
  }

  /** The first hook that answers well calls the revision back. */
  private async rollback(): Promise<PartResult> {
    const announcements: Announcement[] = [];
    for (const hook of this.hooks('rollback')) {
      const result = await this.call(hook);
      announcements.push(this.callability(hook, result));
      if (result.kind === 'passed') return { announcements, outcome: { kind: 'rollback', hook: hook.name } };
      const quiet = event('Normal', `Rollback hook ${hook.name} not signaling a rollback`);
      announcements.push(this.once(quiet, hook.name));
    }
    return { announcements };
  }

  private async gates(gate: Gate): Promise<PartResult> {
    const announcements: Announcement[] = [];
    const name = `${gate.charAt(0).toUpperCase()}${gate.slice(1)}`;
    for (const hook of this.hooks(gate)) {
      const result = await this.call(hook);
      announcements.push(this.callability(hook, result));
      if (result.kind === 'failed') {
        return { announcements, outcome: { kind: 'gateClosed', gate, hook: hook.name, muteAlert: hook.muteAlert } };
      }
      const passed = event('Normal', `${name} check ${hook.name} passed`);
      announcements.push(this.once(passed, `${this.request.subject} ${hook.name}`));
    }
    return { announcements };
  }

  private async preRollout(): Promise<PartResult> {
    const announcements: Announcement[] = [];
    for (const hook of this.hooks('pre-rollout')) {
      const result = await this.call(hook);
      if (result.kind === 'failed') {
        const text = `Halt ${this.title} advancement pre-rollout check ${hook.name} failed ${result.message}`;
        return { announcements, outcome: { kind: 'failed', event: event('Warning', text) } };
      }
      announcements.push(event('Normal', `Pre-rollout check ${hook.name} passed`));
    }
    return { announcements };
  }

  private async rollout(): Promise<PartResult> {
    for (const hook of this.hooks('rollout')) {
      const result = await this.call(hook);
      if (result.kind === 'failed') {
        const text = `Halt ${this.title} advancement external check ${hook.name} failed ${result.message}`;
        return { announcements: [], outcome: { kind: 'failed', event: event('Warning', text) } };
      }
    }
    return { announcements: [] };
  }

  private async postRollout(): Promise<PartResult> {
    const announcements: Announcement[] = [];
    for (const hook of this.hooks('post-rollout')) {
      const result = await this.call(hook);
      if (result.kind === 'failed') {
        return {
          announcements: [
            ...announcements,
            event('Warning', `Post-rollout hook ${hook.name} failed ${result.message}`),
          ],
        };
      }
      announcements.push(event('Normal', `Post-rollout check ${hook.name} passed`));
    }
    return { announcements };
  }

  /** Nobody would find out otherwise why a gate never opens: its answer is shown nowhere. */
  private callability({ name, type, url }: Webhook, result: HookResult): Announcement {
    const topic = `call ${type} ${name} ${url}`;
    if (result.kind === 'passed' || result.isMisconfigured !== true)
      return { ...event('Normal', `Webhook ${name} of ${this.title} is called again`), repeat: { topic, ends: true } };
    const said = event('Warning', `Webhook ${name} of ${this.title} cannot be called: ${result.message}`, 'error');
    return { ...said, repeat: { topic, text: result.message, everyMs: sayAgainAfterMs } };
  }

  private hooks(type: WebhookType): readonly Webhook[] {
    return this.subject.spec.analysis.webhooks.filter((hook) => hook.type === type);
  }

  private call(hook: Webhook): Promise<HookResult> {
    const { name, namespace = '' } = this.subject.canary.metadata;
    const payload: HookPayload = {
      name,
      namespace,
      phase: this.request.phase,
      // Of the revision that asks, so that a gate can tell two waiting revisions apart.
      checksum: hookChecksum(this.request.revision),
      metadata: hook.metadata,
    };
    return this.tools.hooks.call(hook, payload, this.signal);
  }

  private metricSubject(): MetricSubject {
    const { canary, spec } = this.subject;
    const { name, namespace = '' } = canary.metadata;
    return {
      canary: { name, namespace },
      targetName: spec.target.name,
      serviceName: spec.service.name,
      ...(spec.ingressName === undefined ? {} : { ingressName: spec.ingressName }),
      provider: spec.provider,
      ...(spec.metricsServer === undefined ? {} : { metricsServer: spec.metricsServer }),
      metrics: spec.analysis.metrics,
      mirrored: this.request.mirrored,
      signal: this.signal,
    };
  }

  private once(announcement: Extract<Announcement, { kind: 'event' }>, text: string): Announcement {
    return { ...announcement, repeat: { topic: announcement.message, text, everyMs: sayAgainAfterMs } };
  }
}

/** Evidence that is kept on the Canary: a status must stay small. What failed is the last. */
const maxMeasured = 16;
const maxTextLength = 600;

function measuredCheck({ unit, query, message, atMs, ...found }: MetricValue): MeasuredCheck {
  const shown = { unit: unit === 'none' ? undefined : unit, message: cut(message), query: cut(query) };
  return defined({ ...found, ...shown, time: timestamp(atMs) });
}

function cut(text: string | undefined): string | undefined {
  if (text === undefined || text.length <= maxTextLength) return text;
  return `${text.slice(0, maxTextLength).toWellFormed()}…`;
}

function event(
  type: 'Normal' | 'Warning',
  message: string,
  level: 'info' | 'error' = 'info',
): Extract<Announcement, { kind: 'event' }> {
  return { kind: 'event', type, level, message };
}
