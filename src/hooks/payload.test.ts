// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { StringMap } from '../api/kubernetes.js';
import type { Webhook } from '../api/rollout-spec.js';
import { eventPayload, hookChecksum, requestBody, type HookPayload } from './payload.js';

const payload: HookPayload = { name: 'podinfo', namespace: 'test', phase: 'Progressing', checksum: '85d557f47b' };

function aHook(metadata: StringMap): Webhook {
  const flags = { disableTLS: false, muteAlert: false };
  return { name: 'gate', type: 'rollout', url: 'http://hooks.test', timeout: '10s', retries: 0, metadata, ...flags };
}

interface BodyCase {
  readonly what: string;
  readonly hook: StringMap;
  readonly metadata: StringMap | undefined;
  readonly rest: string;
}

describe('hookChecksum', () => {
  it('is short, stable and differs between revisions', () => {
    expect(hookChecksum('revision-1')).toBe(hookChecksum('revision-1'));
    fc.assert(
      fc.property(fc.string(), fc.string(), (left, right) => {
        expect(hookChecksum(left)).toMatch(/^[0-9a-z]{10}$/);
        expect(hookChecksum(left) === hookChecksum(right)).toBe(left === right);
      }),
    );
  });
});

describe('requestBody', () => {
  const start = '{"name":"podinfo","namespace":"test","phase":"Progressing","checksum":"85d557f47b"';

  it.each<BodyCase>([
    { what: 'nothing', hook: {}, metadata: undefined, rest: '}' },
    { what: 'no empty metadata', hook: {}, metadata: {}, rest: '}' },
    {
      what: "the hook's, sorted",
      hook: { b: '2', a: '1' },
      metadata: undefined,
      rest: ',"metadata":{"a":"1","b":"2"}}',
    },
    { what: 'the same only once', hook: { a: '1' }, metadata: { a: '1' }, rest: ',"metadata":{"a":"1"}}' },
    { what: 'both, the call wins', hook: { a: '1' }, metadata: { a: '3' }, rest: ',"metadata":{"a":"3"}}' },
  ])('carries $what', ({ hook, metadata, rest }) => {
    const told = metadata === undefined ? payload : { ...payload, metadata };
    expect(requestBody(aHook(hook), told)).toBe(`${start}${rest}`);
  });

  it('reads back as what was put in', () => {
    const names = fc.string().filter((name) => name !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(names, fc.string(), { minKeys: 1, noNullPrototype: true }), (metadata) => {
        expect(JSON.parse(requestBody(aHook(metadata), payload))).toEqual({ ...payload, metadata });
      }),
    );
  });
});

describe('eventPayload', () => {
  const facts = { id: 'e1', type: 'Warning', atMs: 1_767_225_600_123.75 } as const;
  const event = {
    name: 'podinfo',
    namespace: 'test',
    phase: 'Progressing',
    checksum: '85d557f47b',
    message: 'Scaling up',
    ...facts,
  } as const;
  const told = { eventMessage: 'Scaling up', eventType: 'Warning', timestamp: '1767225600123' };

  it('tells message, type and time in the metadata', () => {
    expect(eventPayload(event)).toEqual({ ...payload, metadata: told, event: facts });
  });

  it('lets no metadata override them', () => {
    const forged = { eventMessage: 'x', eventType: 'x', timestamp: 'x', team: 'a' };
    expect(eventPayload({ ...event, metadata: forged }).metadata).toEqual({ ...told, team: 'a' });
    expect(JSON.parse(requestBody(aHook(forged), eventPayload(event)))).toEqual({
      ...payload,
      metadata: { ...told, team: 'a' },
    });
  });
});
