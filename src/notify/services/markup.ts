// SPDX-License-Identifier: Apache-2.0

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text for a service that gives a meaning to these three characters: mentions and links in Slack, HTML in Google Chat. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>]/g, (character) => entities[character] ?? character);
}
