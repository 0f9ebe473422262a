// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../../lib/clock.js';
import type { AddressPool } from '../address-pool.js';
import { isObject, objectAt, sameValue, type JsonObject } from '../json.js';
import type { SelectableFields } from '../selectors/field-selector.js';
import type { ServedObject } from '../served-object.js';
import type { FieldProblem } from '../status-error.js';
import type { TableColumn } from '../table/column.js';
import type { ObjectType } from '../types/type-table.js';
import { subdomainProblems } from '../validation/names.js';

/** What an object of a kind may look like. */
export type ObjectSchema =
  | { readonly kind: 'typed'; readonly type: ObjectType }
  /** `schema` is the openAPIV3Schema of a CustomResourceDefinition. */
  | { readonly kind: 'structural'; readonly schema: JsonObject };

/** What the rules of a kind may use beside the objects. */
export interface RuleContext {
  readonly clock: Clock;
  readonly addresses: AddressPool;
}

/** How one kind differs from others. Objects are decoded and have their metadata when they come here. */
export interface ResourceRules {
  /** What is wrong with a name. */
  readonly nameProblems: (name: string) => readonly string[];
  /** Fills in what the client left out. */
  readonly defaults: (object: JsonObject) => JsonObject;
  /** What the API server adds to a new object. */
  readonly onCreate: (object: ServedObject, context: RuleContext) => ServedObject;
  /** What an update may not change, or changes besides. */
  readonly onUpdate: (object: ServedObject, previous: ServedObject, context: RuleContext) => ServedObject;
  /** What is wrong with an object, new or changed. */
  readonly problems: (object: ServedObject) => readonly FieldProblem[];
  /** What is wrong with a change, beside what is wrong with its result. */
  readonly updateProblems: (object: ServedObject, previous: ServedObject) => readonly FieldProblem[];
  /** Whether metadata.generation is kept, and by which changes it grows. */
  readonly generation: 'none' | ((object: ServedObject, previous: ServedObject) => boolean);
  /** The status is written by its subresource only. */
  readonly hasStatus: boolean;
  /** A PUT without resourceVersion overwrites what is there. */
  readonly allowsUnconditionalUpdate: boolean;
  /** A PUT creates the object when it does not exist. */
  readonly createsOnUpdate: boolean;
  /** A DELETE answers with the object, not with a Status. */
  readonly answersWithDeleted: boolean;
  /** Seconds that a deleted object stays; zero removes it at once. */
  readonly gracePeriodSeconds: (object: ServedObject, asked: number | undefined) => number;
}

/** A kind that the API server serves. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly isNamespaced: boolean;
  readonly hasScale: boolean;
  readonly schema: ObjectSchema;
  readonly selectable: SelectableFields;
  readonly columns: readonly TableColumn[];
  readonly rules: ResourceRules;
}

/** The kind's apiVersion, as in `apps/v1`. */
export function apiVersionOf({ group, version }: ResourceType): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The types or schemas of a kind's specification and status, by field. */
export function partsOf({ schema }: ResourceType): readonly ObjectPart[] {
  return ['spec', 'status'].flatMap((field): readonly ObjectPart[] => {
    if (schema.kind === 'structural') {
      const property = objectAt(schema.schema, 'properties')[field];
      return isObject(property) ? [[field, property]] : [];
    }
    const type = schema.type.fields.get(field)?.value;
    return type?.kind === 'object' ? [[field, type.type]] : [];
  });
}

/** A field, and the type or schema of its values. */
export type ObjectPart = readonly [field: string, checkedBy: object];

/** Whether anything beside metadata and status has changed. */
export function contentChanged(object: ServedObject, previous: ServedObject): boolean {
  return isOtherContent(object, previous) || isOtherContent(previous, object);
}

function isOtherContent(left: ServedObject, right: ServedObject): boolean {
  for (const name in left) {
    if (name !== 'metadata' && name !== 'status' && !sameValue(left[name], right[name])) return true;
  }
  return false;
}

/** Rules of a kind without peculiarities. */
export const plainRules: ResourceRules = {
  nameProblems: subdomainProblems,
  defaults: (object) => object,
  onCreate: (object) => object,
  onUpdate: (object) => object,
  problems: () => [],
  updateProblems: () => [],
  generation: 'none',
  hasStatus: false,
  allowsUnconditionalUpdate: true,
  createsOnUpdate: false,
  answersWithDeleted: false,
  gracePeriodSeconds: () => 0,
};

/** metadata.name and metadata.namespace only. */
export const metadataFieldsOnly: SelectableFields = { paths: [], refusal: 'listed' };
