// SPDX-License-Identifier: Apache-2.0

const suffixes: ReadonlyMap<string, number> = new Map([
  ['n', 1e-9],
  ['u', 1e-6],
  ['m', 1e-3],
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['P', 1e15],
  ['E', 1e18],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
  ['Pi', 2 ** 50],
  ['Ei', 2 ** 60],
]);

/** The number that a Kubernetes quantity ("1500m", "2Ki", "12e6") stands for; undefined when it is none. */
export function parseQuantity(text: string): number | undefined {
  const [, number, exponent = '', suffix = ''] =
    /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/.exec(text) ?? [];
  const factor = suffixes.get(suffix);
  if (number === undefined || factor === undefined) return undefined;
  // A division is exact where a multiplication with 0.001 is not.
  const value = Number(number + exponent);
  return factor < 1 ? value / Math.round(1 / factor) : value * factor;
}
