// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const options = { maxBuffer: 64 * 1024 * 1024 };

/** Runs the real kubectl as an administrator and returns what it prints. Throws with its error output when it fails. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  return (await kubectlWithWarnings(...args)).text;
}

/** Like `kubectl`, with the lines that it writes about warnings of the API server. */
export async function kubectlWithWarnings(
  ...args: readonly string[]
): Promise<{ readonly text: string; readonly warnings: readonly string[] }> {
  const { stdout, stderr } = await run('kubectl', [...args], options);
  return { text: stdout, warnings: stderr.split('\n').filter((line) => line !== '') };
}

/** `kubectl apply -f -` of YAML or JSON text. */
export function kubectlApply(manifest: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('kubectl', ['apply', '-f', '-'], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`kubectl apply: ${stderr}`));
    });
    child.stdin?.end(manifest);
  });
}
