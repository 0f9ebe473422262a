// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/*
 * Building blocks of the CRD schemas. Input side: what the API server admits (goes into the CRD).
 * Output side: a value that the program can rely on. What only the API server checks (patterns, some enums) is in `meta`:
 * an object that was stored before the check existed must still be read.
 */

export interface AmountRules {
  readonly description: string;
  /** As documentation shows it: "percent", "seconds", "checks". */
  readonly unit: string;
  readonly defaultValue: number;
  /** Larger values count as this one. */
  readonly max?: number;
  /** Drop a fraction. */
  readonly whole?: boolean;
  /** Zero counts as not set; without it only negative values do. */
  readonly positive?: boolean;
}

export type AmountSchema = z.ZodPipe<z.ZodOptional<z.ZodNumber>, z.ZodTransform<number, number | undefined>>;

/** A number that is safe to compute with: finite, in range, the default when absent or out of range at the low end. */
export function amount(rules: AmountRules): AmountSchema {
  return z
    .number()
    .optional()
    .transform((value) => safeAmount(value, rules))
    .meta({ description: `${rules.description} Unit: ${rules.unit}. Default: ${rules.defaultValue}.` });
}

function safeAmount(value: number | undefined, rules: AmountRules): number {
  if (value === undefined) return rules.defaultValue;
  const bounded = Math.min(value, rules.max ?? Number.MAX_SAFE_INTEGER);
  const amount = rules.whole === true ? Math.floor(bounded) : bounded;
  const tooSmall = rules.positive === true ? amount <= 0 : amount < 0;
  // Adding zero turns -0 into 0, which would otherwise reach annotations as "-0".
  return tooSmall ? rules.defaultValue : amount + 0;
}

export type TextSchema = z.ZodPipe<z.ZodOptional<z.ZodString>, z.ZodTransform<string | undefined, string | undefined>>;

/** A text that may be left out; an empty one counts as left out. `checks` are the API server's own (enum, pattern). */
export function text(description: string, checks: Readonly<Record<string, unknown>> = {}): TextSchema {
  return z
    .string()
    .optional()
    .transform((value) => (value === '' ? undefined : value))
    .meta({ description, ...checks });
}

/** A switch that is off unless set. */
export function flag(description: string): z.ZodDefault<z.ZodBoolean> {
  return z
    .boolean()
    .default(false)
    .meta({ description: `${description} Default: false.` });
}

export type StringMapSchema = z.ZodDefault<z.ZodRecord<z.ZodString, z.ZodString>>;

/** Labels, annotations and other maps of texts; empty unless set. */
export function stringMap(description: string): StringMapSchema {
  return z.record(z.string(), z.string()).default({}).meta({ description });
}

/** A list of texts; empty unless set. */
export function stringList(description: string): z.ZodDefault<z.ZodArray<z.ZodString>> {
  return z.array(z.string()).default([]).meta({ description });
}

/** What the API server accepts as a duration. Its end is open, so "1m30s" passes, and so does "1min". */
export const durationPattern = '^[0-9]+(m|s)';

type OpaqueSchema = z.ZodType<Readonly<Record<string, unknown>>>;

/** An object that this program does not look into: stored as it is, nothing pruned. */
export function opaqueObject(description: string): z.ZodOptional<OpaqueSchema> {
  return z.optional(z.looseObject({})).meta({ description });
}

/** A list of objects that this program does not look into. */
export function opaqueList(description: string): z.ZodOptional<z.ZodArray<OpaqueSchema>> {
  return z.array(z.looseObject({})).optional().meta({ description });
}

/** Documentation of a field that only other routing providers use. */
export function foreign(provider: string, what: string): string {
  return `${what} Read by Flagger with ${provider} only: accepted and kept here, without effect.`;
}
