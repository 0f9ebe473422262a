// SPDX-License-Identifier: Apache-2.0
import { dirname, resolve } from 'node:path';
import type { OnResolveArgs, Plugin } from 'esbuild';

/** Zod brings its messages in 48 languages, which costs 2 MiB of memory; the operator speaks one. */
export const englishOnly: Plugin = {
  name: 'english-only',
  setup: (bundler) => {
    bundler.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: dirname(path),
    }));
  },
};

const client = '@kubernetes/client-node';

function concernsClient({ path, importer }: OnResolveArgs): boolean {
  return path === client || importer.includes(`/${client}/dist/`);
}

/**
 * Of the Kubernetes client only KubeConfig is used. Its modules have no side effects, but the package does not say so,
 * and a bundle with all of them and their dependencies needs 12 MiB more.
 */
export const usedPartOfClient: Plugin = {
  name: 'used-part-of-client',
  setup: (bundler) => {
    bundler.onResolve({ filter: /./ }, async (args) => {
      if (args.pluginData === client || !concernsClient(args)) return undefined;
      const { kind, importer, resolveDir } = args;
      const resolved = await bundler.resolve(args.path, { kind, importer, resolveDir, pluginData: client });
      return resolved.path.includes(`/${client}/`) ? { path: resolved.path, sideEffects: false } : undefined;
    });
  },
};

/**
 * KubeConfig names undici's agents, for requests by fetch. The operator makes its requests with Node's own HTTP client,
 * and loading undici at the start costs 3 MiB. Whoever calls undici in this build is told so.
 */
export const withoutUndici: Plugin = {
  name: 'without-undici',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^undici$/ }, (args) =>
      concernsClient(args) ? { path: 'undici', namespace: 'absent' } : undefined,
    );
    bundler.onLoad({ filter: /./, namespace: 'absent' }, () => ({
      contents: `
        function absent() { throw new Error('undici is not part of this build'); }
        export { absent as Agent, absent as ProxyAgent, absent as fetch };`,
    }));
  },
};

/** Leaves a source file that is imported on demand to a bundle of its own, which lies beside this one. */
export function besideTheBundle(source: string, name: string): Plugin {
  const path = resolve(source);
  return {
    name: 'beside-the-bundle',
    setup: (bundler) => {
      bundler.onResolve({ filter: /\.js$/ }, ({ path: imported, resolveDir, kind }) => {
        const isIt = kind === 'dynamic-import' && resolve(resolveDir, imported).replace(/\.js$/, '.ts') === path;
        return isIt ? { path: `./${name}`, external: true } : undefined;
      });
    },
  };
}
