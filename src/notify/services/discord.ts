// SPDX-License-Identifier: Apache-2.0
import { attachmentMessage } from './attachment.js';
import type { ChatService } from './chat-service.js';
import { slackColors } from './slack.js';

/** Discord's endpoint for messages in Slack's form. */
export const discord: ChatService = {
  request(message, endpoint) {
    return {
      url: slackCompatible(endpoint.url),
      body: attachmentMessage(message, endpoint, { color: slackColors[message.severity] }),
    };
  },
};

/** The path ends in exactly one "/slack"; the query, which may name a thread, stays. */
function slackCompatible(url: URL): URL {
  const compatible = new URL(url.href);
  const path = url.pathname.replace(/\/+$/, '');
  compatible.pathname = path.endsWith('/slack') ? path : `${path}/slack`;
  return compatible;
}
