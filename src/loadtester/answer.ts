// SPDX-License-Identifier: Apache-2.0

/** A call as it came over HTTP. */
export interface Call {
  readonly method: string;
  /** Without query, with single slashes. */
  readonly path: string;
  readonly authorization: string | undefined;
  /** Whether a web page in somebody's browser sent it. */
  readonly isFromWebPage: boolean;
  readonly body: string;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Default: plain text. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Route = (call: Call) => Promise<Answer>;

export function textAnswer(status: number, body = ''): Answer {
  return { status, body };
}

export function jsonAnswer(value: unknown): Answer {
  return { status: 200, body: `${JSON.stringify(value, undefined, 2)}\n`, contentType: 'application/json' };
}

export const forbidden = textAnswer(403, 'Forbidden');

export const unauthorized: Answer = {
  status: 401,
  body: 'Unauthorized',
  headers: { 'www-authenticate': 'Bearer' },
};

export const tooManyTasks: Answer = {
  status: 429,
  body: 'Too many tasks, try again later',
  headers: { 'retry-after': '5' },
};
