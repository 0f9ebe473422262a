// SPDX-License-Identifier: Apache-2.0
import { defined } from '../lib/defined.js';
import { formatDuration, parseDurationMs } from '../lib/duration.js';
import type { CanarySpecFields } from './canary-schema.js';
import { cut } from './problems.js';
import type { AlertRef, AnalysisSpec, MetricCheck, SecretHeader, SessionAffinity, Webhook } from './rollout-spec.js';

type AnalysisFields = CanarySpecFields['analysis'];
type HookFields = AnalysisFields['webhooks'][number];

const defaultIntervalMs = 60_000;
const defaultMetricInterval = '1m';
const defaultWebhookTimeout = '10s';

/** Go holds a duration in 63 bits of nanoseconds and refuses a longer one. */
const longestDurationMs = 2 ** 63 / 1e6;

/** The analysis with every default applied, and what is read differently from what is written. */
export function rolloutAnalysis(
  fields: AnalysisFields,
  namespace: string,
  intervalFloorMs: number,
): { readonly analysis: AnalysisSpec; readonly warnings: readonly string[] } {
  const interval = checkInterval(fields.interval, intervalFloorMs);
  const stepWeights = fields.stepWeight > 0 ? [] : fields.stepWeights;
  const { threshold, stepWeight, stepWeightPromotion, iterations, mirror, mirrorWeight, match } = fields;
  const analysis = defined({
    intervalMs: interval.ms,
    threshold,
    maxWeight: stepWeights.at(-1) ?? fields.maxWeight,
    stepWeight,
    stepWeights,
    stepWeightPromotion,
    iterations,
    mirror,
    mirrorWeight,
    primaryReadyThreshold: fields.primaryReadyThreshold,
    canaryReadyThreshold: fields.canaryReadyThreshold,
    match,
    metrics: fields.metrics.map((metric) => metricCheck(metric, namespace)),
    alerts: fields.alerts.map((alert) => alertRef(alert, namespace)),
    webhooks: fields.webhooks.map(webhook),
    sessionAffinity: fields.sessionAffinity && sessionAffinity(fields.sessionAffinity),
  });
  return { analysis, warnings: [...interval.warnings, ...stepWarnings(fields)] };
}

function checkInterval(
  text: string | undefined,
  floorMs: number,
): { readonly ms: number; readonly warnings: readonly string[] } {
  const ms = durationMs(text ?? '');
  if (ms === undefined) {
    const warnings = text === undefined ? [] : [`spec.analysis.interval "${cut(text)}" is no duration, 60s is used`];
    return { ms: Math.max(defaultIntervalMs, floorMs), warnings };
  }
  if (ms >= floorMs) return { ms, warnings: [] };
  const floor = formatDuration(floorMs);
  return {
    ms: floorMs,
    warnings: [`spec.analysis.interval ${cut(text ?? '')} is less than ${floor}, ${floor} is used`],
  };
}

function stepWarnings({ stepWeight, stepWeights }: AnalysisFields): readonly string[] {
  return stepWeight > 0 && stepWeights.length > 0
    ? ['spec.analysis has stepWeight and stepWeights, stepWeight is used; remove one of them']
    : [];
}

function metricCheck(metric: AnalysisFields['metrics'][number], namespace: string): MetricCheck {
  const interval = metric.interval ?? defaultMetricInterval;
  const { name, threshold, thresholdRange, quantile, query, templateRef, templateVariables } = metric;
  return defined({
    name,
    // Kept as written: a template may pass it to a server with a syntax of its own.
    interval,
    intervalMs: queryRangeMs(interval),
    threshold,
    thresholdRange,
    quantile,
    query,
    templateRef: templateRef && { name: templateRef.name, namespace: templateRef.namespace ?? namespace },
    templateVariables,
  });
}

function queryRangeMs(interval: string): number {
  const ms = durationMs(interval) ?? 0;
  return ms > 0 ? ms : defaultIntervalMs;
}

function alertRef({ name, severity, providerRef }: AnalysisFields['alerts'][number], namespace: string): AlertRef {
  return {
    name,
    severity: severity === '' ? 'info' : severity,
    providerRef: { name: providerRef.name, namespace: providerRef.namespace ?? namespace },
  };
}

function webhook(hook: HookFields): Webhook {
  const { name, type, url, timeout = '', retries, disableTLS, muteAlert, metadata, headersFrom, format } = hook;
  return defined({
    name,
    type: type === '' ? 'rollout' : type,
    url,
    // A single character cannot be a duration; Flagger reads it as not set.
    timeout: timeout.length < 2 ? defaultWebhookTimeout : timeout,
    retries,
    disableTLS,
    muteAlert,
    metadata,
    headersFrom: headersFrom.length === 0 ? undefined : headersFrom.map(secretHeader),
    format: format === '' ? undefined : format,
  });
}

function secretHeader({ header, prefix, secretKeyRef }: HookFields['headersFrom'][number]): SecretHeader {
  return { header, prefix, secret: secretKeyRef };
}

function sessionAffinity(fields: NonNullable<AnalysisFields['sessionAffinity']>): SessionAffinity {
  return defined(fields);
}

function durationMs(text: string): number | undefined {
  const ms = parseDurationMs(text);
  return ms !== undefined && Math.abs(ms) < longestDurationMs ? ms : undefined;
}
