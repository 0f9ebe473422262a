// SPDX-License-Identifier: Apache-2.0

/** Members of a JSON object; none for `null`; undefined for an absent text and for anything else. */
export function jsonMembers(text: string | undefined): ReadonlyMap<string, unknown> | undefined {
  if (text === undefined) return undefined;
  const parsed = parseJson(text);
  if (parsed === null) return new Map();
  return typeof parsed === 'object' && !Array.isArray(parsed) ? new Map(Object.entries(parsed)) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
