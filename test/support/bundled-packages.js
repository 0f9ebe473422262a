// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pid } from 'node:process';
import { build } from 'esbuild';
import { englishOnly, usedPartOfClient, withoutUndici } from '../../hack/bundle-plugins.ts';

/*
 * Every test file loads its modules anew, and these packages have a thousand: reading them was half of the time of
 * `npm test`. Each is made one file first, with what the shipped bundle has of it; jest.config.js leads imports there.
 */
const packages = {
  '@kubernetes/client-node': "export { KubeConfig } from '@kubernetes/client-node';",
  zod: "export * from 'zod';",
};

/** When one of these has changed, the files are made again. */
const sources = ['node_modules/.package-lock.json', 'hack/bundle-plugins.ts', 'test/support/bundled-packages.js'];

/** Jest calls it once, before all tests. */
export default async function bundlePackages(_options, { rootDir }) {
  const changedMs = Math.max(...sources.map((file) => modifiedMs(`${rootDir}/${file}`)));
  await Promise.all(
    Object.entries(packages).map(async ([name, contents]) => {
      const outfile = `${rootDir}/node_modules/.cache/test-packages/${name}.js`;
      if (modifiedMs(outfile) <= changedMs) replaceFile(outfile, await bundled(contents, rootDir));
    }),
  );
}

/** 0 when there is no such file. */
function modifiedMs(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

async function bundled(contents, resolveDir) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    plugins: [englishOnly, usedPartOfClient, withoutUndici],
    logLevel: 'warning',
    // CommonJS packages in the bundle call require for Node's own modules.
    banner: {
      js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
    },
  });
  return outputFiles[0].text;
}

/** At once, for whoever reads it at this moment. */
function replaceFile(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${pid}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
}
