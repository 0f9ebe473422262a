// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../lib/logger.js';
import { globalDestination, type Destination } from './destination.js';
import { makeEndpoint, type EndpointSettings } from './endpoint.js';

/** Settings of the operator for Canaries without alerts of their own. Their names are those of the flags. */
export interface GlobalAlertSettings {
  readonly slackUrl?: string | undefined;
  readonly slackToken?: string | undefined;
  readonly slackProxyUrl?: string | undefined;
  readonly slackUser?: string | undefined;
  readonly slackChannel?: string | undefined;
  /** Takes the place of Slack. */
  readonly msteamsUrl?: string | undefined;
  readonly msteamsProxyUrl?: string | undefined;
  readonly clusterName?: string | undefined;
  /** URL with placeholders, added to each message. */
  readonly alertLink?: string | undefined;
}

/** Where alerts of Canaries without alerts of their own go; undefined: nowhere. Says once what was found. */
export function globalAlerts(settings: GlobalAlertSettings, log: Logger): Destination | undefined {
  const chosen = chosenService(settings);
  if (chosen === undefined) return undefined;
  const made = makeEndpoint(chosen);
  if (made.kind === 'invalid') {
    log.error({}, `Notifier ${made.problem}`);
    return undefined;
  }
  log.info({}, `Notifications enabled for ${made.endpoint.url.origin}`);
  return globalDestination(made.endpoint);
}

function chosenService(settings: GlobalAlertSettings): EndpointSettings | undefined {
  const { msteamsUrl = '', msteamsProxyUrl, slackUrl = '', slackProxyUrl } = settings;
  if (msteamsUrl !== '') return { type: 'msteams', address: msteamsUrl, proxy: msteamsProxyUrl };
  if (slackUrl === '') return undefined;
  return {
    type: 'slack',
    address: slackUrl,
    proxy: slackProxyUrl,
    token: settings.slackToken,
    username: settings.slackUser,
    channel: settings.slackChannel,
  };
}
