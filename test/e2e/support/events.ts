// SPDX-License-Identifier: Apache-2.0
import type { CoreEvent } from '../../../src/api/index.js';
import { api, resourcePath } from '../bench/api.js';

/** Events about one Canary, in the order in which they were written. */
export async function eventsOf(namespace: string, canary = 'podinfo'): Promise<readonly CoreEvent[]> {
  const selector = `?fieldSelector=involvedObject.kind=Canary,involvedObject.name=${canary}`;
  const events = await api.list<CoreEvent>(resourcePath('events', namespace) + selector);
  return [...events].sort((a, b) => compare(orderOf(a), orderOf(b)));
}

export async function messagesOf(namespace: string, canary = 'podinfo'): Promise<readonly string[]> {
  return (await eventsOf(namespace, canary)).map(({ message }) => message);
}

/** The names of Events are `<canary>.<hexadecimal time>`; timestamps have whole seconds only. */
function orderOf({ metadata }: CoreEvent): string {
  return metadata.name.split('.').at(-1) ?? '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
