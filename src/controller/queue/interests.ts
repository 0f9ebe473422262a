// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../api/kubernetes.js';

/** Which Canaries look at which objects, so that a change of an object wakes exactly those. */
export class Interests {
  private readonly canariesByObject = new Map<string, Set<string>>();
  private readonly objectsByCanary = new Map<string, Set<string>>();

  /** A Canary looks at an object from now on. Objects that do not exist yet count: their creation wakes it. */
  add(canary: string, object: string): void {
    const canaries = this.canariesByObject.get(object) ?? new Set();
    this.canariesByObject.set(object, canaries.add(canary));
    const objects = this.objectsByCanary.get(canary) ?? new Set();
    this.objectsByCanary.set(canary, objects.add(object));
  }

  /** A Canary looks at these objects and no others. */
  set(canary: string, objects: ReadonlySet<string>): void {
    for (const object of this.objectsByCanary.get(canary) ?? []) if (!objects.has(object)) this.drop(object, canary);
    this.objectsByCanary.delete(canary);
    for (const object of objects) this.add(canary, object);
  }

  forget(canary: string): void {
    for (const object of this.objectsByCanary.get(canary) ?? []) this.drop(object, canary);
    this.objectsByCanary.delete(canary);
  }

  /** Canaries that look at an object. */
  of(object: string): readonly string[] {
    return [...(this.canariesByObject.get(object) ?? [])];
  }

  private drop(object: string, canary: string): void {
    const canaries = this.canariesByObject.get(object);
    canaries?.delete(canary);
    if (canaries?.size === 0) this.canariesByObject.delete(object);
  }
}

/** Text that identifies an object of a kind, e.g. "deployments/test/podinfo". */
export function interestIn(plural: string, { namespace, name }: ObjectKey): string {
  return `${plural}/${namespace}/${name}`;
}
