// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

const Line = z.looseObject({ level: z.string(), ts: z.string(), msg: z.string().default('') });

/** A JSON log line in zap's console form: time, level, message and the other fields as JSON, separated by tabs. */
export function consoleLine(jsonLine: string): string {
  const { level, ts, msg, ...fields } = Line.parse(JSON.parse(jsonLine));
  const rest = Object.keys(fields).length === 0 ? [] : [JSON.stringify(fields)];
  return `${[ts, level.toUpperCase(), msg, ...rest].join('\t')}\n`;
}
