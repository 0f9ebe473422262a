// SPDX-License-Identifier: Apache-2.0
/*
 * Go's text/template, as metric queries use it: rendered without data, with named functions, within bounds of work and size.
 * It does no I/O and knows nothing of metrics. Left out: complex numbers, hexadecimal floats, methods, function values.
 * Texts of errors are Go's, because users read them in events and search for them.
 * Proven by test/fixtures/go-templates.json, whose outputs come from Go's own package (hack/template-cases).
 * Main types: TemplateFunctions (in), TemplateError.
 */
import { builtins } from './builtins.js';
import { execute } from './executor.js';
import { parse } from './parser.js';
import { constantFunction } from './template-function.js';
import { mapValue, stringValue } from './value.js';

export { TemplateError } from './template-error.js';

/** Functions without arguments that a template may call, by name: each gives a text or a map of texts. */
export type TemplateFunctions = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

/**
 * Renders a template.
 * @throws TemplateError when it cannot be parsed, or executed within the bounds
 */
export function renderTemplate(template: string, values: TemplateFunctions): string {
  const own = Object.entries(values).map(
    ([name, value]) =>
      [name, constantFunction(typeof value === 'string' ? stringValue(value) : mapValue(value))] as const,
  );
  const functions = new Map([...builtins, ...own]);
  return execute(template, parse(template, new Set(functions.keys())), functions);
}
