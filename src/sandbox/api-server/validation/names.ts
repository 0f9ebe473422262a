// SPDX-License-Identifier: Apache-2.0

/** Rules for names, with the messages that users know. Each returns what is wrong, or nothing. */

const labelForm = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomainForm = `${labelForm}(\\.${labelForm})*`;
const serviceForm = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualifiedForm = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValueForm = `(${qualifiedForm})?`;
const configKeyForm = '[-._a-zA-Z0-9]+';

const patterns = new Map<string, RegExp>();

/** Whether the whole text has the form. */
function matches(text: string, form: string): boolean {
  let pattern = patterns.get(form);
  if (pattern === undefined) {
    pattern = new RegExp(`^(?:${form})$`);
    patterns.set(form, pattern);
  }
  return pattern.test(text);
}

function tooLong(limit: number): string {
  return `must be no more than ${limit} characters`;
}

function tooManyBytes(limit: number): string {
  return `must be no more than ${limit} bytes`;
}

const subdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '" +
  `${subdomainForm}')`;
const labelMessage =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '" +
  `${labelForm}')`;
const serviceMessage =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '" +
  `${serviceForm}')`;
const qualifiedMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '" +
  `${qualifiedForm}')`;
const labelValueMessage =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '" +
  `${labelValueForm}')`;
const configKeyMessage =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '" +
  `${configKeyForm}')`;

/** Names of most objects. */
export function subdomainProblems(text: string): readonly string[] {
  return formProblems(text, { form: subdomainForm, message: subdomainMessage, limit: 253 });
}

/** Names of namespaces, containers and volumes. */
export function labelProblems(text: string): readonly string[] {
  return formProblems(text, { form: labelForm, message: labelMessage, limit: 63 });
}

/** Names of Services. */
export function serviceNameProblems(text: string): readonly string[] {
  return formProblems(text, { form: serviceForm, message: serviceMessage, limit: 63 });
}

/** Keys of ConfigMaps and Secrets. */
export function configKeyProblems(text: string): readonly string[] {
  const isParent = text === '.' || text.startsWith('..');
  return [
    ...formProblems(text, { form: configKeyForm, message: configKeyMessage, limit: 253 }),
    ...(isParent ? [text.length > 2 ? "must not start with '..'" : `must not be '${text}'`] : []),
  ];
}

/** Names in RBAC, which may be about anything. */
export function pathSegmentProblems(text: string): readonly string[] {
  if (text === '.' || text === '..') return [`may not be '${text}'`];
  return ['/', '%']
    .filter((character) => text.includes(character))
    .map((character) => `may not contain '${character}'`);
}

/** Environment variables may have any name that a process can have. */
export function envNameProblems(text: string): readonly string[] {
  return /^[ -<>-~]+$/.test(text)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** Values of labels. */
export function labelValueProblems(text: string): readonly string[] {
  return [
    ...(text.length > 63 ? [tooManyBytes(63)] : []),
    ...(matches(text, labelValueForm) ? [] : [labelValueMessage]),
  ];
}

/** Keys of labels and annotations, and finalizers: an optional domain and a name. */
export function qualifiedNameProblems(text: string): readonly string[] {
  const parts = text.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key ${qualifiedMessage} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const [name = '', prefix] = parts.reverse();
  return [
    ...(prefix === '' ? ['prefix part must be non-empty'] : []),
    ...(prefix === undefined || prefix === '' ? [] : subdomainProblems(prefix).map((fact) => `prefix part ${fact}`)),
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...(name.length > 63 ? [`name part ${tooManyBytes(63)}`] : []),
    ...(matches(name, qualifiedForm) ? [] : [`name part ${qualifiedMessage}`]),
  ];
}

interface NameRule {
  readonly form: string;
  readonly message: string;
  readonly limit: number;
}

function formProblems(text: string, { form, message, limit }: NameRule): readonly string[] {
  return [...(text.length > limit ? [tooLong(limit)] : []), ...(matches(text, form) ? [] : [message])];
}
