// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { errorText } from '../../../lib/operator-error.js';
import { StatusError } from '../status-error.js';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Sentences for the client's user. */
  readonly warnings?: readonly string[];
  readonly contentType?: string;
}

export function answer(response: ServerResponse, parts: Answer): void {
  const { status, body, warnings = [], contentType = 'application/json' } = parts;
  const text = JSON.stringify(body);
  for (const warning of warnings) response.appendHeader('Warning', `299 - "${warning.replaceAll(/["\\]/g, '\\$&')}"`);
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

export function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(text);
}

/** Answers with what went wrong; ends the connection if the answer has already begun. */
export function answerError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status =
    error instanceof StatusError
      ? error
      : new StatusError(500, 'InternalError', `Internal error occurred: ${errorText(error)}`);
  answer(response, { status: status.status, body: status.toStatus() });
}
