// SPDX-License-Identifier: Apache-2.0
import { destination as fileDestination, pino } from 'pino';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { errorText, OperatorError } from '../lib/operator-error.js';
import { consoleLine } from './console-line.js';
import { redactedPaths, redactionText } from './redaction.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'panic';

/** Takes whole lines, each ending with a newline. */
export interface LogDestination {
  write(line: string): void;
}

export interface LoggerOptions {
  /** Least severe level that is written. `panic` equals `fatal`: nothing here is more severe. */
  readonly level: LogLevel;
  readonly encoding: 'json' | 'console';
  readonly clock: Clock;
  /** Default: stderr, written synchronously, so that the last line before an exit is not lost. */
  readonly destination?: LogDestination;
}

/** The logger of a process: also says why it ends. */
export interface ProcessLogger extends Logger {
  readonly fatal: Logger['error'];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * A logger that writes one line per call: JSON with the keys `level`, `ts` (ISO 8601), the fields and `msg`, or zap's
 * console form. Errors among the fields become their text; one that is not an OperatorError also leaves its stack under
 * `stacktrace`. Fields that hold secrets by their name are redacted.
 */
export function createLogger(options: LoggerOptions): ProcessLogger {
  const { clock, encoding, level } = options;
  const target = options.destination ?? fileDestination({ dest: 2, sync: true });
  const destination: LogDestination =
    encoding === 'json' ? target : { write: (line) => target.write(consoleLine(line)) };
  return wrap(
    pino(
      {
        level: level === 'panic' ? 'fatal' : level,
        base: null,
        timestamp: () => `,"ts":"${new Date(clock.nowMs()).toISOString()}"`,
        formatters: { level: (label) => ({ level: label }), bindings: withErrorTexts, log: withErrorTexts },
        redact: { paths: [...redactedPaths], censor: redactionText },
      },
      destination,
    ),
  );
}

function wrap(logger: pino.Logger): ProcessLogger {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    fatal: (fields, message) => logger.fatal(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}

/** An Error has no enumerable fields: as JSON it would be {}. */
function withErrorTexts(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) =>
      value instanceof Error ? errorFields(key, value) : [[key, value]],
    ),
  );
}

function errorFields(key: string, error: Error): readonly (readonly [string, unknown])[] {
  const text = [key, errorText(error)] as const;
  return error instanceof OperatorError ? [text, ['code', error.code]] : [text, ['stacktrace', error.stack]];
}
