// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

describe('the demo', () => {
  it.concurrent('plays the guide in a sandbox, and says what the guide shows', async () => {
    // It rejects when the exit code is not 0, with all that was printed.
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--import',
      'tsx',
      'demo/main.ts',
      '--plain',
      '--interval=1s',
    ]);
    expect(stdout).toContain("as in the guide: 15 of 15 lines of the guide's promotion.txt");
    expect(stdout).toContain("as in the guide: 12 of 12 lines of the guide's rollback.txt");
    expect(stdout).toContain(' at the canary, 0 at the primary');
  });
});
