// SPDX-License-Identifier: Apache-2.0
import type { IntOrString, StringMap } from './kubernetes.js';

/*
 * What a Canary asks for, after defaults: durations in milliseconds, numbers finite and in range, aliases resolved.
 * Made once from the object on the API server by `normaliseSpec`; everything behind it works on these types only.
 */

export type TargetKind = 'Deployment' | 'DaemonSet' | 'Service';

export interface TargetRef {
  readonly apiVersion: string;
  readonly kind: TargetKind;
  readonly name: string;
}

export interface AutoscalerRef {
  readonly kind: 'HorizontalPodAutoscaler' | 'ScaledObject';
  readonly name: string;
  /** KEDA only: trigger name to query of the primary's trigger. */
  readonly primaryScalerQueries: StringMap;
  readonly primaryMinReplicas?: number;
  readonly primaryMaxReplicas?: number;
}

export interface ServiceMetadata {
  readonly labels: StringMap;
  readonly annotations: StringMap;
}

export interface ServiceSpec {
  /** Base name of the three Services. */
  readonly name: string;
  readonly port: number;
  readonly portName: string;
  readonly targetPort: IntOrString;
  /** Whether the user named a target port; port discovery behaves differently when not. */
  readonly targetPortSet: boolean;
  readonly appProtocol?: string;
  readonly trafficDistribution?: string;
  readonly portDiscovery: boolean;
  readonly headless: boolean;
  readonly apex: ServiceMetadata;
  readonly primary: ServiceMetadata;
  readonly canary: ServiceMetadata;
  readonly unmanagedAnnotations: readonly string[];
  readonly unmanagedLabels: readonly string[];
}

export interface MetricCheck {
  readonly name: string;
  /** Range of the query as the user wrote it, a Go duration such as "1m". */
  readonly interval: string;
  readonly intervalMs: number;
  /** Deprecated single bound: minimum for request-success-rate, maximum for everything else. */
  readonly threshold: number;
  readonly thresholdRange?: { readonly min?: number; readonly max?: number };
  /** Of request-duration, above 0 and below 1; absent: its average. */
  readonly quantile?: number;
  /** Deprecated inline PromQL template. */
  readonly query?: string;
  readonly templateRef?: { readonly name: string; readonly namespace: string };
  readonly templateVariables: StringMap;
}

export const webhookTypes = [
  'confirm-rollout',
  'pre-rollout',
  'rollout',
  'confirm-promotion',
  'post-rollout',
  'event',
  'rollback',
  'confirm-traffic-increase',
] as const;

export type WebhookType = (typeof webhookTypes)[number];

export interface Webhook {
  readonly name: string;
  readonly type: WebhookType;
  readonly url: string;
  /** Go duration as written ("10s"); a text that is no duration makes the call fail with a clear error. */
  readonly timeout: string;
  /** Extra attempts. */
  readonly retries: number;
  readonly disableTLS: boolean;
  readonly muteAlert: boolean;
  readonly metadata: StringMap;
  /** Headers of the request whose values are secret. */
  readonly headersFrom?: readonly SecretHeader[];
  /** How events are written; for the type event only. Absent: as the operator is set. */
  readonly format?: EventFormat;
}

/** A header whose value is in a Secret in the namespace of the Canary. */
export interface SecretHeader {
  readonly header: string;
  /** Written before the value, such as "Bearer ". */
  readonly prefix: string;
  readonly secret: { readonly name: string; readonly key: string };
}

/** "flagger": the body of every webhook. The others: CloudEvents 1.0 with that body as data, structured or binary. */
export const eventFormats = ['flagger', 'cloudevents', 'cloudevents-binary'] as const;
export type EventFormat = (typeof eventFormats)[number];

export type AlertSeverity = 'info' | 'warn' | 'error';

export interface AlertRef {
  readonly name: string;
  /** Least severity that is sent. */
  readonly severity: AlertSeverity;
  readonly providerRef: { readonly name: string; readonly namespace: string };
}

export interface MatchCondition {
  readonly headers: Readonly<Record<string, StringMatch>>;
  readonly queryParams: Readonly<Record<string, StringMatch>>;
  readonly sourceLabels: StringMap;
}

export interface StringMatch {
  readonly exact?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly regex?: string;
}

export interface SessionAffinity {
  readonly cookieName: string;
  readonly primaryCookieName?: string;
  /** Seconds. */
  readonly maxAge: number;
  readonly domain?: string;
  readonly path?: string;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly partitioned: boolean;
  readonly sameSite?: 'Strict' | 'Lax' | 'None';
}

export interface AnalysisSpec {
  /** Wait between two checks; never below the configured floor. */
  readonly intervalMs: number;
  /** Failed checks that end the rollout, at least 1. */
  readonly threshold: number;
  /** Percent at which promotion starts, 0 < maxWeight ≤ 100. With stepWeights: the last of them. */
  readonly maxWeight: number;
  /** Percent added by each step; 0 when stepWeights decide. */
  readonly stepWeight: number;
  /** Ascending absolute weights, percent; empty when stepWeight decides. */
  readonly stepWeights: readonly number[];
  /** Percent that moves back to the primary per interval while promoting; 0: all at once. */
  readonly stepWeightPromotion: number;
  readonly iterations: number;
  readonly mirror: boolean;
  readonly mirrorWeight: number;
  readonly primaryReadyThreshold: number;
  readonly canaryReadyThreshold: number;
  readonly match: readonly MatchCondition[];
  readonly metrics: readonly MetricCheck[];
  readonly alerts: readonly AlertRef[];
  readonly webhooks: readonly Webhook[];
  readonly sessionAffinity?: SessionAffinity;
}

export interface RolloutSpec {
  readonly provider: string;
  /** Prometheus base URL of this Canary, or `skipperMetricsServer`; absent: the operator's own setting. */
  readonly metricsServer?: string;
  readonly target: TargetRef;
  readonly autoscaler?: AutoscalerRef;
  readonly ingressName?: string;
  /** Gloo only: without effect here, but subject to the rule on references to other namespaces. */
  readonly upstreamRef?: { readonly name: string; readonly namespace: string };
  readonly service: ServiceSpec;
  readonly analysis: AnalysisSpec;
  readonly progressDeadlineMs: number;
  readonly skipAnalysis: boolean;
  readonly revertOnDeletion: boolean;
  readonly suspend: boolean;
}
