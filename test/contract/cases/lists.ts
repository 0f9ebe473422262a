// SPDX-License-Identifier: Apache-2.0
import { beforeAll, expect, it } from '@jest/globals';
import { failure, successful, versionOf, type Bench } from '../bench.js';
import { asMetadataList, at, listAt, textAt } from '../cluster.js';
import { canary, configMap, core, flagger, inNamespace } from '../objects.js';

const labelForm = "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'";
const nameRule = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is ${labelForm})`;

/** Label selectors, and which of the objects a (tier=front), b (tier=back), c (none) they find, or what is wrong with them. */
const labelRows: readonly (readonly [selector: string, result: string])[] = [
  ['tier=front', 'a'],
  ['tier==front', 'a'],
  ['tier!=front', 'b c'],
  ['tier in (front, back)', 'a b'],
  ['tier notin (front)', 'b c'],
  ['tier', 'a b'],
  ['!tier', 'c'],
  ['tier,size>3', 'b'],
  ['size<3', 'a'],
  ['tier=front,size=2', 'a'],
  ['tier=front,size=9', ''],
  ['tier in ()', ''],
  ['tier=', ''],
  ['tier==', ''],
  ['tier===', `unable to parse requirement: found '=', expected: identifier`],
  ['tier in (front', `unable to parse requirement: found '', expected: ',' or ')'`],
  ['tier front', `unable to parse requirement: found 'front', expected: in, notin, =, ==, !=, gt, lt`],
  ['tier=front,', `found '', expected: identifier after ','`],
  [',', `found ',', expected: !, identifier, or 'end of string'`],
  ['(tier)', `found '(', expected: !, identifier, or 'end of string'`],
  ['tier in front', `unable to parse requirement: found 'front' expected: '('`],
  ['!tier=front', `found '=', expected: ',' or 'end of string'`],
  ['tier=front back', `found 'back', expected: ',' or 'end of string'`],
  [
    'tier>x',
    `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
  ],
  ['-a=b', `unable to parse requirement: <nil>: Invalid value: "-a": name part ${nameRule}`],
];

