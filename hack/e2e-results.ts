// SPDX-License-Identifier: Apache-2.0
// For hack/e2e.sh: what to run again, and both runs as one result.
//   tsx hack/e2e-results.ts failed <result.json>             prints the files with failed tests, one a line
//   tsx hack/e2e-results.ts merge <result.json> <again.json> replaces those files' results by those of the second run
import { readFileSync, writeFileSync } from 'node:fs';

interface TestFile {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
}

/** What jest writes with --json, as far as it matters here. */
interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly TestFile[];
}

function read(file: string): Results {
  // Parse boundary: the file was written by jest.
  return JSON.parse(readFileSync(file, 'utf8')) as Results;
}

function failedFiles(results: Results): readonly string[] {
  return results.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
}

function namesOf(results: Results, status: string): readonly string[] {
  return results.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter((test) => test.status === status).map(({ fullName }) => fullName),
  );
}

function merged(first: Results, second: Results): Results {
  const again = new Map(second.testResults.map((file) => [file.name, file]));
  const both = { ...first, testResults: first.testResults.map((file) => again.get(file.name) ?? file) };
  return {
    ...both,
    numPassedTests: namesOf(both, 'passed').length,
    numFailedTests: namesOf(both, 'failed').length,
    numRuntimeErrorTestSuites: both.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    ).length,
  };
}

const [command, file = '', again = ''] = process.argv.slice(2);
if (command === 'failed') {
  for (const name of failedFiles(read(file))) console.log(name);
} else if (command === 'merge') {
  const first = read(file);
  const second = read(again);
  const passed = new Set(namesOf(second, 'passed'));
  for (const name of namesOf(first, 'failed')) {
    console.log(`${passed.has(name) ? 'passed only when run alone' : 'failed twice'}: ${name}`);
  }
  const result = merged(first, second);
  writeFileSync(file, JSON.stringify(result));
  process.exitCode = failedFiles(result).length === 0 ? 0 : 1;
} else {
  throw new Error('Usage: e2e-results.ts failed <result.json> | merge <result.json> <again.json>');
}
