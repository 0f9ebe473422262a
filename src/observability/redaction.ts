// SPDX-License-Identifier: Apache-2.0

/** Placed where a secret was. */
export const redactionText = '[redacted]';

/** Names of fields whose value is a secret wherever they appear, in the spellings of HTTP, Kubernetes and our own code. */
const secretFields = [
  'authorization',
  'Authorization',
  'password',
  'token',
  'bearerToken',
  'slackToken',
  'clientKeyData',
  'stringData',
];

/** Parents whose `data` is that of a Secret. */
const secretObjects = ['secret', 'Secret'];

const deepest = 4;

function atEachDepth(path: string): readonly string[] {
  return Array.from({ length: deepest }, (_, depth) => '*.'.repeat(depth) + path);
}

/** Paths of log fields that never leave the process; fields deeper than four levels are nobody's habit here. */
export const redactedPaths: readonly string[] = [
  ...secretFields,
  ...secretObjects.map((object) => `${object}.data`),
].flatMap(atEachDepth);
