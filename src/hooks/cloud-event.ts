// SPDX-License-Identifier: Apache-2.0
import { canaryApiVersion } from '../api/names.js';
import type { StringMap } from '../api/kubernetes.js';
import type { EventFormat, Webhook } from '../api/rollout-spec.js';
import { requestBody, type HookPayload } from './payload.js';

export interface RequestContent {
  readonly headers: StringMap;
  readonly body: string;
}

/** What a webhook is sent: the usual body, or for an event, if the webhook wants that, a CloudEvent with it as data. */
export function requestContent(webhook: Webhook, payload: HookPayload): RequestContent {
  const data = requestBody(webhook, payload);
  const attributes = cloudEventAttributes(payload);
  const format: EventFormat = attributes === undefined ? 'flagger' : (webhook.format ?? 'flagger');
  switch (format) {
    case 'flagger':
      return { headers: { 'content-type': 'application/json' }, body: data };
    case 'cloudevents':
      return {
        headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
        body: JSON.stringify({ ...attributes, datacontenttype: 'application/json', data: JSON.parse(data) as unknown }),
      };
    case 'cloudevents-binary': {
      const headers = Object.entries(attributes ?? {}).map(
        ([name, value]) => [`ce-${name}`, encodeHeader(value)] as const,
      );
      return { headers: { ...Object.fromEntries(headers), 'content-type': 'application/json' }, body: data };
    }
  }
}

/** Context attributes of CloudEvents 1.0; undefined for what is no event. The same event has the same id at each attempt. */
function cloudEventAttributes({ name, namespace, event }: HookPayload): StringMap | undefined {
  if (event === undefined) return undefined;
  return {
    specversion: '1.0',
    id: event.id,
    source: `/apis/${canaryApiVersion}/namespaces/${namespace}/canaries/${name}`,
    type: `app.flagger.canary.${event.type.toLowerCase()}`,
    subject: `${namespace}/${name}`,
    time: new Date(event.atMs).toISOString(),
  };
}

/** The HTTP binding's percent-encoding of an attribute: what is outside printable ASCII, and the characters ", % and blank. */
function encodeHeader(value: string): string {
  return value.replace(/[^\x21\x23\x24\x26-\x7e]+/gu, (text) => encodeURIComponent(text.toWellFormed()));
}
