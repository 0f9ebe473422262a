// SPDX-License-Identifier: Apache-2.0
/** A promise of the operator that did not hold. */
export interface Violation {
  /** S1 to S8 as docs/reliability.md names them, or "converges". */
  readonly rule: string;
  readonly text: string;
  /** Virtual time since the start. */
  readonly atMs: number;
}
