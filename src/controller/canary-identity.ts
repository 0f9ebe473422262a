// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import { canaryFinalizer, objectKey } from '../api/names.js';

/** Whether the Canary waits for us before it goes. */
export function hasFinalizer({ metadata }: Canary): boolean {
  return metadata.finalizers?.includes(canaryFinalizer) === true;
}

/** The namespace and name of a Canary, as work queues know it. */
export function queueKey(canary: Canary): string {
  const { namespace, name } = objectKey(canary);
  return `${namespace}/${name}`;
}
