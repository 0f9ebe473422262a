// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 as Ajv, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';

import { isObject } from '../../api/plain-json.js';
import type { AlertSeverity } from '../../api/rollout-spec.js';
import { alertMessage } from '../alert-message.js';
import type { Endpoint } from '../endpoint.js';
import { aFullNotice, aNotice } from '../testing.js';
import { fixture, goldenEndpoints, request, severities } from './testing.js';

type Schema = Readonly<Record<string, unknown>>;

/** Published forms carry notes for people and formats that this list has to know. */
function compiled(schema: Schema): ValidateFunction {
  const formats = { uri: (text: string) => URL.canParse(text), 'uri-reference': true, double: true } as const;
  return new Ajv({ strict: false, formats }).compile(schema);
}

/** A discovery document of Google as JSON Schema. Google refuses members that it does not know. */
function discoverySchema(document: Schema, root: string): Schema {
  const { schemas } = document;
  return { $ref: `#/$defs/${root}`, $defs: isObject(schemas) ? mapValues(schemas, strictObject) : {} };
}

function strictObject(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strictObject);
  if (!isObject(schema)) return schema;
  const { $ref, id: _name, properties, ...rest } = schema;
  if (typeof $ref === 'string') return { $ref: `#/$defs/${$ref}` };
  return isObject(properties)
    ? { ...rest, properties: mapValues(properties, strictObject), additionalProperties: false }
    : mapValues(rest, strictObject);
}

function mapValues(object: Schema, change: (value: unknown) => unknown): Schema {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

/** The card in its envelope, without the member that Teams reads and the form of cards, which is for all hosts, has not. */
function withoutTeamsPart(body: Schema): Schema {
  const [attachment] = Array.isArray(body.attachments) ? (body.attachments as readonly unknown[]) : []; // our own message
  const content = isObject(attachment) && isObject(attachment.content) ? attachment.content : {};
  const { msteams: _width, ...card } = content;
  return card;
}

interface PublishedForm {
  readonly fits: ValidateFunction;
  /** The part of a message that the form is about. */
  readonly part: (body: Schema) => Schema;
}

const whole = (body: Schema): Schema => body;
const published: ReadonlyMap<string, PublishedForm> = new Map([
  ['discord', { fits: compiled(fixture('discord', 'alert-schemas/published')), part: whole }],
  [
    'gchat',
    { fits: compiled(discoverySchema(fixture('gchat-discovery', 'alert-schemas/published'), 'Message')), part: whole },
  ],
  [
    'msteams-adaptive-card',
    { fits: compiled(fixture('msteams-adaptive-card', 'alert-schemas/published')), part: withoutTeamsPart },
  ],
]);

function expectFit(fits: ValidateFunction, body: unknown): void {
  const taken: boolean = fits(JSON.parse(JSON.stringify(body)));
  expect({ taken, errors: fits.errors ?? [] }).toEqual({ taken: true, errors: [] });
}

/** Messages whose texts are anything at all. */
function forAnyMessage(severity: AlertSeverity, endpoint: Endpoint, check: (body: Schema) => void): void {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 2_000 }),
      fc.boolean(),
      fc.webUrl(),
      (text, isFull, alertLink) => {
        const notice = isFull ? aFullNotice({ severity, message: text }) : aNotice({ severity, message: `${text}x` });
        check(request(alertMessage(notice, { clusterName: text, alertLink }), endpoint).body);
      },
    ),
    { numRuns: 25 },
  );
}

const cases = goldenEndpoints.flatMap(([name, endpoint]) =>
  severities.map((severity) => [name, severity, endpoint] as const),
);

describe('messages in the form that the fixture describes', () => {
  const formOf = new Map(goldenEndpoints.map(([name]) => [name, compiled(fixture(name, 'alert-schemas'))] as const));

  it.each(cases)('%s %s, whatever the texts are', (name, severity, endpoint) => {
    const fits = formOf.get(name) ?? compiled({});
    forAnyMessage(severity, endpoint, (body) => expectFit(fits, body));
    expectFit(fits, fixture(name)[severity]);
    expectFit(fits, fixture(name).bare);
  });

  it.each(goldenEndpoints)('%s has no place for anything else', (name) => {
    const fits = formOf.get(name) ?? compiled({});
    expect(fits({ ...(fixture(name).info as object), else: 'where' })).toBe(false);
    expect(fits({})).toBe(false);
  });
});

describe('messages in the form that the service has published', () => {
  const publishedCases = cases.flatMap(([name, severity, endpoint]) => {
    const form = published.get(name);
    return form === undefined ? [] : [[name, severity, endpoint, form] as const];
  });

  it.each(publishedCases)('%s %s, whatever the texts are', (name, severity, endpoint, { fits, part }) => {
    forAnyMessage(severity, endpoint, (body) => expectFit(fits, part(body)));
    const golden = fixture(name);
    for (const body of [golden[severity], golden.bare]) expectFit(fits, part(isObject(body) ? body : {}));
  });

  it.each<[string, string, Schema]>([
    ['discord', 'a colour by name', { attachments: [{ color: 'good' }] }],
    ['discord', 'an empty address of an icon', { icon_url: '' }],
    ['gchat', 'a member that it does not know', { cards: [{ sections: [{ widgets: [{ text: 'x' }] }] }] }],
    ['gchat', 'a field in the wrong place', { cards: [{ title: 'x' }] }],
    ['msteams-adaptive-card', 'a text without text', { type: 'AdaptiveCard', body: [{ type: 'TextBlock' }] }],
    [
      'msteams-adaptive-card',
      'a colour that it does not know',
      { body: [{ type: 'TextBlock', text: '', color: 'Red' }] },
    ],
    [
      'msteams-adaptive-card',
      'a fact by another name',
      { body: [{ type: 'FactSet', facts: [{ name: 'x', value: 'y' }] }] },
    ],
  ])('%s refuses %s', (name, _what, body) => {
    expect(published.get(name)?.fits(body)).toBe(false);
  });
});
