// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { parseDurationMs } from '../lib/duration.js';

const isHttpUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? '');

/** What a header may hold, without the control characters that would end it. */
const headerValue = /^[\x21-\x7e]+$/;

function numberText(
  range: readonly [number, number],
  fallback: string,
): z.ZodPipe<z.ZodPrefault<z.ZodString>, z.ZodTransform<number, string>> {
  return z
    .string()
    .prefault(fallback)
    .transform((text, context) => {
      const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
      if (value >= range[0] && value <= range[1]) return value;
      context.addIssue({ code: 'custom', message: `expected a number from ${range[0]} to ${range[1]}` });
      return z.NEVER;
    });
}

/** The load that a task of the type `load` makes, as its metadata says. */
export const LoadPlan = z
  .object({
    /** Where the requests go. */
    url: z
      .string({ error: 'url not found in metadata' })
      .refine(isHttpUrl, 'expected an address that starts with http:// or https://'),
    /** The Host header, where it is another than that of the address. */
    host: z.string().regex(headerValue, 'expected a host name').optional(),
    /** Requests per second, over all connections. Default 10. */
    rps: numberText([0.01, 10_000], '10'),
    /** How long requests are sent. Default 1m. */
    duration: z
      .string()
      .prefault('1m')
      .transform((text, context) => {
        const durationMs = parseDurationMs(text);
        if (durationMs !== undefined && durationMs > 0) return durationMs;
        context.addIssue({ code: 'custom', message: 'expected a duration such as 30s or 10m' });
        return z.NEVER;
      }),
    /** Requests that may be on their way at the same time. Default 2. */
    connections: numberText([1, 1_000], '2').refine(Number.isInteger, 'expected a whole number'),
  })
  .transform(({ duration, ...plan }) => ({ ...plan, durationMs: duration }));
export type LoadPlan = Readonly<z.infer<typeof LoadPlan>>;

export type LoadPlanReading =
  { readonly kind: 'plan'; readonly plan: LoadPlan } | { readonly kind: 'refused'; readonly reason: string };

/** Reads the metadata of a task. Empty texts count as absent. Never throws. */
export function readLoadPlan(metadata: ReadonlyMap<string, string>): LoadPlanReading {
  const given = [...metadata].filter(([, text]) => text !== '');
  const result = LoadPlan.safeParse(Object.fromEntries(given));
  if (result.success) return { kind: 'plan', plan: result.data };
  const [issue] = result.error.issues;
  const key = String(issue?.path[0] ?? '');
  const message = issue?.message ?? 'invalid metadata';
  return { kind: 'refused', reason: metadata.has(key) ? `${key}: ${message}` : message };
}
