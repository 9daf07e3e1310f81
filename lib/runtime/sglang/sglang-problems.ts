import { Problem } from '../../problem/problem';
import { whereElse } from '../command-line-flags';
import { isSince } from '../server-version';
import { ServingRequest } from '../serving-runtime';
import { SglangServer } from './sglang-arguments';
import { SGLANG_FLAGS, SGLANG_RELEASES } from './sglang-flags';
import { layoutProblems } from './sglang-layout';
import { SGLANG_SETTINGS, SglangSettings } from './sglang-settings';

/** What the server cannot do of a request. */
export function sglangRequestProblems(server: SglangServer, request: ServingRequest): Problem[] {
  const { weights, model, lora } = request;
  return [
    ...(weights.kind === 'server-downloads' && (weights.repository ?? model?.id) === undefined
      ? [NOTHING_TO_SERVE]
      : []),
    ...layoutProblems(request, server.speculative),
    ...capabilityProblems(server, request),
    ...(lora ? loraProblems(server) : []),
  ];
}

/** What this release does not have, whatever it serves. */
export const sglangReleaseProblems = (version: string, settings: SglangSettings): Problem[] => [
  ...ageProblems(version),
  ...releaseProblems(version, settings),
];

const NOTHING_TO_SERVE: Problem = {
  check: 'model-known',
  message: 'Nobody says which weights SGLang is to serve: its image has none of its own.',
  remedy: 'State model, or where the weights come from.',
};

function capabilityProblems(
  { version, speculative }: SglangServer,
  { servedModelName, gpuMemoryShare, offline }: ServingRequest,
): Problem[] {
  const draft = speculative?.draftModelPath;
  return [
    ...(gpuMemoryShare < 1
      ? [
          {
            check: 'gpu-memory-fit',
            message:
              'SGLang takes its share of the memory that is free when it starts, so the second server on a shared GPU gets a part of what the first one left.',
            remedy: 'Use MIG slices or whole GPUs.',
          },
        ]
      : []),
    // Reserved for base:adapter, and the server ends at its start; the release that began with it is not known for sure.
    ...(servedModelName?.includes(':') && isSince(version, [0, 5, 5])
      ? [
          {
            check: 'runtime-setting',
            message: `servedModelName is ${JSON.stringify(servedModelName)}; a colon divides the model from its adapter, and SGLang ${version} ends at its start.`,
            remedy: 'Use a name without a colon.',
          },
        ]
      : []),
    ...(offline && draft !== undefined && !draft.startsWith('/')
      ? [
          {
            check: 'model-cache',
            message: `The draft model ${draft} would be downloaded, but the service is offline.`,
            remedy: 'Give speculative.draftModelPath as a folder of the pod.',
          },
        ]
      : []),
  ];
}

function loraProblems({ version, settings }: SglangServer): Problem[] {
  const { schedulePolicy = 'fcfs', disableRadixCache } = settings;
  // sgl-project/sglang#9144: until each prefix had the adapter in its key, only the first policy knew of adapters.
  if (schedulePolicy === 'fcfs' || disableRadixCache || isSince(version, [0, 5, 3])) return [];
  return [
    {
      check: 'runtime-setting',
      message: `schedulePolicy ${schedulePolicy} does not know of LoRA adapters in SGLang ${version}.`,
      remedy: "Use schedulePolicy 'fcfs', or SGLang 0.5.3 and later.",
    },
  ];
}

/** A release so old that nobody read its flags. */
function ageProblems(version: string): Problem[] {
  if (isSince(version, [0, 4, 6])) return [];
  return [
    {
      check: 'runtime-version',
      message: `SGLang ${version} is older than ${SGLANG_RELEASES.oldest}, the first release whose flags are known.`,
      remedy: `Use ${SGLANG_RELEASES.oldest} or later.`,
    },
  ];
}

/** Settings whose flag this release does not have. */
function releaseProblems(version: string, settings: SglangSettings): Problem[] {
  return Object.entries(SGLANG_SETTINGS).flatMap(([name, { flag }]): Problem[] => {
    if (settings[name as keyof SglangSettings] === undefined) return [];
    const elsewhere = whereElse(version, SGLANG_FLAGS[flag]!);
    if (elsewhere === undefined) return [];
    return [
      {
        check: 'runtime-setting',
        message: `${name} is ${flag}, which SGLang ${version} does not have and would end at its start; it exists ${elsewhere}.`,
        remedy: 'Remove it, or use another version.',
      },
    ];
  });
}
