// SPDX-License-Identifier: Apache-2.0
// Alerts: tells people in Slack, Microsoft Teams, Discord, Rocket.Chat and Google Chat what a rollout does.
// Must not delay anybody, decide what is worth telling, log a secret, or know the operator's settings and loop.
// A notice becomes a message (alert-message), waits in a lane per place and Canary (delivery-queue), is posted with the
// address and token of that moment (destination, delivery) in the form of its chat service (services).
// Main types: AlertSender, AlertNotice, AlertSource, Destination, AlertMessage.
export type { AlertFacts, AlertNotice, ImageChange, Measurement } from './alert-notice.js';
export { createAlertSender } from './alert-sender.js';
export type { AlertSender, AlertSenderDeps, LostAlert } from './alert-sender.js';
export { alertTextAnnotation, teamsFormatAnnotation } from './destination.js';
export type { AlertSource } from './destination.js';
export type { GlobalAlertSettings } from './global-alerts.js';
