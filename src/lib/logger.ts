// SPDX-License-Identifier: Apache-2.0

type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** The part of pino that the code uses. Static message, variable parts in fields. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  /** A person must act. */
  readonly error: LogMethod;
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

/** Drops everything. For tests and for tools that print by themselves. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
