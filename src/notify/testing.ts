// SPDX-License-Identifier: Apache-2.0
/** Notices, a log that remembers and a chat server for the tests of this folder. Not part of the program. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AlertProviderObject } from '../api/alert-provider.js';
import type { Canary } from '../api/canary.js';
import type { CanaryStatus } from '../api/canary-status.js';
import type { ObjectKey, StringMap } from '../api/kubernetes.js';
import { normaliseSpec } from '../api/normalise-spec.js';
import type { RolloutSpec } from '../api/rollout-spec.js';
import type { Logger } from '../lib/logger.js';
import type { AlertNotice } from './alert-notice.js';
import type { AlertSource } from './destination.js';

/** A Canary of the guide's shape, with these members in its analysis. */
export function aCanary(analysis: Readonly<Record<string, unknown>> = {}, status: Partial<CanaryStatus> = {}): Canary {
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'podinfo', namespace: 'test', uid: 'c0ffee00-0000-4000-8000-000000000001' },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
      ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'podinfo' },
      progressDeadlineSeconds: 60,
      service: { port: 80 },
      analysis: { interval: '10s', threshold: 5, stepWeight: 10, maxWeight: 50, ...analysis },
    },
    status: { phase: 'Progressing', canaryWeight: 0, failedChecks: 0, iterations: 0, ...status },
  };
}

export function specOf(canary: Canary): RolloutSpec {
  const read = normaliseSpec(canary, { provider: 'skipper', intervalFloorMs: 10_000 });
  if (read.kind === 'invalid') throw new Error(read.problems.join('; '));
  return read.spec;
}

export function aNotice(changes: Partial<AlertNotice> = {}): AlertNotice {
  const canary = changes.canary ?? aCanary();
  return {
    canary,
    spec: specOf(canary),
    severity: 'info',
    message: 'New revision detected, progressing canary analysis.',
    withMetadata: false,
    phase: 'Progressing',
    revision: 'v1-4f2a',
    ...changes,
  };
}

/** Everything that an alert can show. */
export function aFullNotice(changes: Partial<AlertNotice> = {}): AlertNotice {
  return aNotice({
    canary: aCanary({}, { canaryWeight: 20 }),
    withMetadata: true,
    facts: {
      failedChecks: 2,
      images: [
        {
          container: 'podinfod',
          before: 'ghcr.io/stefanprodan/podinfo:6.0.0',
          after: 'ghcr.io/stefanprodan/podinfo:6.0.1',
        },
      ],
      measurements: [
        { metric: 'request-success-rate', value: 97.5, unit: 'percent', bound: '>= 99' },
        { metric: 'request-duration', value: 612.5, unit: 'milliseconds', bound: '<= 500ms' },
      ],
    },
    ...changes,
  });
}

export function aProvider(spec: Readonly<Record<string, unknown>>, annotations: StringMap = {}): AlertProviderObject {
  const metadata = { name: 'on-call', namespace: 'test', annotations };
  return { apiVersion: 'flagger.app/v1beta1', kind: 'AlertProvider', metadata, spec };
}

/** Providers and decoded Secrets of the namespace "test" by name; both may be changed while it is in use. */
export class FakeSource implements AlertSource {
  readonly providers = new Map<string, AlertProviderObject>();
  readonly secrets = new Map<string, StringMap | Error>();

  provider({ namespace, name }: ObjectKey): AlertProviderObject | undefined {
    return namespace === 'test' ? this.providers.get(name) : undefined;
  }

  secret({ namespace, name }: ObjectKey): Promise<StringMap | undefined> {
    const found = namespace === 'test' ? this.secrets.get(name) : undefined;
    return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
  }
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export class RecordingLog implements Logger {
  constructor(
    private readonly bound: Readonly<Record<string, unknown>> = {},
    readonly lines: LogLine[] = [],
  ) {}

  readonly debug = this.at('debug');
  readonly info = this.at('info');
  readonly warn = this.at('warn');
  readonly error = this.at('error');

  child(fields: Readonly<Record<string, unknown>>): Logger {
    return new RecordingLog({ ...this.bound, ...fields }, this.lines);
  }

  texts(level: LogLine['level']): readonly string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message);
  }

  private at(level: LogLine['level']): Logger['info'] {
    return (fields, message) => {
      this.lines.push({ level, message, fields: { ...this.bound, ...fields } });
    };
  }
}

export interface Post {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a chat server does with the next post. */
export type Reply = (response: ServerResponse) => void;

export function answer(status: number, body = 'ok', headers: Readonly<Record<string, string>> = {}): Reply {
  return (response) => {
    response.writeHead(status, headers).end(body);
  };
}

/** Lets everything happen that is under way, until a condition holds. */
export async function until(holds: () => boolean): Promise<void> {
  const startedMs = performance.now();
  while (!holds()) {
    if (performance.now() - startedMs > 5_000) throw new Error(`never came true: ${holds.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
