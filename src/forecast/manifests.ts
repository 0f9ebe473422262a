// SPDX-License-Identifier: Apache-2.0
import { parseAllDocuments, type Document, type YAMLError } from 'yaml';
import { z } from 'zod';
import type { Canary } from '../api/canary.js';
import type { KubeObject, OwnerReference } from '../api/kubernetes.js';
import { canaryGroup, canaryKind } from '../api/names.js';
import { BadManifestError } from './bad-manifest.js';

/** What a user wrote, or took from a cluster: without what only a cluster fills in. */
export interface Manifests {
  readonly canary: Canary;
  /** Of the Canary, which everything without a namespace of its own shares. */
  readonly namespace: string;
  /** Everything else, but for what the operator made for a Canary. */
  readonly others: readonly KubeObject[];
}

const Owner = z.looseObject({ kind: z.string() });

const Manifest = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({
    name: z.string().min(1),
    namespace: z.string().min(1).optional(),
    ownerReferences: z.array(Owner).optional(),
  }),
});
type Manifest = z.infer<typeof Manifest>;

const List = z.looseObject({ kind: z.string().endsWith('List'), items: z.array(z.unknown()) });

/**
 * Reads YAML or JSON of one document or several, and lists of objects as `kubectl get -o yaml` writes them.
 * @throws BadManifestError when it is neither, or there is not exactly one Canary
 */
export function readManifests(text: string): Manifests {
  const objects = parseAllDocuments(text).flatMap((document, index) => objectsOf(document, index + 1));
  const canaries = objects.filter(isCanary);
  const [canary, ...more] = canaries;
  if (canary === undefined) throw new BadManifestError(`There is no Canary in the input${foundText(objects)}`);
  if (more.length > 0) {
    const names = canaries.map(({ metadata }) => metadata.name).join(', ');
    throw new BadManifestError(`There are ${canaries.length} Canaries in the input (${names}); give one of them`);
  }
  const namespace = canary.metadata.namespace ?? 'default';
  return {
    canary: { spec: undefined, ...cleaned(canary, namespace) },
    namespace,
    others: objects.filter((object) => object !== canary && !isGenerated(object)).map((one) => cleaned(one, namespace)),
  };
}

function isCanary({ apiVersion, kind }: Manifest): boolean {
  return kind === canaryKind && apiVersion.startsWith(`${canaryGroup}/`);
}

/** Made by the operator for a Canary: it will be made again. */
function isGenerated({ metadata }: Manifest): boolean {
  return (metadata.ownerReferences ?? []).some(({ kind }: Pick<OwnerReference, 'kind'>) => kind === canaryKind);
}

function foundText(objects: readonly Manifest[]): string {
  if (objects.length === 0) return ', which is empty';
  return `, only: ${objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ')}`;
}

function objectsOf(document: Document.Parsed, number: number): readonly Manifest[] {
  const [error] = document.errors;
  if (error !== undefined) throw new BadManifestError(`The input is no YAML: ${positionText(error)}`);
  const content: unknown = document.toJS();
  if (content === null || content === undefined) return [];
  const list = List.safeParse(content);
  const items = list.success ? list.data.items : [content];
  return items.map((item) => manifestOf(item, list.success ? `An item of document ${number}` : `Document ${number}`));
}

function positionText({ message, linePos }: YAMLError): string {
  const [first = ''] = message.split('\n');
  const text = first.replace(/ at line \d+, column \d+:?$/, '');
  return linePos === undefined ? text : `line ${linePos[0].line}: ${text}`;
}

function manifestOf(item: unknown, place: string): Manifest {
  const parsed = Manifest.safeParse(item);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join('.') ?? '';
  const fact = field === '' ? 'is no object' : `has no usable ${field}`;
  throw new BadManifestError(`${place} is no Kubernetes object: it ${fact}`);
}

/** As a user would write it: what the cluster added would be refused, or be about objects that are not here. */
function cleaned({ status: _status, ...object }: Manifest, namespace: string): KubeObject {
  const { name, namespace: own = namespace, labels, annotations } = object.metadata;
  const metadata = {
    name,
    namespace: own,
    ...(labels !== undefined && { labels }),
    ...(annotations !== undefined && { annotations }),
  };
  // Parse boundary: labels and annotations are checked by the API server that the object is given to.
  return { ...object, metadata } as KubeObject;
}
