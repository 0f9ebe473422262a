// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** Texts about pods that are not ready yet: how many there are depends on how fast pods start. */
const readiness = /(^Waiting for .* rollout to finish|not ready: waiting for rollout to finish)/;

/** What today's operator says besides the lines of the guide. */
const additions = [
  readiness,
  /^all the metrics providers are available!$/,
  /^Initialization done! /,
  /^Confirm-rollout check gate passed$/,
  /^Starting canary analysis for /,
];

/** The lines of promotion.txt or rollback.txt that must appear; `{n}` stands for any number. */
export function guideLines(file: 'promotion.txt' | 'rollback.txt'): readonly RegExp[] {
  return readFileSync(`test/fixtures/guide/${file}`, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => !readiness.test(line))
    .map((line) => new RegExp(`^${escaped(line).replaceAll('\\{n\\}', '\\d+\\.\\d\\d')}$`));
}

/** What was said, without the additions that the given lines do not mention: to be compared one by one with the lines. */
export function withoutAdditions(said: readonly string[], lines: readonly RegExp[]): readonly string[] {
  const isMentioned = (text: string): boolean => lines.some((line) => line.test(text));
  return said.filter((text) => isMentioned(text) || !additions.some((addition) => addition.test(text)));
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
