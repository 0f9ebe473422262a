// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../../api/index.js';
import { numberAt, objectAt, textAt, withFields, type JsonObject } from '../json.js';
import type { ResourceType } from '../kinds/resource-type.js';
import { labelSelectorText } from '../selectors/label-selector.js';
import type { ServedObject } from '../served-object.js';
import { conflict, invalid, modified } from '../status-error.js';
import { parseRevision } from '../store/revision.js';
import { decodeTyped, UndecodableError } from '../types/typed-decoder.js';
import { objectType } from '../types/type-table.js';
import { scaleProblems } from '../validation/workloads.js';
import { subjectOf, type ClusterState } from './cluster-state.js';
import { storeChange } from './update-object.js';
import type { WriteOptions } from './write-options.js';
import { badRequest } from '../status-error.js';

const scaleType = objectType('autoscaling.v1.Scale');

/** The scale subresource of a workload: its replicas, under the object's own name and version. */
export function scaleOf(object: ServedObject): ServedObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const spec = objectAt(object, 'spec');
  const replicas = numberAt(spec, 'replicas') ?? 0;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace !== undefined && { namespace }), uid, resourceVersion, creationTimestamp },
    // Zero is what Go leaves out here.
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: numberAt(objectAt(object, 'status'), 'replicas') ?? 0,
      selector: labelSelectorText(objectAt(spec, 'selector')),
    },
  };
}

export interface ScaleRequest {
  readonly resource: ResourceType;
  readonly key: ObjectKey;
  /** The whole new Scale. */
  readonly scale: JsonObject;
  readonly options: WriteOptions;
}

/** PUT of a Scale. @throws StatusError */
export function updateScale(state: ClusterState, { resource, key, scale, options }: ScaleRequest): ServedObject {
  const object = state.get(resource, key);
  const decoded = decodedScale(scale);
  const version = parseRevision(textAt(objectAt(decoded, 'metadata'), 'resourceVersion'));
  if (version !== 0 && String(version) !== object.metadata.resourceVersion) {
    throw conflict(subjectOf(resource, key.name), modified);
  }
  const problems = scaleProblems(decoded);
  if (problems.length > 0) throw invalid({ group: 'autoscaling', resource: 'Scale', name: key.name }, problems);
  const replicas = numberAt(objectAt(decoded, 'spec'), 'replicas') ?? 0;
  const spec = withFields(objectAt(object, 'spec'), { replicas });
  return scaleOf(
    storeChange(state, { resource, decoded: { ...object, spec }, previous: object, subresource: undefined, options }),
  );
}

function decodedScale(scale: JsonObject): JsonObject {
  try {
    return decodeTyped(scale, scaleType).object;
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    throw badRequest(`Scale in version "v1" cannot be handled as a Scale: ${error.message}`);
  }
}
