// SPDX-License-Identifier: Apache-2.0
/*
 * Bundles the operator into one file, flagger.mjs in dist/ or in the directory named as argument: loading the packages
 * from node_modules instead costs 50 MiB of memory and most of a CPU-second at each start. Beside it: forecast.mjs, which
 * is loaded for the command simulate only, and the licences of everything in both.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { z } from 'zod';
import { besideTheBundle, englishOnly, usedPartOfClient, withoutUndici } from './bundle-plugins.js';

const directory = process.argv[2] ?? 'dist';
const licencesPath = join(directory, 'THIRD-PARTY-LICENSES');

const Package = z.object({ name: z.string(), version: z.string(), license: z.string().optional() });

function readPackage(folder: string): z.infer<typeof Package> {
  return Package.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
}

/** The commit; images are built without the repository's history, so that there the variable names it. */
function currentRevision(): string {
  if (process.env.REVISION) return process.env.REVISION;
  if (!existsSync('.git')) return 'unknown';
  return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
}

/** The package folders that files of the bundle come from. */
function bundledPackages(metafiles: readonly Metafile[]): readonly string[] {
  const outputs = metafiles.flatMap((metafile) => Object.values(metafile.outputs));
  const inputs = outputs.flatMap((output) => Object.entries(output.inputs));
  const folders = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([path]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  return [...new Set(folders)].sort();
}

function licenceText(folder: string): string {
  const { name, version, license = 'unknown' } = readPackage(folder);
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  return `${name} ${version}\n${license}\n\n${text}\n`;
}

/** Makes one file of a source file and everything that it imports. */
async function bundle(entry: string, name: string, plugins: readonly Plugin[]): Promise<Metafile> {
  const outfile = join(directory, name);
  const { metafile } = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    metafile: true,
    plugins: [...plugins, englishOnly, withoutUndici, usedPartOfClient],
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
    define: {
      FLAGGER_VERSION: JSON.stringify(process.env.VERSION ?? readPackage('.').version),
      FLAGGER_REVISION: JSON.stringify(currentRevision()),
    },
    // CommonJS packages in the bundle call require for Node's own modules.
    banner: {
      js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
    },
  });
  console.log(`${outfile}: ${Math.round(statSync(outfile).size / 1024)} KiB`);
  return metafile;
}

const forecastEntry = 'src/forecast/index.ts';
const packages = bundledPackages([
  await bundle('src/main.ts', 'flagger.mjs', [besideTheBundle(forecastEntry, 'forecast.mjs')]),
  await bundle(forecastEntry, 'forecast.mjs', []),
]);
writeFileSync(licencesPath, packages.map(licenceText).join(`\n${'-'.repeat(80)}\n\n`));
console.log(`${licencesPath}: ${packages.length} packages`);
