// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readPayload } from './payload.js';

const empty = { name: '', namespace: '', checksum: '', metadata: new Map() };

describe('readPayload', () => {
  it.each`
    body                                                          | payload
    ${'{"name":"podinfo","namespace":"test"}'}                    | ${{ name: 'podinfo', namespace: 'test' }}
    ${'{"name":"a","phase":"Progressing","checksum":"c","x":[]}'} | ${{ name: 'a', checksum: 'c' }}
    ${'{"NAME":"a","NameSpace":"b"}'}                             | ${{ name: 'a', namespace: 'b' }}
    ${'{"name":"a","Name":"b"}'}                                  | ${{ name: 'b' }}
    ${'{"metadata":{"type":"cmd","Type":"x"}}'}                   | ${{ metadata: new Map([['type', 'cmd'], ['Type', 'x']]) }}
    ${'{"metadata":{"cmd":null}}'}                                | ${{ metadata: new Map([['cmd', '']]) }}
    ${'{"name":null,"metadata":null,"checksum":7,"phase":7}'}     | ${{}}
    ${'null'}                                                     | ${{}}
    ${' {} '}                                                     | ${{}}
  `('reads $body', ({ body, payload }) => {
    expect(readPayload(String(body))).toEqual({ kind: 'payload', payload: { ...empty, ...(payload as object) } });
  });

  it.each`
    body                                | reason
    ${''}                               | ${'empty body'}
    ${' \n'}                            | ${'empty body'}
    ${'{'}                              | ${'the body is no JSON'}
    ${'{} {}'}                          | ${'the body is no JSON'}
    ${'\uFEFF{}'}                       | ${'the body is no JSON'}
    ${'[]'}                             | ${/^body: /}
    ${'"podinfo"'}                      | ${/^body: /}
    ${'{"name":5}'}                     | ${/^name: /}
    ${'{"metadata":{"cmd":5}}'}         | ${/^metadata.cmd: /}
    ${'{"metadata":[]}'}                | ${/^metadata: /}
    ${'{"metadata":{"cmd":{"a":"b"}}}'} | ${/^metadata.cmd: /}
  `('refuses $body', ({ body, reason }: { body: string; reason: unknown }) => {
    const expected: unknown = reason instanceof RegExp ? expect.stringMatching(reason) : reason;
    expect(readPayload(body)).toEqual({ kind: 'unreadable', reason: expected });
  });

  it('takes any JSON value without throwing', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 4 }), (body) => expect(() => readPayload(body)).not.toThrow()));
  });
});
