// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders } from 'node:http';

import type { MetricProviderType } from '../../../src/api/metric-template.js';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
}

/** What a service answers to a query, and the numbers that this means. */
export interface Answer {
  readonly reply: Reply;
  readonly numbers: readonly number[];
}

/** A metrics server as its own documentation describes it, and a MetricTemplate that uses it. */
export interface MetricService {
  /** Unique; the kind, and what tells two uses of it apart. */
  readonly name: string;
  readonly type: MetricProviderType;
  readonly secret?: Readonly<Record<string, string>>;
  readonly region?: string;
  /** Of the operator's process. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly query: string;
  /** The request for the query, seen at FakeClock's start with an interval of one minute. */
  readonly asked: Partial<SeenRequest>;
  /** Header whose value lets a request in. */
  readonly credential?: { readonly header: string; readonly value: string | RegExp };
  readonly good: Answer;
  /** A well-formed answer without any series. */
  readonly empty: Answer;
  /** A series without a number. */
  readonly nothing: Answer;
  /** Several series. */
  readonly several: Answer;
  /** Answers with status 200 that no client can make sense of. */
  readonly malformed: readonly Reply[];
  /** To a request without the right credential; repeats what was sent, as careless services do. */
  readonly refusal: (sent: string) => Reply;
  /** Whether a request is the question for being there, and the answer to it. */
  readonly isOnlineCheck: (request: SeenRequest) => boolean;
  readonly online: Reply;
  /** Answers requests for tokens. */
  readonly token?: (request: SeenRequest) => Reply | undefined;
}

export const html: Reply = { type: 'text/html', body: '<html><body>Please log in</body></html>' };
export const cutJson: Reply = { body: '{"data":[' };

export function json(value: unknown, status = 200): Reply {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

/** FakeClock starts here; windows end here. */
export const nowSeconds = Date.UTC(2026, 0, 1) / 1_000;
export const tenMinutesAgo = nowSeconds - 600;
