// SPDX-License-Identifier: Apache-2.0
import type { HeaderChange } from './filters.js';

/** Header lines by name in lower case. */
export type HeaderLines = Readonly<Record<string, readonly string[] | undefined>>;

/** Headers that belong to one connection and are not passed on. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The headers that a proxy passes on. */
export function endToEnd(headers: HeaderLines): Record<string, readonly string[]> {
  const passed: Record<string, readonly string[]> = {};
  for (const [name, lines] of Object.entries(headers)) {
    if (lines !== undefined && !hopByHop.has(name)) passed[name] = lines;
  }
  return passed;
}

/** Headers after the changes, in order. */
export function changeHeaders(headers: HeaderLines, changes: readonly HeaderChange[]): HeaderLines {
  let changed = headers;
  for (const { action, name, value } of changes) {
    if (action === 'drop') changed = { ...changed, [name]: undefined };
    else if (action === 'set') changed = { ...changed, [name]: [value] };
    else changed = { ...changed, [name]: [...(changed[name] ?? []), value] };
  }
  return changed;
}

/** Headers in the form that node:http sends. */
export function toOutgoing(headers: HeaderLines): Record<string, string | string[]> {
  const outgoing: Record<string, string | string[]> = {};
  for (const [name, lines] of Object.entries(headers)) {
    const [first, ...others] = lines ?? [];
    if (first !== undefined) outgoing[name] = others.length === 0 ? first : [first, ...others];
  }
  return outgoing;
}
