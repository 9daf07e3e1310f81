import { ONE_GPU, ServingRequest } from '../../lib/runtime/serving-runtime';

/** The plainest request: an unknown model on one GPU, downloaded by the server, without a key. */
export const servingRequest = (edits: Partial<ServingRequest> = {}): ServingRequest => ({
  weights: { kind: 'server-downloads' },
  parallelism: ONE_GPU,
  gpus: [{ id: 'L4', computeCapability: 8.9, memoryGb: 24 }],
  longestAnswerSeconds: 60,
  offline: false,
  credentials: 'keyless',
  gpuMemoryShare: 1,
  ...edits,
});
