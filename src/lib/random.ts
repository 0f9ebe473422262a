// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';

/** A number in [0, 1). Injected, so that tests are repeatable. */
export type Random = () => number;

/** The platform's generator. Not for secrets. */
export const systemRandom: Random = () => Math.random();

/** A text that nobody can guess. Injected, so that tests are repeatable. */
export type NewToken = () => string;

export const systemToken: NewToken = () => randomUUID();
