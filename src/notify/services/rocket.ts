// SPDX-License-Identifier: Apache-2.0
import type { AlertSeverity } from '../../api/rollout-spec.js';
import { attachmentMessage } from './attachment.js';
import type { ChatService } from './chat-service.js';

const colors: Readonly<Record<AlertSeverity, string>> = { info: '#0076D7', warn: '#FFA500', error: '#FF0000' };

/** Incoming webhooks of Rocket.Chat, which take Slack's form. */
export const rocket: ChatService = {
  request(message, endpoint) {
    return { url: endpoint.url, body: attachmentMessage(message, endpoint, { color: colors[message.severity] }) };
  },
};
