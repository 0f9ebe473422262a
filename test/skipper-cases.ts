// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { EndpointSlice, Ingress, KubeObject, Service } from '../src/api/index.js';

const PerAlgorithm = z.object({
  'traffic-predicate': z.array(z.string()),
  'traffic-segment-predicate': z.array(z.string()),
});
const Shares = z.record(z.string(), z.number());

export const SkipperCase = z.object({
  case: z.string(),
  backends: z.record(z.string(), z.string()),
  requests: z.array(
    z.object({
      host: z.string(),
      path: z.string(),
      method: z.string(),
      headers: z.record(z.string(), z.string()).optional(),
      count: z.int(),
      expect: Shares,
      expectSegment: Shares.optional(),
      expectReceived: Shares.optional(),
    }),
  ),
  routes: PerAlgorithm,
});
export type SkipperCase = z.infer<typeof SkipperCase>;

export interface SkipperCaseObjects {
  readonly ingresses: readonly Ingress[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
}

const folder = join(import.meta.dirname, 'fixtures/skipper-cases');

/** Names of the cases that were observed on a real Skipper, in order. */
export function skipperCaseNames(): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.replace('.json', ''))
    .sort();
}

export function loadSkipperCase(name: string): SkipperCase & { readonly objects: SkipperCaseObjects } {
  const objects = parseAllDocuments(readFileSync(join(folder, `${name}.yaml`), 'utf8')).map(
    // The fixtures were accepted by a real API server, so they are what their kind says.
    (document) => document.toJS() as KubeObject,
  );
  return {
    ...SkipperCase.parse(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))),
    objects: {
      ingresses: objects.filter((object): object is Ingress => object.kind === 'Ingress'),
      services: objects.filter((object): object is Service => object.kind === 'Service'),
      endpointSlices: objects.filter((object): object is EndpointSlice => object.kind === 'EndpointSlice'),
    },
  };
}
