// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** A page that a real Skipper answered; see the README beside it. */
export function readFixture(name: string): string {
  return readFileSync(new URL(`../fixtures/skipper-metrics/${name}.txt`, import.meta.url), 'utf8');
}
