// SPDX-License-Identifier: Apache-2.0
import { ignoredFlags, namedSettings, type NamedSetting, settingGroups } from '../config/index.js';

const intro = `# Flags

<!-- Generated from src/config/settings.ts by \`npx tsx hack/generate-flags.ts\`. Do not edit. -->

Flags are written as in Go: \`-flag=value\`, \`--flag=value\` or \`-flag value\`; a boolean flag alone means true and takes
its value only after \`=\`. The last of several wins. An environment variable that is set and not empty wins over its flag.
An unknown flag or a malformed value ends the start with one line, the usage and exit code 2; settings that contradict
one another end it with one line and exit code 1. Durations are Go durations, such as \`10s\` or \`1m30s\`.
`;

/** The text of docs/flags.md. */
export function renderFlagsPage(): string {
  const sections = settingGroups.map((group) =>
    renderGroup(
      group,
      namedSettings.filter((one) => one.group === group),
    ),
  );
  return [intro, ...sections, renderIgnored()].join('\n');
}

function renderGroup(group: string, settings: readonly NamedSetting[]): string {
  const rows = settings.map(({ flag, env, type, unit, fallback, help }) => {
    const cells = [
      `\`-${flag}\``,
      env === undefined ? '' : `\`${env}\``,
      unit === undefined ? type : `${type} (${unit})`,
      fallback === '' ? '' : `\`${fallback}\``,
      help.replaceAll('|', '\\|'),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `## ${group}`,
    '',
    '| flag | variable | type | default | meaning |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function renderIgnored(): string {
  const names = ignoredFlags.map(({ flag }) => `\`-${flag}\``).join(', ');
  return `## Accepted and ignored

For manifests written for Flagger. They belong to other traffic providers, to Flagger's Go runtime or to its Kubernetes
client's logging: ${names}.
`;
}
