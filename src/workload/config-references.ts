// SPDX-License-Identifier: Apache-2.0
import type { Container, KeyReference, PodSpec, PodTemplate, Volume } from '../api/kubernetes.js';

export type ConfigKind = 'configmap' | 'secret';

/** A ConfigMap or Secret of the Canary's namespace, written as in `status.trackedConfigs`. */
export type ConfigKey = `${ConfigKind}/${string}`;

/** A pod template's mention of a ConfigMap or Secret. */
export interface ConfigReference {
  readonly kind: ConfigKind;
  readonly name: string;
  /** Whether the pods start without it. */
  readonly optional: boolean;
}

/** Gives the name that a reference shall have instead. */
export type RenameConfig = (kind: ConfigKind, name: string) => string;

export function configKey(kind: ConfigKind, name: string): ConfigKey {
  return `${kind}/${name}`;
}

/** Key of the copy that belongs to a config. */
export function primaryKey(key: ConfigKey): ConfigKey {
  return `${key}-primary`;
}

/**
 * Every ConfigMap and Secret that the pods mount or take environment variables from, each once. Of several references to one
 * object the last decides whether it is optional: volumes come first, then per container `env` before `envFrom`, init
 * containers last. Ephemeral containers, image pull secrets and CSI volumes are not looked at.
 */
export function configReferences(template: PodTemplate): readonly ConfigReference[] {
  const { volumes = [], containers, initContainers = [] } = template.spec;
  const found = [
    ...volumes.flatMap(volumeReferences),
    ...[...containers, ...initContainers].flatMap(containerReferences),
  ];
  return [...new Map(found.map((reference) => [configKey(reference.kind, reference.name), reference])).values()];
}

/** The pod specification with every reference that `configReferences` finds renamed. */
export function renameConfigs(spec: PodSpec, rename: RenameConfig): PodSpec {
  const renameContainer = (container: Container): Container => renameInContainer(container, rename);
  return {
    ...spec,
    containers: spec.containers.map(renameContainer),
    ...(spec.initContainers !== undefined && { initContainers: spec.initContainers.map(renameContainer) }),
    ...(spec.volumes !== undefined && { volumes: spec.volumes.map((volume) => renameInVolume(volume, rename)) }),
  };
}

function volumeReferences({ configMap, secret, projected }: Volume): ConfigReference[] {
  return [
    ...asReference('configmap', configMap?.name, configMap?.optional),
    ...asReference('secret', secret?.secretName, secret?.optional),
    ...(projected?.sources ?? []).flatMap((source) => [
      ...keyReference('configmap', source.configMap),
      ...keyReference('secret', source.secret),
    ]),
  ];
}

function containerReferences({ env = [], envFrom = [] }: Container): ConfigReference[] {
  return [
    ...env.flatMap(({ valueFrom }) => [
      ...keyReference('configmap', valueFrom?.configMapKeyRef),
      ...keyReference('secret', valueFrom?.secretKeyRef),
    ]),
    ...envFrom.flatMap((source) => [
      ...keyReference('configmap', source.configMapRef),
      ...keyReference('secret', source.secretRef),
    ]),
  ];
}

function keyReference(kind: ConfigKind, reference: KeyReference | undefined): ConfigReference[] {
  return asReference(kind, reference?.name, reference?.optional);
}

function asReference(kind: ConfigKind, name = '', optional = false): ConfigReference[] {
  return name === '' ? [] : [{ kind, name, optional }];
}

function renameInVolume(volume: Volume, rename: RenameConfig): Volume {
  const { configMap, secret, projected } = volume;
  return {
    ...volume,
    ...(configMap !== undefined && { configMap: renamed('configmap', configMap, rename) }),
    ...(secret?.secretName !== undefined && {
      secret: { ...secret, secretName: rename('secret', secret.secretName) },
    }),
    ...(projected?.sources !== undefined && {
      projected: {
        ...projected,
        sources: projected.sources.map((source) => ({
          ...source,
          ...(source.configMap !== undefined && { configMap: renamed('configmap', source.configMap, rename) }),
          ...(source.secret !== undefined && { secret: renamed('secret', source.secret, rename) }),
        })),
      },
    }),
  };
}

function renameInContainer(container: Container, rename: RenameConfig): Container {
  return {
    ...container,
    ...(container.env !== undefined && {
      env: container.env.map((variable) => ({
        ...variable,
        ...(variable.valueFrom !== undefined && { valueFrom: renameInValueSource(variable.valueFrom, rename) }),
      })),
    }),
    ...(container.envFrom !== undefined && {
      envFrom: container.envFrom.map((source) => ({
        ...source,
        ...(source.configMapRef !== undefined && { configMapRef: renamed('configmap', source.configMapRef, rename) }),
        ...(source.secretRef !== undefined && { secretRef: renamed('secret', source.secretRef, rename) }),
      })),
    }),
  };
}

type ValueSource = NonNullable<NonNullable<Container['env']>[number]['valueFrom']>;

function renameInValueSource(source: ValueSource, rename: RenameConfig): ValueSource {
  const { configMapKeyRef, secretKeyRef } = source;
  return {
    ...source,
    ...(configMapKeyRef !== undefined && { configMapKeyRef: renamed('configmap', configMapKeyRef, rename) }),
    ...(secretKeyRef !== undefined && { secretKeyRef: renamed('secret', secretKeyRef, rename) }),
  };
}

function renamed(kind: ConfigKind, reference: KeyReference, rename: RenameConfig): KeyReference {
  return reference.name === undefined ? reference : { ...reference, name: rename(kind, reference.name) };
}
