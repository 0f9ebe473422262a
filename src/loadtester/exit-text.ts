// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { errorText } from '../lib/operator-error.js';

/** How a program ended, in the words that Go's os/exec has for it; callers and dashboards know these. */
export function exitText(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal !== null) return `signal: ${signalTexts[signal] ?? signal.toLowerCase()}`;
  return code === 0 ? undefined : `exit status ${code ?? -1}`;
}

/** Why a program did not start, in Go's words. */
export function startFailureText(program: string, error: unknown): string {
  const { code, message } = fieldsOf(error);
  if (code === 'ENOENT') return `exec: "${program}": executable file not found in $PATH`;
  return `fork/exec ${program}: ${startFailures[code] ?? message}`;
}

const signalTexts: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGABRT: 'aborted',
  SIGALRM: 'alarm clock',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};

const startFailures: Readonly<Record<string, string>> = {
  E2BIG: 'argument list too long',
  EACCES: 'permission denied',
  EAGAIN: 'resource temporarily unavailable',
  EMFILE: 'too many open files',
  ENOMEM: 'cannot allocate memory',
  // Node refuses texts with a NUL byte before the kernel does.
  ERR_INVALID_ARG_VALUE: 'invalid argument',
};

/** Node's own errors carry a code. */
const SystemError = z.object({ code: z.string(), message: z.string() });

function fieldsOf(error: unknown): z.infer<typeof SystemError> {
  return SystemError.safeParse(error).data ?? { code: '', message: errorText(error) };
}
