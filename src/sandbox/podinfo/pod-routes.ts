// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import type { Clock } from '../../lib/clock.js';
import type { PodBehaviour } from './pod-behaviour.js';

/** A request as podinfo's handlers see it. */
export interface PodRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface PodAnswer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body: unknown;
}

export interface PodRoute {
  /** Label `path` of the metrics. */
  readonly label: string;
  readonly methods: readonly string[];
  readonly pattern: RegExp;
  readonly answer: (context: PodRouteContext) => PodAnswer | Promise<PodAnswer>;
}

export interface PodRouteContext {
  readonly pod: PodBehaviour;
  readonly request: PodRequest;
  /** The number in the path; 0 when the route has none. */
  readonly number: number;
  readonly clock: Clock;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

const get = ['GET', 'HEAD'];
const tokenLifetimeMs = 60_000;

/** podinfo's pages that the guide and its hooks use. */
export const podRoutes: readonly PodRoute[] = [
  {
    label: 'root',
    methods: get,
    pattern: /^\/$/,
    answer: ({ pod }) =>
      ok({ hostname: pod.name, version: pod.version, message: `greetings from podinfo v${pod.version}` }),
  },
  {
    label: 'version',
    methods: get,
    pattern: /^\/version$/,
    answer: ({ pod }) => ok({ version: pod.version, commit: 'unknown' }),
  },
  { label: 'healthz', methods: get, pattern: /^\/healthz$/, answer: () => ok({ status: 'OK' }) },
  { label: 'readyz', methods: get, pattern: /^\/readyz$/, answer: () => ok({ status: 'OK' }) },
  {
    label: 'status_code',
    methods: [...get, 'POST', 'PUT'],
    pattern: /^\/status\/(\d+)$/,
    answer: ({ number }) => (number >= 200 && number < 600 ? { status: number, body: { status: number } } : badRequest),
  },
  {
    label: 'delay_wait',
    methods: [...get, 'POST', 'PUT'],
    pattern: /^\/delay\/(\d+)$/,
    answer: async ({ number, clock, signal }) => {
      await clock.sleep(number * 1_000, signal);
      return ok({ delay: number });
    },
  },
  { label: 'token', methods: ['POST'], pattern: /^\/token$/, answer: token },
];

const badRequest: PodAnswer = { status: 400, body: { code: 400, message: 'Bad Request' } };

function ok(body: unknown): PodAnswer {
  return { status: 200, body };
}

/** A signed token for the user named in the body. */
function token({ pod, request, clock }: PodRouteContext): PodAnswer {
  const expiresAtMs = clock.nowMs() + tokenLifetimeMs;
  const claims = {
    name: request.body === '' ? 'anonymous' : request.body,
    iss: 'podinfo',
    exp: Math.floor(expiresAtMs / 1_000),
  };
  const unsigned = [{ alg: 'HS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = createHmac('sha256', pod.name).update(unsigned).digest('base64url');
  return ok({ token: `${unsigned}.${signature}`, expires_at: new Date(expiresAtMs).toISOString() });
}
