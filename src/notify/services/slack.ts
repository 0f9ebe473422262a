// SPDX-License-Identifier: Apache-2.0
import type { AlertSeverity } from '../../api/rollout-spec.js';
import { isObject } from '../../api/plain-json.js';
import { attachmentMessage } from './attachment.js';
import type { ChatService, Objection } from './chat-service.js';
import { parseJson } from './json-answer.js';
import { escapeMarkup } from './markup.js';

/** Slack's own names of colours. */
const colors: Readonly<Record<AlertSeverity, string>> = { info: 'good', warn: 'warning', error: 'danger' };

/** Errors of the API that are Slack's trouble, not the message's. */
const passingErrors = new Set([
  'ratelimited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
]);

/** Incoming webhooks, and with a token the method chat.postMessage. */
export const slack: ChatService = {
  request(message, endpoint) {
    const style = {
      color: colors[message.severity],
      escape: escapeMarkup,
      fallback: `${message.title}: ${message.text}`,
    };
    return {
      url: endpoint.url,
      body: attachmentMessage(message, endpoint, style),
      ...(endpoint.token === undefined ? {} : { bearerToken: endpoint.token }),
    };
  },
  /** The API answers 200 to everything and says in the body what it thought of it; a webhook answers "ok". */
  objection(body): Objection | undefined {
    const answer = parseJson(body);
    if (!isObject(answer) || answer.ok !== false) return undefined;
    const { error } = answer;
    const name = typeof error === 'string' ? error : 'unknown error';
    return { error: `Slack refused the message: ${name}`, mayPass: passingErrors.has(name) };
  },
};
