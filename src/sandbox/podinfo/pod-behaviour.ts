// SPDX-License-Identifier: Apache-2.0

/** What a pod does to those who call it. */
export interface PodBehaviour {
  /** Name of the pod; it answers with it as its host name. */
  readonly name: string;
  /** Tag of its image; it chooses the fault, see `faultOf`. */
  readonly version: string;
  /** A refusing pod is up, but its program is not listening: connections to it are reset at once. */
  readonly state: 'serving' | 'refusing';
  /** In place of the fault of its tag. */
  readonly fault?: PodFault;
}

export type PodFault = 'none' | 'error' | 'flaky' | 'slow' | 'hang' | 'cut' | 'crash';

/** The first mark that the tag contains decides. */
const faultByMark: readonly (readonly [mark: string, fault: PodFault])[] = [
  ['-bad', 'error'],
  ['-flaky', 'flaky'],
  ['-slow', 'slow'],
  ['-hang', 'hang'],
  ['-cut', 'cut'],
  ['-crash', 'crash'],
];

/** How long a slow pod takes for an answer. */
export const slowAnswerMs = 1_000;

/**
 * The fault that a release of podinfo has, by its image tag:
 *
 * | tag contains | fault                                                       |
 * | ------------ | ----------------------------------------------------------- |
 * | `-bad`       | answers 500                                                 |
 * | `-flaky`     | answers 500 to half of the requests, drawn at random        |
 * | `-slow`      | answers after 1 s                                           |
 * | `-hang`      | takes requests and never answers                            |
 * | `-cut`       | takes requests and breaks the connection without an answer  |
 * | `-crash`     | is not listening: connections are reset at once             |
 *
 * `/metrics` always works, except in a pod that is not listening: Prometheus sees what the pod does.
 */
export function faultOf(version: string): PodFault {
  return faultByMark.find(([mark]) => version.includes(mark))?.[1] ?? 'none';
}
