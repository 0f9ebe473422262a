// SPDX-License-Identifier: Apache-2.0
import { guideLines } from '../test/support/guide-lines.js';

/** What a part of the demo said, beside what the guide shows for it. */
export interface PartResult {
  readonly file: 'promotion.txt' | 'rollback.txt';
  /** Lines of the guide that were not said, or not in their place. Empty: it was as the guide shows. */
  readonly missing: readonly string[];
  readonly lines: number;
}

/** Whether all lines of the guide were said, in their order, whatever was said between them. */
export function compareWithGuide(file: PartResult['file'], said: readonly string[]): PartResult {
  const lines = guideLines(file);
  let from = 0;
  const missing = lines.filter((line) => {
    const found = said.findIndex((text, index) => index >= from && line.test(text));
    if (found >= 0) from = found + 1;
    return found < 0;
  });
  return {
    file,
    missing: missing.map((line) => line.source.replace(/^\^|\$$/g, '').replaceAll('\\', '')),
    lines: lines.length,
  };
}
