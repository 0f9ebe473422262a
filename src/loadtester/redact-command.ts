// SPDX-License-Identifier: Apache-2.0

const redacted = '[redacted]';

/** Words that a secret follows, up to the end of its word or quote. */
const named = /\b(token|password|passwd|secret|api[_-]?key)(["']?\s*[=:]\s*["']?)[^\s"'&,;|)}]+/gi;
const authorization = /\b(authorization)(["']?\s*[=:]\s*["']?)[^"'\r\n]+/gi;
const urlUser = /(:\/\/)[^\s/@:]+:[^\s/@]+@/g;

/** A command or its output as logs and lists may show it: without what looks like a secret. */
export function redactCommand(text: string): string {
  return text
    .replace(authorization, `$1$2${redacted}`)
    .replace(named, `$1$2${redacted}`)
    .replace(urlUser, `$1${redacted}@`);
}
