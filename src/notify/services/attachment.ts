// SPDX-License-Identifier: Apache-2.0
import type { AlertMessage } from '../alert-message.js';
import type { Endpoint } from '../endpoint.js';

/** Slack's message with one attachment, which Rocket.Chat reads too. */
export interface AttachmentMessage {
  readonly [member: string]: unknown;
  readonly attachments: readonly Readonly<Record<string, unknown>>[];
}

export interface AttachmentStyle {
  readonly color: string;
  /** Applied to text and values. Default: as they are. */
  readonly escape?: (text: string) => string;
  /** Shown where attachments are not, such as in a notification on a phone. */
  readonly fallback?: string;
}

export function attachmentMessage(
  message: AlertMessage,
  { channel, username }: Endpoint,
  style: AttachmentStyle,
): AttachmentMessage {
  return { channel, username, icon_url: '', icon_emoji: ':rocket:', attachments: [attachment(message, style)] };
}

/** The message itself. */
export function attachment(
  { title, text, fields, link }: AlertMessage,
  { color, escape = (plain) => plain, fallback }: AttachmentStyle,
): AttachmentMessage['attachments'][number] {
  return {
    color,
    author_name: title,
    text: escape(text),
    mrkdwn_in: ['text'],
    fields: fields.map(({ name, value }) => ({ title: escape(name), value: escape(value), short: false })),
    ...(link === undefined ? {} : { author_link: link }),
    ...(fallback === undefined ? {} : { fallback: escape(fallback) }),
  };
}
