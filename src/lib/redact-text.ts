// SPDX-License-Identifier: Apache-2.0

/** Shorter values are words, or so weak that hiding them would only garble texts. */
const minSecretCharacters = 4;

const sensitiveName = /auth|token|secret|passw|key|cookie|signature|credential/i;

/** Whether a header or a field of a Secret is, by its name, not for other eyes. */
export function isSensitiveName(name: string): boolean {
  return sensitiveName.test(name);
}

/** Foreign text, such as the answer of a server that repeats what it was sent, without these values: each reads "xxxxx". */
export function redactText(text: string, secrets: readonly string[]): string {
  return secrets
    .flatMap((secret) => [secret, secret.trim(), encodeURIComponent(secret.trim())])
    .filter((secret) => secret.length >= minSecretCharacters)
    .sort((left, right) => right.length - left.length)
    .reduce((shown, secret) => shown.replaceAll(secret, 'xxxxx'), text);
}
