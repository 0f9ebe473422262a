// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { goRegexpProblem } from './go-regexp-syntax.js';

describe('goRegexpProblem', () => {
  it.each([
    '',
    '.*Firefox.*',
    '^(.*?;\\s*)?(canary=always)(;.*)?$',
    '(?i)^team-[a-z0-9]+$',
    '(?i:a)(?P<name>b)(?<other>c)(?:d)',
    'a{2}b{2,}c{2,3}?d{,2}e{x}',
    '[]a][^]b][a-z\\d_-][[:alpha:][:^digit:]]',
    '\\Q(?=not a group\\E+',
    '\\Qto the end (',
    '\\x41\\x{1F600}\\pL\\p{Greek}\\P{^Lu}\\012\\0',
    '\\.\\/\\-\\_\\"',
    '\\bword\\B\\A\\z',
    'a|b||(|c)',
    '日本+',
    '(?:a{10}){100}',
  ])('accepts %s', (text) => {
    expect(goRegexpProblem(text)).toBeUndefined();
  });

  it.each<{ text: string; reason: RegExp }>`
    text                | reason
    ${'(?=a)'}          | ${/look-around/}
    ${'a(?!b)'}         | ${/look-around/}
    ${'(?<=a)b'}        | ${/look-around/}
    ${'(?<!a)b'}        | ${/look-around/}
    ${'(a)\\1'}         | ${/backreference/}
    ${'(?<n>a)\\k<n>'}  | ${/backreference/}
    ${'(?>a)'}          | ${/"\(\?>"/}
    ${'(?#note)'}       | ${/"\(\?#"/}
    ${'(?P=n)'}         | ${/"\(\?P"/}
    ${'(?<n>a)(?<n>b)'} | ${/two groups/}
    ${'a)(b'}           | ${/without a/}
    ${'(a'}             | ${/not closed/}
    ${'[a'}             | ${/not closed/}
    ${'[]'}             | ${/not closed/}
    ${'*a'}             | ${/nothing before/}
    ${'a|+'}            | ${/nothing before/}
    ${'a**'}            | ${/repeats a repetition/}
    ${'a++'}            | ${/repeats a repetition/}
    ${'a{2}{3}'}        | ${/repeats a repetition/}
    ${'a{1001}'}        | ${/refuses/}
    ${'a{3,2}'}         | ${/refuses/}
    ${'(?:a{100}){11}'} | ${/more than 1000/}
    ${'[z-a]'}          | ${/empty/}
    ${'[[:letter:]]'}   | ${/does not know/}
    ${'\\u0041'}        | ${/escape/}
    ${'\\cA'}           | ${/escape/}
    ${'[\\b]'}          | ${/escape/}
    ${'\\p{Klingon}'}   | ${/does not know/}
    ${'a\\'}            | ${/escape/}
  `('refuses $text', ({ text, reason }) => {
    expect(goRegexpProblem(text)).toMatch(reason);
  });
});
