// SPDX-License-Identifier: Apache-2.0

/*
 * The Skipper double as a process of its own, called like the real `skipper`. Prints one JSON line when it serves, and
 * ends with code 0 after SIGTERM or SIGINT, 2 when the command line is wrong.
 */

import { once } from 'node:events';
import { pino } from 'pino';
import { systemClock } from '../../lib/clock.js';
import { errorText } from '../../lib/operator-error.js';
import { systemRandom } from '../../lib/random.js';
import { describeFlags, FlagError } from './go-flags.js';
import { createKubernetesSource } from './kubernetes-source.js';
import { parseSettings, skipperFlags, type SkipperSettings } from './settings.js';
import { createSkipperDouble } from './skipper-double.js';

async function run(settings: SkipperSettings): Promise<void> {
  const log = pino({ level: settings.logLevel, base: null });
  const double = createSkipperDouble({
    ...settings,
    source: createKubernetesSource(settings.source),
    clock: systemClock,
    random: systemRandom,
    log,
  });
  const stopped = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  log.info(await double.start(), 'serving');
  await stopped;
  await double.stop();
}

const args = process.argv.slice(2);
if (args.some((argument) => /^--?h(elp)?$/.test(argument))) {
  process.stdout.write(`Flags:\n${describeFlags(skipperFlags)}\n`);
} else {
  try {
    await run(parseSettings(args));
  } catch (error) {
    process.stderr.write(`${errorText(error)}\n`);
    process.exitCode = error instanceof FlagError ? 2 : 1;
  }
}
