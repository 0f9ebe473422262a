// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** A node of a structural OpenAPI v3 schema, as a CustomResourceDefinition holds it. */
export type StructuralSchema = Readonly<Record<string, unknown>>;

/** Keywords that are taken over as they are, in the order in which they are written. */
const plainKeywords = ['description', 'type', 'enum', 'format', 'pattern', 'minimum', 'maximum', 'required'] as const;
const logicalKeywords = ['oneOf', 'anyOf'] as const;

/**
 * The schema of what the API server shall admit, made from the input side of a zod schema. It holds no `default`:
 * the API server would write defaults into users' objects, while this program applies them when it reads.
 * @throws Error when the zod schema holds something that OpenAPI cannot express
 */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  return structural(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', reused: 'inline' }));
}

function structural(node: Readonly<Record<string, unknown>>): StructuralSchema {
  if (node['x-kubernetes-int-or-string'] === true) return pick(node, ['description', 'x-kubernetes-int-or-string']);
  const { properties, items, additionalProperties } = node;
  return {
    ...pick(withoutSafeIntegerBounds(node), plainKeywords),
    ...pick(node, logicalKeywords),
    ...(isNode(properties) && hasMembers(properties) && { properties: mapValues(properties) }),
    ...(isNode(items) && { items: structural(items) }),
    ...(isNode(additionalProperties) && openEnded(additionalProperties)),
  };
}

/** A zod loose object allows anything beside its members; a zod record gives its values a schema. */
function openEnded(additionalProperties: Readonly<Record<string, unknown>>): StructuralSchema {
  return hasMembers(additionalProperties)
    ? { additionalProperties: structural(additionalProperties) }
    : { 'x-kubernetes-preserve-unknown-fields': true };
}

/** zod bounds every integer by what a float64 holds exactly: a property of the language, no rule for users. */
function withoutSafeIntegerBounds(node: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const bounds: readonly unknown[] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  return Object.fromEntries(Object.entries(node).filter(([, value]) => !bounds.includes(value)));
}

function mapValues(nodes: Readonly<Record<string, unknown>>): StructuralSchema {
  return Object.fromEntries(
    Object.entries(nodes).map(([name, node]) => [name, isNode(node) ? structural(node) : node]),
  );
}

function pick(node: Readonly<Record<string, unknown>>, keywords: readonly string[]): StructuralSchema {
  return Object.fromEntries(
    keywords.filter((keyword) => node[keyword] !== undefined).map((keyword) => [keyword, node[keyword]]),
  );
}

function hasMembers(node: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(node).length > 0;
}

function isNode(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
