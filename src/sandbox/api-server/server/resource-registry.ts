// SPDX-License-Identifier: Apache-2.0
import { builtInResources } from '../kinds/built-in.js';
import { customResources } from '../kinds/custom-resource.js';
import { apiVersionOf, type ResourceType } from '../kinds/resource-type.js';
import type { ServedObject } from '../served-object.js';

/** The kinds that are served now: built-in ones, and those of the CustomResourceDefinitions in the store. */
export class ResourceRegistry {
  readonly #byPath = new Map<string, ResourceType>();
  /** Resources of each definition, by its name. */
  readonly #custom = new Map<string, readonly ResourceType[]>();

  constructor() {
    for (const resource of builtInResources()) this.#add(resource);
  }

  /** By the parts of its URL. */
  find(group: string, version: string, plural: string): ResourceType | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }

  /** By what an object says of itself. */
  findKind(apiVersion: string, kind: string): ResourceType | undefined {
    return this.all().find((resource) => resource.kind === kind && apiVersionOf(resource) === apiVersion);
  }

  all(): readonly ResourceType[] {
    return [...this.#byPath.values()];
  }

  /** Kinds of a definition as it now is; undefined when it was deleted. */
  define(name: string, definition: ServedObject | undefined): void {
    for (const resource of this.#custom.get(name) ?? []) this.#byPath.delete(pathOf(resource));
    const resources = definition === undefined ? [] : customResources(definition);
    this.#custom.set(name, resources);
    for (const resource of resources) this.#add(resource);
  }

  #add(resource: ResourceType): void {
    this.#byPath.set(pathOf(resource), resource);
  }
}

function pathOf({ group, version, plural }: ResourceType): string {
  return `${group}/${version}/${plural}`;
}
