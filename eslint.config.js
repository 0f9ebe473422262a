// SPDX-License-Identifier: Apache-2.0
import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Folders under src/ and the folders that each may import (besides itself). Adapters never import one another. */
const layers = {
  lib: [],
  api: ['lib'],
  rollout: ['lib', 'api'],
  kube: ['lib', 'api'],
  skipper: ['lib', 'api'],
  workload: ['lib', 'api'],
  analysis: ['lib', 'api'],
  hooks: ['lib', 'api'],
  notify: ['lib', 'api'],
  observability: ['lib', 'api'],
  config: ['lib', 'api'],
  controller: [
    'lib',
    'api',
    'rollout',
    'kube',
    'skipper',
    'workload',
    'analysis',
    'hooks',
    'notify',
    'observability',
    'config',
  ],
  loadtester: ['lib', 'api', 'kube', 'observability', 'config'],
  sandbox: ['lib', 'api'],
  simulation: [
    'lib',
    'api',
    'rollout',
    'kube',
    'workload',
    'analysis',
    'hooks',
    'observability',
    'controller',
    'sandbox',
  ],
  forecast: [
    'lib',
    'api',
    'rollout',
    'kube',
    'workload',
    'analysis',
    'hooks',
    'observability',
    'config',
    'controller',
    'sandbox',
    'simulation',
  ],
};

const layerRules = Object.entries(layers).map(([layer, allowed]) => ({
  files: [`src/${layer}/**/*.ts`],
  ignores: ['**/*.test.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: [...Object.keys(layers), 'cli', 'main.js']
              .filter((other) => other !== layer && !allowed.includes(other))
              .flatMap((other) => [`../${other}/*`, `../../${other}/*`, `../../../${other}/*`, `../${other}`]),
            message: `src/${layer} may import only: ${allowed.join(', ') || 'nothing'}.`,
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**', 'test/fixtures/**'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [importX.createNodeResolver({ extensionAlias: { '.js': ['.ts', '.js'] } })] },
    rules: {
      complexity: ['error', { max: 10, variant: 'modified' }],
      'max-depth': ['error', 3],
      'max-lines': ['error', 350],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      'no-console': 'error',
      eqeqeq: 'error',
      'import-x/no-cycle': 'error',
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a string union.' },
        { selector: 'ExportDefaultDeclaration', message: 'Use named exports.' },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/lib/**', '**/*.test.ts', 'src/sandbox/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'setTimeout', message: 'Inject a Clock (lib/clock.ts).' },
        { name: 'setInterval', message: 'Inject a Clock (lib/clock.ts).' },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Inject a Clock (lib/clock.ts).' },
        { object: 'Math', property: 'random', message: 'Inject a Random (lib/random.ts).' },
        { object: 'process', property: 'env', message: 'Read the environment in config/ only.' },
      ],
    },
  },
  { files: ['src/config/**/*.ts'], rules: { 'no-restricted-properties': 'off' } },
  ...layerRules,
  {
    files: ['**/*.test.ts', 'test/**/*.ts', 'hack/**/*.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      complexity: 'off',
      '@typescript-eslint/explicit-function-return-type': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-console': 'off',
    },
  },
  {
    files: ['**/*.js'],
    ...tseslint.configs.disableTypeChecked,
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      '@typescript-eslint/explicit-function-return-type': 'off',
      'no-restricted-syntax': 'off',
    },
  },
);
