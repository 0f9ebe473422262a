// SPDX-License-Identifier: Apache-2.0
// Calls webhooks over HTTP: gates, hooks and event receivers.
// Knows one request and its verdict; knows nothing of phases, and never decides what a verdict means for a rollout.
// Never runs inside a reconcile: the check runner calls it and aborts it by signal.
// HookCaller makes one call with retries; EventWebhookSender queues events in order per Canary and delays nobody.
// HookPayload is the body of a request, HookResult the verdict.
export {};
