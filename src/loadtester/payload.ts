// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** Go reads JSON keys whatever their case; of several spellings the last one wins. */
function withLowerCaseKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value ?? {};
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toLowerCase(), member]));
}

/** Of the name of an object in Kubernetes. What is named is remembered: in lists, metrics and the ConfigMap of the gates. */
const longestName = 253;
/** Tasks are remembered with what they run; and Linux takes no argument of twice this length. */
const longestText = 65_536;

/** null leaves a text empty, as in Go. */
function boundedText(
  maxCharacters: number,
): z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodString>>, z.ZodTransform<string, string | null | undefined>> {
  return z
    .string()
    .max(maxCharacters, `longer than ${maxCharacters} characters`)
    .nullish()
    .transform((text) => text ?? '');
}

/**
 * What the operator, or a person with curl, sends. Only what is used here is looked at; absent texts are empty.
 * Metadata is free text by key.
 */
export const Payload = z.preprocess(
  withLowerCaseKeys,
  z.object({
    name: boundedText(longestName),
    namespace: boundedText(longestName),
    /** Names the revision that the caller asks for. */
    checksum: z.string().max(longestName).catch(''),
    metadata: z
      .record(z.string(), boundedText(longestText))
      .nullish()
      .transform((metadata): ReadonlyMap<string, string> => new Map(Object.entries(metadata ?? {}))),
  }),
);
export type Payload = Readonly<z.infer<typeof Payload>>;

export type PayloadReading =
  { readonly kind: 'payload'; readonly payload: Payload } | { readonly kind: 'unreadable'; readonly reason: string };

/** Reads the body of a request. Never throws. */
export function readPayload(body: string): PayloadReading {
  if (body.trim() === '') return unreadable('empty body');
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return unreadable('the body is no JSON');
  }
  const result = Payload.safeParse(value);
  if (result.success) return { kind: 'payload', payload: result.data };
  const [issue] = result.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'body' : issue.path.join('.');
  return unreadable(`${place}: ${issue?.message ?? 'invalid'}`);
}

function unreadable(reason: string): PayloadReading {
  return { kind: 'unreadable', reason };
}
