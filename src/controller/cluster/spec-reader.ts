// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../../api/canary.js';
import type { NormalisedSpec, SpecDefaults } from '../../api/normalise-spec.js';
import { normaliseSpec } from '../../api/normalise-spec.js';

/**
 * What Canaries ask for. Every object is read once, however often others of its namespace look at it: the stores share their
 * objects and replace them when they change.
 */
export class SpecReader {
  private readonly known = new WeakMap<Canary, NormalisedSpec>();

  constructor(private readonly defaults: SpecDefaults) {}

  /** As `normaliseSpec`. Never throws. */
  read(canary: Canary): NormalisedSpec {
    const known = this.known.get(canary);
    if (known !== undefined) return known;
    const read = normaliseSpec(canary, this.defaults);
    this.known.set(canary, read);
    return read;
  }
}
