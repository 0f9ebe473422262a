// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventFormat, Webhook } from '../api/rollout-spec.js';
import { requestContent } from './cloud-event.js';
import { eventPayload, type HookPayload } from './payload.js';

const about = { name: 'podinfo', namespace: 'test', phase: 'Progressing', checksum: '85d557f47b' } as const;

function anEvent(message = 'Advance podinfo.test canary weight 10', id = '0f9f'): HookPayload {
  return eventPayload({ ...about, id, message, type: 'Normal', atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
}

function aHook(format?: EventFormat): Webhook {
  return {
    name: 'board',
    type: 'event',
    url: 'http://board.test/',
    timeout: '10s',
    retries: 0,
    disableTLS: false,
    muteAlert: false,
    metadata: { team: 'shop' },
    ...(format === undefined ? {} : { format }),
  };
}

const attributes = {
  specversion: '1.0',
  id: '0f9f',
  source: '/apis/flagger.app/v1beta1/namespaces/test/canaries/podinfo',
  type: 'app.flagger.canary.normal',
  subject: 'test/podinfo',
  time: '2026-01-02T03:04:05.678Z',
};
const data = {
  ...about,
  metadata: {
    eventMessage: 'Advance podinfo.test canary weight 10',
    eventType: 'Normal',
    team: 'shop',
    timestamp: '1767323045678',
  },
};

describe('requestContent', () => {
  it.each([undefined, 'flagger'] as const)('is the body of every webhook with format %s', (format) => {
    const { headers, body } = requestContent(aHook(format), anEvent());
    expect(headers).toEqual({ 'content-type': 'application/json' });
    expect(JSON.parse(body)).toEqual(data);
  });

  it('is one JSON object with attributes and data with format cloudevents', () => {
    const { headers, body } = requestContent(aHook('cloudevents'), anEvent());
    expect(headers).toEqual({ 'content-type': 'application/cloudevents+json; charset=utf-8' });
    expect(JSON.parse(body)).toEqual({ ...attributes, datacontenttype: 'application/json', data });
  });

  it('is what docs/webhooks.md shows', () => {
    const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
    const [, example = ''] = /```json\n([^`]*"specversion"[^`]*)```/.exec(page) ?? [];
    const shown = JSON.parse(example) as { readonly id: string; readonly time: string };
    const event = { ...about, id: shown.id, message: data.metadata.eventMessage, type: 'Normal' } as const;
    const hook = { ...aHook('cloudevents'), metadata: {} };
    const { body } = requestContent(hook, eventPayload({ ...event, atMs: Date.parse(shown.time) }));
    expect(JSON.parse(body)).toEqual(shown);
  });

  it('is the data, and the attributes as headers, with format cloudevents-binary', () => {
    const { headers, body } = requestContent(aHook('cloudevents-binary'), anEvent());
    const named = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));
    expect(headers).toEqual({ ...named, 'content-type': 'application/json' });
    expect(JSON.parse(body)).toEqual(data);
  });

  it('stays as it is for a hook that is about no event', () => {
    const { headers } = requestContent(aHook('cloudevents'), about);
    expect(headers).toEqual({ 'content-type': 'application/json' });
  });

  it('says the same event by the same id at each attempt', () => {
    const event = anEvent();
    expect(requestContent(aHook('cloudevents'), event)).toEqual(requestContent(aHook('cloudevents'), event));
  });

  it('keeps what the specification demands of attributes and headers, whatever an event says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', minLength: 1 }), (message, id) => {
        const event = anEvent(message, id);
        const parsed = JSON.parse(requestContent(aHook('cloudevents'), event).body) as Readonly<
          Record<string, unknown>
        >;
        expect(Object.keys(parsed).every((name) => /^[a-z0-9]{1,20}$/.test(name))).toBe(true);
        const { headers } = requestContent(aHook('cloudevents-binary'), event);
        expect(Object.values(headers).every((value) => /^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(value))).toBe(true);
        expect(decodeURIComponent(headers['ce-id'] ?? '')).toBe(id.toWellFormed());
      }),
    );
  });
});
