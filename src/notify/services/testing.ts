// SPDX-License-Identifier: Apache-2.0
/** Endpoints and recorded messages for the tests of this folder. Not part of the program. */
import { readFileSync } from 'node:fs';
import type { AlertProviderType } from '../../api/alert-provider.js';
import type { AlertSeverity } from '../../api/rollout-spec.js';
import type { AlertMessage } from '../alert-message.js';
import { makeEndpoint, type Endpoint, type EndpointSettings } from '../endpoint.js';
import { chatServices, type ChatRequest } from './index.js';

export const connector = 'https://acme.webhook.office.com/webhookb2/a@b/IncomingWebhook/c/d';
export const workflow =
  'https://prod-12.westeurope.logic.azure.com:443/workflows/f00/triggers/manual/paths/invoke?sig=s';

const addresses: Readonly<Record<AlertProviderType, string>> = {
  slack: 'https://hooks.slack.com/services/T0/B0/secret',
  discord: 'https://discord.com/api/webhooks/1/t',
  rocket: 'https://rocket.example.com/hooks/1/t',
  msteams: connector,
  gchat: 'https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t',
};

export function anEndpoint(type: AlertProviderType, changes: Partial<EndpointSettings> = {}): Endpoint {
  const made = makeEndpoint({ type, address: addresses[type], ...changes });
  if (made.kind === 'invalid') throw new Error(made.problem);
  return made.endpoint;
}

export function request(message: AlertMessage, endpoint: Endpoint): ChatRequest {
  return chatServices[endpoint.type].request(message, endpoint);
}

export function fixture(name: string, folder = 'alerts'): Readonly<Record<string, unknown>> {
  const text = readFileSync(new URL(`../../../test/fixtures/${folder}/${name}.json`, import.meta.url), 'utf8');
  return JSON.parse(text) as Readonly<Record<string, unknown>>; // our own fixture
}

export const severities: readonly AlertSeverity[] = ['info', 'warn', 'error'];

export const goldenEndpoints: readonly (readonly [string, Endpoint])[] = [
  ['slack', anEndpoint('slack')],
  ['discord', anEndpoint('discord')],
  ['rocket', anEndpoint('rocket')],
  ['msteams-message-card', anEndpoint('msteams')],
  ['msteams-adaptive-card', anEndpoint('msteams', { address: workflow })],
  ['gchat', anEndpoint('gchat')],
];
