// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Payload, readPayload } from './payload.js';

const empty = { name: '', namespace: '', checksum: '', metadata: new Map() };

describe('readPayload', () => {
  it.each<{ body: string; payload: Partial<Payload> }>([
    { body: '{"name":"podinfo","namespace":"test"}', payload: { name: 'podinfo', namespace: 'test' } },
    { body: '{"name":"a","phase":"Progressing","checksum":"c","x":[]}', payload: { name: 'a', checksum: 'c' } },
    { body: '{"NAME":"a","NameSpace":"b"}', payload: { name: 'a', namespace: 'b' } },
    { body: '{"name":"a","Name":"b"}', payload: { name: 'b' } },
    {
      body: '{"metadata":{"cmd":"a","Cmd":"b"}}',
      payload: { metadata: new Map(Object.entries({ cmd: 'a', Cmd: 'b' })) },
    },
    { body: '{"metadata":{"cmd":null}}', payload: { metadata: new Map([['cmd', '']]) } },
    { body: '{"name":null,"metadata":null,"checksum":7,"phase":7}', payload: {} },
    { body: 'null', payload: {} },
    { body: ' {} ', payload: {} },
  ])('reads $body', ({ body, payload }) => {
    expect(readPayload(body)).toEqual({ kind: 'payload', payload: { ...empty, ...payload } });
  });

  it.each([
    { body: '', reason: /^empty body$/ },
    { body: ' \n', reason: /^empty body$/ },
    { body: '{', reason: /^the body is no JSON$/ },
    { body: '{} {}', reason: /^the body is no JSON$/ },
    { body: '\uFEFF{}', reason: /^the body is no JSON$/ },
    { body: '[]', reason: /^body: / },
    { body: '"podinfo"', reason: /^body: / },
    { body: '{"name":5}', reason: /^name: / },
    { body: '{"metadata":{"cmd":5}}', reason: /^metadata.cmd: / },
    { body: '{"metadata":[]}', reason: /^metadata: / },
    { body: '{"metadata":{"cmd":{"a":"b"}}}', reason: /^metadata.cmd: / },
    // What callers name is kept in memory: the 500 names of the metrics alone would fill it.
    { body: JSON.stringify({ name: 'a'.repeat(254) }), reason: /^name: longer than 253 characters$/ },
    { body: JSON.stringify({ namespace: 'a'.repeat(254) }), reason: /^namespace: longer than 253 characters$/ },
    {
      body: JSON.stringify({ metadata: { cmd: 'a'.repeat(65_537) } }),
      reason: /^metadata.cmd: longer than 65536 characters$/,
    },
  ])('refuses $body', ({ body, reason }) => {
    expect(readPayload(body)).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) as unknown });
  });

  it('takes no revision of another length than a revision has', () => {
    const read = readPayload(JSON.stringify({ checksum: 'c'.repeat(254) }));
    expect(read).toEqual({ kind: 'payload', payload: empty });
  });

  it('takes any JSON value without throwing', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 4 }), (body) => expect(() => readPayload(body)).not.toThrow()));
  });
});
