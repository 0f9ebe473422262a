// SPDX-License-Identifier: Apache-2.0
// Calls webhooks over HTTP: gates, hooks and event receivers.
// Knows one request and its verdict; knows nothing of phases, and never decides what a verdict means for a rollout.
// Never runs inside a reconcile (R5): the check runner calls it and ends it by signal.
// HookCaller makes one call with its retries; EventWebhookSender queues events in order per Canary and delays nobody.
// HookPayload is what a webhook is told, HookResult its verdict.
export { createEventWebhookSender } from './event-webhook-sender.js';
export type { EventWebhookSender, EventWebhookSenderDeps } from './event-webhook-sender.js';
export { createHookCaller } from './hook-caller.js';
export type { HookCaller, HookCallerDeps, HookResult } from './hook-caller.js';
export type { SecretReader } from './secret-headers.js';
export { eventPayload, hookChecksum } from './payload.js';
export type { EventFacts, HookEvent, HookPayload } from './payload.js';
