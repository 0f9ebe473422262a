// SPDX-License-Identifier: Apache-2.0
import type { AlertSeverity } from '../../api/rollout-spec.js';
import type { ChatService } from './chat-service.js';
import { escapeMarkup } from './markup.js';

const gray = '#848484';
/** Flagger shows everything in gray. */
const colors: Readonly<Record<AlertSeverity, string>> = { info: gray, warn: '#FFA500', error: '#FF0000' };

interface Section {
  readonly widgets: readonly Readonly<Record<string, unknown>>[];
}

/** Incoming webhooks of Google Chat; the first form of its cards, as Flagger. */
export const gchat: ChatService = {
  request({ title, text, severity, fields, link }, { url }) {
    const header = { title: 'Flagger', subtitle: title, imageUrl: 'https://flagger.app/favicon.png' };
    const sections = [
      paragraph(strong(text, colors[severity])),
      ...fields.map(({ name, value }) => paragraph(`${escapeMarkup(name)}<br>${strong(value, gray)}`)),
      ...(link === undefined ? [] : [button('OPEN', link)]),
    ];
    return { url, body: { cards: [{ header, sections }] } };
  },
};

function strong(text: string, color: string): string {
  return `<font color=${color}><strong>${escapeMarkup(text)}</strong></font>`;
}

function paragraph(html: string): Section {
  return { widgets: [{ textParagraph: { text: html } }] };
}

function button(text: string, url: string): Section {
  return { widgets: [{ buttons: [{ textButton: { text, onClick: { openLink: { url } } } }] }] };
}
