// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { crdFiles } from '../../hack/crd-files.js';
import { customResourceDefinitions } from './crds.js';

interface Field {
  readonly path: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Every named field below a node, with its path as users write it. */
function fieldsOf(node: unknown, path: string): readonly Field[] {
  if (typeof node !== 'object' || node === null) return [];
  const { properties, items, additionalProperties } = node as Readonly<Record<string, object | undefined>>; // a schema
  const own = Object.entries(properties ?? {}).flatMap(([name, schema]: [string, Field['schema']]) => [
    { path: `${path}.${name}`, schema },
    ...fieldsOf(schema, `${path}.${name}`),
  ]);
  return [...own, ...fieldsOf(items, `${path}[]`), ...fieldsOf(additionalProperties, `${path}{}`)];
}

function schemaOf(kind: string): object {
  const crd = customResourceDefinitions().find(({ spec }) => spec.names.kind === kind);
  return crd?.spec.versions[0]?.schema.openAPIV3Schema ?? {};
}

function field(kind: string, path: string): Field['schema'] {
  return fieldsOf(schemaOf(kind), '').find((candidate) => candidate.path === path)?.schema ?? {};
}

function requiredBy(node: unknown, path: string): readonly (readonly [string, string])[] {
  const { required } = (node ?? {}) as { readonly required?: readonly string[] }; // a schema
  return required === undefined ? [] : [[path, required.join()]];
}

const kinds = ['Canary', 'MetricTemplate', 'AlertProvider'];
const allFields = kinds.flatMap((kind) => fieldsOf(schemaOf(kind), kind));

describe('crds/', () => {
  it.each(crdFiles().map(({ path, text }) => [path, text]))('%s is what "npm run generate" writes', (path, text) => {
    expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(text);
  });
});

describe('customResourceDefinitions', () => {
  it('has the names, columns and shells that Flagger has', () => {
    expect(customResourceDefinitions().map(({ metadata, spec }) => [metadata, spec.names, spec.scope])).toMatchObject([
      [
        { name: 'canaries.flagger.app', annotations: { 'helm.sh/resource-policy': 'keep' } },
        { kind: 'Canary', listKind: 'CanaryList', plural: 'canaries', singular: 'canary', categories: ['all'] },
        'Namespaced',
      ],
      [
        { name: 'metrictemplates.flagger.app' },
        { listKind: 'MetricTemplateList', singular: 'metrictemplate' },
        'Namespaced',
      ],
      [
        { name: 'alertproviders.flagger.app' },
        { listKind: 'AlertProviderList', singular: 'alertprovider' },
        'Namespaced',
      ],
    ]);
    const columns = customResourceDefinitions().map(({ spec }) => spec.versions[0]?.additionalPrinterColumns);
    expect(columns.map((list) => list?.map(({ name, priority }) => name + (priority === 1 ? ' wide' : '')))).toEqual([
      [
        'Status',
        'Weight',
        'Suspended wide',
        'FailedChecks wide',
        'Interval wide',
        'Mirror wide',
        'StepWeight wide',
        'StepWeights wide',
        'MaxWeight wide',
        'LastTransitionTime',
      ],
      ['Provider'],
      ['Type'],
    ]);
  });

  it('describes every field', () => {
    expect(allFields.filter(({ schema }) => schema.description === undefined).map(({ path }) => path)).toEqual([]);
  });

  it('gives the unit, and the default of every number and switch of a spec', () => {
    const undocumented = allFields.filter(({ path, schema }) => {
      if (!path.includes('.spec.')) return false;
      const description = String(schema.description);
      const settled = /Default: |Required|without effect/.test(description);
      const isNumber = schema.type === 'number' || schema.type === 'integer';
      const hasUnit = !isNumber || description.includes('Unit: ') || path.includes('thresholdRange');
      return !((settled || schema.type === 'string') && hasUnit);
    });
    expect(undocumented.map(({ path }) => path)).toEqual([]);
  });

  it('holds no defaults, which the API server would write into the objects of users', () => {
    const withDefault = allFields.filter(({ schema }) => 'default' in schema);
    expect(withDefault.map(({ path }) => path)).toEqual([]);
  });

  it('demands what Flagger demands, and nothing else', () => {
    expect(field('Canary', '.spec').required).toEqual(['targetRef', 'analysis']);
    expect(field('Canary', '.spec.service').required).toEqual(['port']);
    expect(field('Canary', '.spec.analysis').oneOf).toEqual([
      { required: ['interval', 'threshold', 'iterations'] },
      { required: ['interval', 'threshold', 'stepWeight'] },
      { required: ['interval', 'threshold', 'stepWeights'] },
    ]);
    expect(field('Canary', '.spec.analysis').required).toBeUndefined();
    expect(field('MetricTemplate', '.spec').required).toEqual(['provider', 'query']);
    expect(field('AlertProvider', '.spec').anyOf).toEqual([
      { required: ['type', 'address'] },
      { required: ['type', 'secretRef'] },
    ]);
    // Members of our own additions to the status are of no concern to Flagger.
    const fields = fieldsOf(schemaOf('Canary'), '').filter(({ path }) => !path.startsWith('.status.lastChecks'));
    const required = fields.flatMap(({ path, schema }) => [
      ...requiredBy(schema, path),
      ...requiredBy(schema.items, `${path}[]`),
    ]);
    expect(Object.fromEntries(required)).toEqual({
      '.spec': 'targetRef,analysis',
      '.spec.targetRef': 'apiVersion,kind,name',
      '.spec.autoscalerRef': 'apiVersion,kind,name',
      '.spec.ingressRef': 'apiVersion,kind,name',
      '.spec.routeRef': 'apiVersion,kind,name',
      '.spec.upstreamRef': 'apiVersion,kind,name',
      '.spec.service': 'port',
      '.spec.analysis.metrics[]': 'name',
      '.spec.analysis.metrics[].templateRef': 'name',
      '.spec.analysis.alerts[]': 'name,providerRef',
      '.spec.analysis.alerts[].providerRef': 'name',
      '.spec.analysis.webhooks[]': 'name,url',
      // An addition: what is in it is ours to demand.
      '.spec.analysis.webhooks[].headersFrom[]': 'header,secretKeyRef',
      '.spec.analysis.webhooks[].headersFrom[].secretKeyRef': 'name,key',
      '.spec.analysis.sessionAffinity': 'cookieName',
      '.status.conditions[]': 'type,status,reason',
    });
  });

  it.each([
    ['.spec.targetRef.kind', ['DaemonSet', 'Deployment', 'Service']],
    ['.spec.autoscalerRef.kind', ['HorizontalPodAutoscaler', 'ScaledObject']],
    ['.spec.ingressRef.kind', ['Ingress']],
    ['.spec.service.trafficDistribution', ['PreferClose', 'PreferSameZone', 'PreferSameNode']],
    ['.spec.analysis.alerts[].severity', ['', 'info', 'warn', 'error']],
    ['.spec.analysis.sessionAffinity.sameSite', ['Strict', 'Lax', 'None']],
  ])('admits the values of %s', (path, values) => {
    expect(field('Canary', path).enum).toEqual(values);
  });

  it('checks intervals as Flagger does and integers only where Flagger has them', () => {
    for (const path of ['interval', 'metrics[].interval', 'webhooks[].timeout']) {
      expect(field('Canary', `.spec.analysis.${path}`).pattern).toBe('^[0-9]+(m|s)');
    }
    const integers = allFields.filter(({ schema }) => schema.type === 'integer');
    expect(integers.map(({ path, schema }) => [path.split('.').at(-1), schema.minimum, schema.maximum])).toEqual([
      ['minReplicas', 1, undefined],
      ['maxReplicas', 1, undefined],
    ]);
  });

  it('keeps the nested fields of other meshes', () => {
    const preserved = { 'x-kubernetes-preserve-unknown-fields': true, type: 'object' };
    for (const name of ['retries', 'rewrite', 'headers', 'corsPolicy', 'trafficPolicy']) {
      expect(field('Canary', `.spec.service.${name}`)).toMatchObject(preserved);
    }
    for (const name of ['match', 'mirror', 'gatewayRefs']) {
      expect(field('Canary', `.spec.service.${name}`).items).toEqual(preserved);
    }
    expect(field('Canary', '.spec.service.targetPort')).toMatchObject({ 'x-kubernetes-int-or-string': true });
  });
});
