import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as prettier from 'prettier';
import { ALERTS } from '../lib/observability/alerts';
import { ServiceAlert } from '../lib/observability/service-alerts';
import { XIDS } from '../lib/observability/xids';

const FOLDER = join(__dirname, 'runbooks');

const TITLES = { services: 'Services', gpus: 'GPUs', platform: 'Nodes and controllers' } as const;

/** Scenarios by the name of their page, with its title. */
function scenarios(): readonly (readonly [name: string, title: string])[] {
  return readdirSync(FOLDER)
    .filter((file) => file.startsWith('scenario-'))
    .sort()
    .map((file) => [file, /^# (.*)$/m.exec(readFileSync(join(FOLDER, file), 'utf8'))![1]!]);
}

const table = (alerts: Readonly<Record<string, ServiceAlert>>) =>
  [
    '| alert | severity | |',
    '| --- | --- | --- |',
    ...Object.entries(alerts).map(
      ([name, { severities, summary }]) => `| [${name}](${name}.md) | ${severities.join(', ')} | ${summary} |`,
    ),
  ].join('\n');

function index(): string {
  return [
    '# Runbooks',
    'Made by `npm run docs` from the alerts of the library. The annotation `runbook_url` of an alert leads to its page.',
    'Pages speak of things by variables. Most are labels of the alert: set them once, and every command can be pasted. In queries put the values in by hand.',
    [
      '```sh',
      'export NS=nim            # namespace, or exported_namespace of a GPU alert',
      'export SVC=llama3-8b     # inference_service',
      'export POD=llama3-8b-0   # pod, or exported_pod',
      'export NODE=node-1       # node, Hostname or hostname',
      '```',
    ].join('\n'),
    'What changes the platform is a commit: "in the program" means the file that declares the service, synthesized, merged, and applied by Flux. What is changed by hand comes back within minutes, unless the Kustomization is suspended; write down that it is.',
    '`critical` wakes somebody up: something is broken for callers. `warning` waits for the morning. `info` is never sent; it explains others.',
    '## Scenarios',
    'When several alerts fire, or none:',
    scenarios()
      .map(([file, title]) => `- [${title}](${file})`)
      .join('\n'),
    ...(Object.keys(TITLES) as (keyof typeof TITLES)[]).flatMap((of) => [`## ${TITLES[of]}`, table(ALERTS[of])]),
    'What the numbers of an XID mean: [XIDs](xids.md). How GPU alerts are set up: [GPU alerts](../gpu-alerts.md).',
  ].join('\n\n');
}

const ALERT_OF_CLASS: Readonly<Record<string, string>> = {
  hardware: 'GpuXidHardwareFault',
  fabric: 'GpuNvlinkXid',
  'context-switch': 'GpuXidContextSwitchTimeout',
  application: 'GpuXidApplicationError',
  record: 'GpuXidRecord',
};

function xidPage(): string {
  return [
    '# XIDs',
    'Made by `npm run docs` from `lib/observability/xids.ts`. The driver writes these numbers into the kernel log; the alert says who must act, the action what NVIDIA says to do at once.',
    [
      '| XID | | action | alert | |',
      '| --- | --- | --- | --- | --- |',
      ...Object.entries(XIDS).map(([number, { name, action, class: of, note = '' }]) => {
        const alert = ALERT_OF_CLASS[of]!;
        return `| ${number} | ${name} | ${action} | [${alert}](${alert}.md) | ${note} |`;
      }),
    ].join('\n'),
    'A number that is not here raises no alert. Look it up in [NVIDIA’s catalog](https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html); `DCGM_EXP_XID_ERRORS_COUNT` counts every number.',
  ].join('\n\n');
}

/** Pages of docs/runbooks that follow from the code, by name. */
export async function runbookPages(): Promise<ReadonlyMap<string, string>> {
  const pages: [string, string][] = [
    ['README.md', index()],
    ['xids.md', xidPage()],
  ];
  const options = { ...(await prettier.resolveConfig(join(FOLDER, 'README.md'))), parser: 'markdown' } as const;
  return new Map(
    await Promise.all(pages.map(async ([name, text]) => [name, await prettier.format(text, options)] as const)),
  );
}
