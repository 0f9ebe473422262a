// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs the real kubectl as an administrator and returns what it prints. Throws with its error output when it fails. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('kubectl', [...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** `kubectl apply -f -` of YAML or JSON text. Server-side warnings are in the answer. */
export function kubectlApply(manifest: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('kubectl', ['apply', ...args, '-f', '-'], (error, stdout, stderr) => {
      if (error === null) resolve(stdout + stderr);
      else reject(new Error(`kubectl apply: ${stderr}`));
    });
    child.stdin?.end(manifest);
  });
}
