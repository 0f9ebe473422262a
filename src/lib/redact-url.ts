// SPDX-License-Identifier: Apache-2.0

const secretParameter = /token|secret|password|passwd|api_?key|signature|^key$|^sig$/i;

/** A URL for logs and events: passwords and query values that look like secrets read "xxxxx". Other text is kept. */
export function redactUrl(url: string): string {
  if (!URL.canParse(url)) return url.replace(/\/\/[^/?#@]*@/, '//xxxxx@');
  const { username, password, searchParams } = new URL(url);
  const secretKeys = [...searchParams.keys()].filter((key) => secretParameter.test(key));
  if (username === '' && password === '' && secretKeys.length === 0) return url;
  const shown = new URL(url);
  // A user name without a password is a token more often than a name.
  if (password === '') shown.username = username === '' ? '' : 'xxxxx';
  else shown.password = 'xxxxx';
  for (const key of secretKeys) shown.searchParams.set(key, 'xxxxx');
  return shown.href;
}
