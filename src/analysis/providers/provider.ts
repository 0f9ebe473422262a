// SPDX-License-Identifier: Apache-2.0
import type { StringMap } from '../../api/kubernetes.js';
import type { Clock } from '../../lib/clock.js';
import type { ExpiringCache } from '../../lib/expiring-cache.js';
import type { HttpClient } from '../../lib/http-client.js';
import { OperatorError } from '../../lib/operator-error.js';
import type { AwsCredentials } from './aws-signature.js';

/** A source of numbers. Holds no connection of its own, so that it may be made for one query and thrown away. */
export interface MetricProvider {
  /**
   * The number of each series that the query gives; none when there is no data, NaN where a series has no usable one.
   * @throws MetricQueryError when the source does not answer, refuses, or answers with something else than numbers
   */
  query(query: string, signal: AbortSignal): Promise<readonly number[]>;
  /** Asks the source for something that it can always give. @throws MetricQueryError when it cannot be used */
  checkOnline(signal: AbortSignal): Promise<void>;
}

/** What a MetricTemplate says about its source. Each provider reads what it needs. */
export interface ProviderSettings {
  readonly address?: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly insecureSkipVerify: boolean;
  readonly region?: string;
  /** Decoded data of the Secret; absent when the template names none. */
  readonly secret?: StringMap;
  /** Range of the metric. */
  readonly intervalMs: number;
}

/**
 * A GET to the Kubernetes API with the operator's own identity. Every status is an answer.
 * Rejects when there is none, or when the signal is aborted.
 */
export type KubernetesGet = (request: {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}) => Promise<{ readonly status: number; readonly body: string }>;

export interface ProviderDeps {
  readonly clock: Clock;
  /** Keeps the requests of one server from holding up those of others. */
  readonly http: HttpClient;
  readonly kubernetes: KubernetesGet;
  /** Where cloud SDKs find the identity of the pod they run in. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Access tokens by service account. */
  readonly googleTokens: ExpiringCache<string>;
  /** The credentials of the operator's own identity, by region. */
  readonly awsCredentials: ExpiringCache<AwsCredentials>;
}

/** @throws ProviderConfigError when the settings cannot work */
export type ProviderFactory = (settings: ProviderSettings, deps: ProviderDeps) => MetricProvider;

/** A query that gave no numbers, for another reason than missing data. The message holds no credentials. */
export class MetricQueryError extends OperatorError {
  readonly code = 'METRIC_QUERY_FAILED';
  readonly retry = 'backoff';
}

/** Settings of a metrics server that cannot work. */
export class ProviderConfigError extends OperatorError {
  readonly code = 'METRIC_PROVIDER_INVALID';
  readonly retry = 'never';
}

/** For one request, answer included. */
export const queryTimeoutMs = 5_000;
export const answerLimitBytes = 4 * 1024 * 1024;
/** So much of a foreign answer goes into a message: events are small. */
const shownBodyLength = 512;

/** The beginning of a foreign answer, for a message. */
export function shownBody(body: string): string {
  const text = body.trim();
  return text.length > shownBodyLength ? `${text.slice(0, shownBodyLength).toWellFormed()}…` : text;
}
