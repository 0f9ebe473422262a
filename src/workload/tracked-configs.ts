// SPDX-License-Identifier: Apache-2.0
import type { ConfigMap, PodTemplate, Secret, StringMap } from '../api/kubernetes.js';
import { configTrackingAnnotation, primaryName } from '../api/names.js';
import { canonicalJson, sha256Hex } from '../lib/hash.js';
import { isCanaryReference } from './metadata.js';
import { configKey, configReferences } from './config-references.js';
import type { ConfigKey, ConfigKind, ConfigReference } from './config-references.js';

/** On a `-primary` copy that this program wrote: the checksum of what Flagger's own checksum leaves out. */
export const binaryChecksumAnnotation = 'flagger.app/binary-checksum';

const trackedSecretTypes: ReadonlySet<string> = new Set([
  'Opaque',
  'kubernetes.io/basic-auth',
  'kubernetes.io/ssh-auth',
  'kubernetes.io/tls',
]);

/** The state of one tracked config, as it enters a revision. */
export interface ConfigEntry {
  readonly key: ConfigKey;
  /** Flagger's checksum of `data`, as in `status.trackedConfigs`. */
  readonly checksum: string;
  /** Checksum of `binaryData` and `immutable`. */
  readonly binaryChecksum: string;
}

/** What the operator keeps of a user's ConfigMap or Secret; the contents need not stay in memory. */
export interface ConfigFacts extends ConfigEntry {
  /** False: shared by name between primary and canary, and no part of the revision. */
  readonly tracked: boolean;
}

/** What the operator keeps of a `-primary` copy. */
export interface ConfigCopyFacts {
  /** Key of the config that this is a copy of. */
  readonly key: ConfigKey;
  readonly checksum: string;
  /** Undefined on a copy that Flagger made, which never holds `binaryData` or `immutable`. */
  readonly binaryChecksum: string | undefined;
  /** Uids of the Canaries that own the copy; more than one means that they share it. */
  readonly canaryUids: readonly string[];
}

export interface TrackedConfigs {
  /** Sorted by key. */
  readonly entries: readonly ConfigEntry[];
  /** References without which the pods do not start, and whose object does not exist. */
  readonly missing: readonly ConfigReference[];
}

export function configKindOf(object: ConfigMap | Secret): ConfigKind {
  return object.kind === 'Secret' ? 'secret' : 'configmap';
}

/** Whether the primary gets a copy of its own, so that a change of the object is rolled out like a change of the template. */
export function isTracked(object: ConfigMap | Secret): boolean {
  if (object.metadata.annotations?.[configTrackingAnnotation]?.startsWith('disable') === true) return false;
  return !isSecret(object) || trackedSecretTypes.has(object.type ?? 'Opaque');
}

/**
 * Flagger's checksum: the first 8 bytes, in hex, of SHA-256 over `data` as Go's encoding/json writes it. A status that Flagger
 * wrote keeps matching.
 */
export function dataChecksum(data: StringMap | undefined): string {
  return shortHash(data === undefined ? 'null' : goJson(data));
}

/** Checksum of the parts that Flagger neither hashes nor copies (D20). The same for every object that has none of them. */
export function binaryChecksum(object: ConfigMap | Secret): string {
  const binaryData = isSecret(object) ? undefined : object.binaryData;
  return shortHash(canonicalJson({ binaryData: binaryData ?? {}, immutable: object.immutable === true }));
}

export function configFacts(source: ConfigMap | Secret): ConfigFacts {
  return {
    key: configKey(configKindOf(source), source.metadata.name),
    tracked: isTracked(source),
    checksum: dataChecksum(source.data),
    binaryChecksum: binaryChecksum(source),
  };
}

/** Facts of an object named `<config>-primary`. */
export function configCopyFacts(copy: ConfigMap | Secret): ConfigCopyFacts {
  const sourceName = copy.metadata.name.slice(0, -primaryName('').length);
  const isOurs = copy.metadata.annotations?.[binaryChecksumAnnotation] !== undefined;
  return {
    key: configKey(configKindOf(copy), sourceName),
    checksum: dataChecksum(copy.data),
    binaryChecksum: isOurs ? binaryChecksum(copy) : undefined,
    canaryUids: (copy.metadata.ownerReferences ?? []).filter(isCanaryReference).map((reference) => reference.uid),
  };
}

/** The tracked configs of a pod template, given the facts of every object that it refers to and that exists. */
export function trackedConfigs(template: PodTemplate, facts: ReadonlyMap<ConfigKey, ConfigFacts>): TrackedConfigs {
  const references = configReferences(template);
  const found = references.map((reference) => ({
    reference,
    facts: facts.get(configKey(reference.kind, reference.name)),
  }));
  const tracked = found.flatMap((item) => (item.facts?.tracked === true ? [item.facts] : []));
  return {
    entries: tracked
      .map(({ key, checksum, binaryChecksum }) => ({ key, checksum, binaryChecksum }))
      .sort((left, right) => (left.key < right.key ? -1 : 1)),
    missing: found.filter((item) => item.facts === undefined && !item.reference.optional).map((item) => item.reference),
  };
}

/** The text that users see when a config without which the pods do not start is missing. */
export function missingConfigText(reference: ConfigReference, namespace: string): string {
  const attempt = `${reference.kind} ${reference.name}.${namespace} get query error: `;
  return `${attempt}${attempt}${reference.kind}s "${reference.name}" not found`;
}

/** `status.trackedConfigs`. Leave the field out when config tracking is switched off. */
export function trackedConfigsStatus(entries: readonly ConfigEntry[]): StringMap {
  return Object.fromEntries(entries.map(({ key, checksum }) => [key, checksum]));
}

/** Whether the configs differ from those in a status. A status without the field stands for "no configs". */
export function trackedConfigsChanged(stored: StringMap | undefined, entries: readonly ConfigEntry[]): boolean {
  const known = stored ?? {};
  return Object.keys(known).length !== entries.length || entries.some(({ key, checksum }) => known[key] !== checksum);
}

export function isSecret(object: ConfigMap | Secret): object is Secret {
  return object.kind === 'Secret';
}

function shortHash(text: string): string {
  return sha256Hex(text).slice(0, 16);
}

/** JSON.stringify would put keys that look like integers first; Go sorts all keys as text. */
function goJson(data: StringMap): string {
  const members = Object.keys(data)
    .sort()
    .map((key) => `${goJsonText(key)}:${goJsonText(data[key])}`);
  return `{${members.join(',')}}`;
}

const goEscapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

function goJsonText(text: string | undefined): string {
  return JSON.stringify(text ?? null).replace(/[<>&\u2028\u2029]/g, (character) => goEscapes[character] ?? character);
}
