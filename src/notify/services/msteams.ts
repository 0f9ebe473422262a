// SPDX-License-Identifier: Apache-2.0
import type { AlertSeverity } from '../../api/rollout-spec.js';
import type { AlertMessage } from '../alert-message.js';
import type { TeamsFormat } from '../endpoint.js';
import type { ChatRequest, ChatService, Objection } from './chat-service.js';

type Body = ChatRequest['body'];

const themeColors: Readonly<Record<AlertSeverity, string>> = { info: '0076D7', warn: 'FFA500', error: 'FF0000' };
const textColors: Readonly<Record<AlertSeverity, string>> = { info: 'Accent', warn: 'Warning', error: 'Attention' };

/** Domains of Workflows (Power Automate, Logic Apps), with those of the sovereign clouds. */
const workflowHost = /(?:^|\.)(?:logic\.azure|powerplatform|powerautomate|flow\.microsoft)\.(?:com|us|cn)$/;
const workflowPath = /\/(?:workflows|powerautomate)\//;

/** Adaptive Cards for Workflows; MessageCard, as Flagger, for connectors and for what others have put in their place. */
export const msteams: ChatService = {
  request(message, { url, teamsFormat = formatFor(url) }) {
    return { url, body: teamsFormat === 'adaptiveCard' ? adaptiveCardMessage(message) : messageCard(message) };
  },
  /** A connector answers 200 for what went wrong behind it, throttling included. */
  objection(body): Objection | undefined {
    if (!body.startsWith('Webhook message delivery failed')) return undefined;
    return { error: body, mayPass: /HTTP error (?:429|5\d\d)/.test(body) };
  },
};

function formatFor(url: URL): TeamsFormat {
  return workflowHost.test(url.hostname) || workflowPath.test(url.pathname) ? 'adaptiveCard' : 'messageCard';
}

function messageCard({ title, text, severity, fields, link }: AlertMessage): Body {
  return {
    '@type': 'MessageCard',
    '@context': 'http://schema.org/extensions',
    themeColor: themeColors[severity],
    summary: title,
    sections: [{ activityTitle: text, activitySubtitle: title, facts: fields }],
    ...(link === undefined
      ? {}
      : { potentialAction: [{ '@type': 'OpenUri', name: 'Open', targets: [{ os: 'default', uri: link }] }] }),
  };
}

function adaptiveCardMessage(message: AlertMessage): Body {
  const content = adaptiveCard(message);
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content };
  return { type: 'message', attachments: [attachment] };
}

function adaptiveCard({ title, text, severity, fields, link }: AlertMessage): Body {
  const facts = fields.map(({ name, value }) => ({ title: name, value }));
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [
      { type: 'TextBlock', text, weight: 'Bolder', size: 'Medium', wrap: true, color: textColors[severity] },
      { type: 'TextBlock', text: title, isSubtle: true, spacing: 'None', wrap: true },
      ...(facts.length === 0 ? [] : [{ type: 'FactSet', facts }]),
    ],
    ...(link === undefined ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open', url: link }] }),
  };
}
