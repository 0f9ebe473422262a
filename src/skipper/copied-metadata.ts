// SPDX-License-Identifier: Apache-2.0
import type { Ingress, StringMap } from '../api/kubernetes.js';
import { canaryGroup } from '../api/names.js';
import { canonicalJson } from '../lib/hash.js';
import { copiedMetadataAnnotation, ownAnnotations } from './annotations.js';
import { jsonMembers } from './json-members.js';

/**
 * Labels and annotations by which other tools own, prune or reconcile an object; a copy of the apex Ingress that carried
 * them would be taken for theirs (R18). A name without a slash is a domain with its subdomains, else the start of a key.
 */
export const toolMetadata: readonly string[] = [
  'kubectl.kubernetes.io',
  'argocd.argoproj.io',
  'toolkit.fluxcd.io',
  'meta.helm.sh',
  'helm.sh',
  'cert-manager.io',
  'external-dns.alpha.kubernetes.io',
  'app.kubernetes.io/managed-by',
  'app.kubernetes.io/instance',
];

export interface Metadata {
  readonly labels: StringMap;
  readonly annotations: StringMap;
}

/**
 * What the canary Ingress takes over from the apex: everything, because own keys of a Skipper installation may carry
 * authentication, except what belongs to other tools and to us. Changes and removals at the apex follow (D9).
 */
export function copyMetadata(apex: Ingress, excluded: readonly string[]): Metadata {
  const isCopied = (key: string): boolean =>
    !ownAnnotations.has(key) && domainOf(key) !== canaryGroup && !excluded.some((entry) => belongsTo(key, entry));
  return {
    labels: pick(apex.metadata.labels, isCopied),
    annotations: pick(apex.metadata.annotations, isCopied),
  };
}

/**
 * Labels and annotations that somebody else put on the canary Ingress itself, for instance an admission webhook. They
 * stay: removing them would start an endless exchange of writes with their author. On an Ingress that Flagger made nothing
 * is kept, because it copied everything from the apex and did not note what.
 */
export function foreignMetadata(observed: Ingress | undefined): Metadata {
  const copied = observed && readCopiedKeys(observed);
  if (copied === undefined) return { labels: {}, annotations: {} };
  const { labels, annotations } = observed?.metadata ?? {};
  return {
    labels: pick(labels, (key) => !copied.labels.includes(key)),
    annotations: pick(annotations, (key) => !ownAnnotations.has(key) && !copied.annotations.includes(key)),
  };
}

/** The value of `flagger.app/copied-metadata`. */
export function formatCopiedKeys(copied: Metadata): string {
  return canonicalJson({
    annotations: Object.keys(copied.annotations).sort(),
    labels: Object.keys(copied.labels).sort(),
  });
}

/** Whether this program, not Flagger, wrote the object last. */
export function isOursByRecord(observed: Ingress): boolean {
  return readCopiedKeys(observed) !== undefined;
}

interface CopiedKeys {
  readonly labels: readonly unknown[];
  readonly annotations: readonly unknown[];
}

function readCopiedKeys(observed: Ingress): CopiedKeys | undefined {
  const record = jsonMembers(observed.metadata.annotations?.[copiedMetadataAnnotation]);
  const labels = record?.get('labels');
  const annotations = record?.get('annotations');
  return Array.isArray(labels) && Array.isArray(annotations) ? { labels, annotations } : undefined;
}

function pick(all: StringMap | undefined, wanted: (key: string) => boolean): StringMap {
  return Object.fromEntries(Object.entries(all ?? {}).filter(([key]) => wanted(key)));
}

function domainOf(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? '' : key.slice(0, slash);
}

function belongsTo(key: string, entry: string): boolean {
  if (entry.includes('/')) return key.startsWith(entry);
  const domain = domainOf(key);
  return domain === entry || domain.endsWith(`.${entry}`);
}