const fieldRows: readonly (readonly [selector: string, result: string])[] = [
  ['metadata.name=select-a', 'a'],
  ['metadata.name==select-a', 'a'],
  ['metadata.name!=select-a', 'b c'],
  ['metadata.name=select-a,metadata.namespace=$namespace', 'a'],
  ['metadata.namespace=elsewhere', ''],
  ['data.x=y', '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
  ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
];

export function listCases(bench: Bench): void {
  const { namespace } = bench;
  const configMaps = inNamespace(core, 'configmaps', namespace);
  const selected = `${configMaps}?labelSelector=${encodeURIComponent('suite=lists')}`;
  const namesIn = (body: unknown): string =>
    listAt(body, 'items')
      .map((item) => textAt(item, 'metadata.name').replace('select-', ''))
      .join(' ');

  beforeAll(async () => {
    const labels = { a: { tier: 'front', size: '2' }, b: { tier: 'back', size: '4' }, c: {} };
    for (const [name, own] of Object.entries(labels)) {
      await bench.created(configMaps, configMap(`select-${name}`, {}, { labels: { ...own, suite: 'lists' } }));
    }
  });

  it.each(labelRows)('finds by labels "%s": %s', async (selector, result) => {
    const all =
      selector.startsWith(',') || selector.startsWith('(') || selector.startsWith('-')
        ? selector
        : `${selector},suite=lists`;
    const asked = result === '' || /^[abc ]+$/.test(result) ? all : selector;
    const { status, body } = await bench.client.get(`${configMaps}?labelSelector=${encodeURIComponent(asked)}`);
    if (status === 200) expect(namesIn(body)).toBe(result);
    else expect({ status, message: textAt(body, 'message') }).toEqual({ status: 400, message: result });
  });

  it.each(fieldRows)('finds by fields "%s": %s', async (selector, result) => {
    const path = `${selected}&fieldSelector=${encodeURIComponent(selector.replace('$namespace', namespace))}`;
    const { status, body } = await bench.client.get(path);
    if (status === 200) expect(namesIn(body)).toBe(result);
    else expect({ status, message: textAt(body, 'message') }).toEqual({ status: 400, message: result });
  });

  it('finds Events by what they are about, and pods by their phase', async () => {
    const events = inNamespace(core, 'events', namespace);
    const event = (name: string, kind: string): object => ({
      metadata: { name },
      involvedObject: { kind, name: 'x', namespace },
      type: 'Normal',
    });
    await bench.created(events, event('about-canary', 'Canary'));
    await bench.created(events, event('about-pod', 'Pod'));
    const selector = encodeURIComponent('involvedObject.kind=Canary,involvedObject.name=x,type=Normal');
    expect(namesIn((await bench.client.get(`${events}?fieldSelector=${selector}`)).body)).toBe('about-canary');
    const pods = await bench.client.get(
      `${inNamespace(core, 'pods', namespace)}?fieldSelector=${encodeURIComponent('status.phase=Failed')}`,
    );
    expect(pods.status).toBe(200);
    const unknown = await bench.client.get(`${inNamespace(flagger, 'canaries', namespace)}?fieldSelector=spec.x%3D1`);
    expect(unknown).toMatchObject(failure(400, 'BadRequest', 'field label not supported: spec.x'));
  });

  it('lists objects in the order of their names, without their kind', async () => {
    const { body } = await bench.client.get(selected);
    expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(versionOf(body)).toMatch(/^\d+$/);
    expect(namesIn(body)).toBe('a b c');
    expect(at(body, 'items.0.kind')).toBeUndefined();
  });

  it('lists custom resources with their kind', async () => {
    const name = bench.name();
    await bench.created(inNamespace(flagger, 'canaries', namespace), canary(name));
    const { body } = await bench.client.get(
      `${inNamespace(flagger, 'canaries', namespace)}?fieldSelector=metadata.name%3D${name}`,
    );
    expect(body).toMatchObject({
      kind: 'CanaryList',
      apiVersion: 'flagger.app/v1beta1',
      items: [{ kind: 'Canary', metadata: { name } }],
    });
  });

  it('lists all namespaces at once', async () => {
    const { body } = await bench.client.get(
      `${core}/configmaps?labelSelector=${encodeURIComponent('suite=lists')}&fieldSelector=metadata.namespace%3D${namespace}`,
    );
    expect(namesIn(body)).toBe('a b c');
  });

  it('is at least as new as every write before it', async () => {
    const object = await bench.created(configMaps, configMap(bench.name()));
    const { body } = await bench.client.get(`${configMaps}?limit=1`);
    expect(Number(versionOf(body))).toBeGreaterThanOrEqual(Number(versionOf(object)));
  });

  it('gives pages of one moment, whatever is written meanwhile', async () => {
    const labels = { pages: 'yes' };
    for (const index of [1, 2, 3, 4, 5])
      await bench.created(configMaps, configMap(`page-${index}`, { at: 'first' }, { labels }));
    const path = `${configMaps}?limit=2&labelSelector=pages%3Dyes`;
    const first = successful(await bench.client.get(path));
    expect(listAt(first, 'items')).toHaveLength(2);
    await bench.client.delete(`${configMaps}/page-3`);
    await bench.client.patch(`${configMaps}/page-4`, 'merge', { data: { at: 'later' } });
    await bench.created(configMaps, configMap('page-31', {}, { labels }));
    const second = successful(await bench.client.get(`${path}&continue=${textAt(first, 'metadata.continue')}`));
    const third = successful(await bench.client.get(`${path}&continue=${textAt(second, 'metadata.continue')}`));
    const items = [first, second, third].flatMap((page) => listAt(page, 'items'));
    expect(items.map((item) => [textAt(item, 'metadata.name'), at(item, 'data.at')])).toEqual(
      [1, 2, 3, 4, 5].map((index) => [`page-${index}`, 'first']),
    );
    expect([versionOf(second), versionOf(third)]).toEqual([versionOf(first), versionOf(first)]);
    expect(at(third, 'metadata.continue')).toBeUndefined();
  });

  it('tells how many objects are left, where nothing is selected', async () => {
    const whole = successful(await bench.client.get(configMaps));
    const first = successful(await bench.client.get(`${configMaps}?limit=1`));
    expect(at(first, 'metadata.remainingItemCount')).toBe(listAt(whole, 'items').length - 1);
    expect(at(whole, 'metadata.remainingItemCount')).toBeUndefined();
    const some = successful(await bench.client.get(`${selected}&limit=1`));
    expect(at(some, 'metadata.remainingItemCount')).toBeUndefined();
    expect(textAt(some, 'metadata.continue')).not.toBe('');
  });

  it('shows exactly the version that is asked for', async () => {
    const name = bench.name();
    const before = await bench.created(configMaps, configMap(name, { a: '1' }));
    await bench.client.patch(`${configMaps}/${name}`, 'merge', { data: { a: '2' } });
    const path = `${configMaps}?fieldSelector=metadata.name%3D${name}&resourceVersion=${versionOf(before)}`;
    const exact = successful(await bench.client.get(`${path}&resourceVersionMatch=Exact`));
    expect([at(exact, 'items.0.data.a'), versionOf(exact)]).toEqual(['1', versionOf(before)]);
    const newer = successful(await bench.client.get(`${path}&resourceVersionMatch=NotOlderThan`));
    // A cache may answer that has not seen the newest write.
    expect(Number(versionOf(newer))).toBeGreaterThanOrEqual(Number(versionOf(before)));
  });

  it('lists metadata only', async () => {
    const { body } = await bench.client.get(selected, asMetadataList);
    expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
    const items = listAt(body, 'items');
    expect(items).toHaveLength(3);
    for (const item of items)
      expect(Object.keys(item as object).toSorted()).toEqual(['apiVersion', 'kind', 'metadata']);
  });

  it('gives metadata only in pages', async () => {
    const { body } = await bench.client.get(`${selected}&limit=2`, asMetadataList);
    expect(listAt(body, 'items')).toHaveLength(2);
    const rest = await bench.client.get(
      `${selected}&limit=2&continue=${textAt(body, 'metadata.continue')}`,
      asMetadataList,
    );
    expect(namesIn(rest.body)).toBe('c');
  });

  it.each([
    ['limit=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
    [
      'limit=1&continue=abc',
      400,
      "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
    ],
    [
      'resourceVersionMatch=Exact',
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
  ])('refuses a list with %s', async (query, status, message) => {
    expect(await bench.client.get(`${configMaps}?${query}`)).toMatchObject({ status, body: { message } });
  });

  it('cannot tell of the future', async () => {
    const answer = await bench.client.get(`${configMaps}?resourceVersion=999999999`);
    expect(answer).toMatchObject({ status: 504, body: { reason: 'Timeout', details: { retryAfterSeconds: 1 } } });
    expect(textAt(answer.body, 'message')).toMatch(/^Timeout: Too large resource version: 999999999, current: \d+$/);
  });
}
