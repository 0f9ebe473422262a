// SPDX-License-Identifier: Apache-2.0
import type { Phase } from '../api/canary-status.js';
import type { StringMap } from '../api/kubernetes.js';
import type { Webhook } from '../api/rollout-spec.js';
import { sha256Hex } from '../lib/hash.js';

/** What a webhook is told. The webhook's own metadata is added when it is called. */
export interface HookPayload {
  /** Of the Canary. */
  readonly name: string;
  readonly namespace: string;
  readonly phase: Phase;
  /** Of the revision under test, see `hookChecksum`. */
  readonly checksum: string;
  /** Wins over the webhook's own metadata. */
  readonly metadata?: StringMap;
  /** Present when the call is about an event. */
  readonly event?: EventFacts;
}

export interface EventFacts {
  /** Of this event alone, among those of its Canary. */
  readonly id: string;
  readonly type: 'Normal' | 'Warning';
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** Something that happened to a Canary, as event webhooks are told of it. */
export interface HookEvent extends Omit<HookPayload, 'event'>, EventFacts {
  readonly message: string;
}

const checksumLength = 10;

/** A short id of a revision: equal revisions give equal text, 10 characters of [0-9a-f]. Not reversible. */
export function hookChecksum(revision: string): string {
  return sha256Hex(revision).slice(0, checksumLength);
}

/** The payload of an event. Message, type and time are metadata that nothing can override. */
export function eventPayload({ id, message, type, atMs, metadata, ...payload }: HookEvent): HookPayload {
  const timestamp = String(Math.trunc(atMs));
  const told = { ...metadata, eventMessage: message, eventType: type, timestamp };
  return { ...payload, metadata: told, event: { id, type, atMs } };
}

/** The body of a request, its keys in the order that users know; `metadata` is left out when it is empty. */
export function requestBody(webhook: Webhook, payload: HookPayload): string {
  const { name, namespace, phase, checksum } = payload;
  const members = Object.entries({ ...webhook.metadata, ...payload.metadata });
  const metadata = Object.fromEntries(members.sort(([left], [right]) => (left < right ? -1 : 1)));
  return JSON.stringify({ name, namespace, phase, checksum, ...(members.length === 0 ? {} : { metadata }) });
}
