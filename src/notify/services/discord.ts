// SPDX-License-Identifier: Apache-2.0
import type { AlertSeverity } from '../../api/rollout-spec.js';
import type { AlertMessage } from '../alert-message.js';
import { attachment } from './attachment.js';
import type { ChatService } from './chat-service.js';

/** Those that Slack's names stand for: Discord's published form takes no names. */
const colors: Readonly<Record<AlertSeverity, string>> = { info: '#2EB886', warn: '#DAA038', error: '#A30200' };

/** Discord's endpoint for messages in Slack's form; an empty address of an icon, as Flagger sends it, is no address. */
export const discord: ChatService = {
  request(message, { url, channel, username }) {
    const attachments = [{ ...attachment(message, { color: colors[message.severity] }), fields: fields(message) }];
    return { url: slackCompatible(url), body: { channel, username, icon_emoji: ':rocket:', attachments } };
  },
};

/** With Slack's names, which the endpoint has always read, and with those of Discord's published form. */
function fields(message: AlertMessage): readonly Readonly<Record<string, unknown>>[] {
  return message.fields.map(({ name, value }) => ({ title: name, value, short: false, name, inline: false }));
}

/** The path ends in exactly one "/slack"; the query, which may name a thread, stays. */
function slackCompatible(url: URL): URL {
  const compatible = new URL(url.href);
  const path = url.pathname.replace(/\/+$/, '');
  compatible.pathname = path.endsWith('/slack') ? path : `${path}/slack`;
  return compatible;
}
