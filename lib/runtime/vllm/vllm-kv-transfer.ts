import { Problem } from '../../problem/problem';
import { ApiKey } from '../api-key';
import { FormatChoice } from '../format-choice';
import { isSince } from '../server-version';
import {
  EnvironmentReference,
  KvHandover,
  ParallelLayout,
  ServerPort,
  ServingRequest,
  ServingRole,
} from '../serving-runtime';

/** One side of a server that is split into prefill and decode, over NIXL. */
export interface VllmKvTransfer {
  /**
   * What this server does: fill the KV cache from the prompt and hand it on, take it and answer, or both. Who does what is
   * decided by the router in front; the role says what this server may be asked.
   */
  readonly role: 'kv_producer' | 'kv_consumer' | 'kv_both';
}

const ROLES: readonly unknown[] = ['kv_producer', 'kv_consumer', 'kv_both'];

/** The connector itself does not look at it; the router decides (docs/features/nixl_connector_usage.md, "KV Role Options"). */
const KV_ROLES = { prefill: 'kv_producer', decode: 'kv_consumer' } as const satisfies Record<ServingRole, string>;

/** The first version with the connector. */
const NIXL_SINCE = [0, 9, 2] as const;
/**
 * The first version in which a decode server reads from more prefill ranks than it has itself (vllm-project/vllm#27274). Before,
 * the first transfer fails (#21576). The release is unverified.
 */
const WIDER_PREFILL_SINCE = [0, 14, 0] as const;

/** What the role of a service asks for, or the server's own setting. */
export const kvTransferOf = (
  role: ServingRole | undefined,
  stated: VllmKvTransfer | undefined,
): VllmKvTransfer | undefined => (role ? { role: KV_ROLES[role] } : stated);

/** What the two sides compare when they meet (docs/features/nixl_connector_compatibility.md, "What must match"). */
export const handover = (version: string, role: ServingRole, { dtype, kvCacheDtype }: FormatChoice): KvHandover => ({
  role,
  widerPrefill: isSince(version, WIDER_PREFILL_SINCE),
  format: `dtype ${dtype ?? 'auto'} with a KV cache in ${kvCacheDtype ?? 'auto'}`,
});

/** What keeps a server from its role. */
export function roleProblems(
  version: string,
  request: ServingRequest,
  { kvTransfer: stated, apiKey }: { readonly kvTransfer?: VllmKvTransfer; readonly apiKey?: ApiKey },
): Problem[] {
  const { role, parallelism } = request;
  if (role === undefined) return [];
  return [
    ...(isSince(version, NIXL_SINCE)
      ? []
      : [
          {
            check: 'disaggregation',
            message: `vLLM ${version} cannot hand a KV cache on: its NIXL connector exists from ${NIXL_SINCE.join('.')} on.`,
            remedy: 'Use a later version, or leave prefill out.',
          },
        ]),
    ...(stated
      ? [
          {
            check: 'disaggregation',
            message: `kvTransfer is ${stated.role}, and the service says which pods are prefill and which decode.`,
            remedy: 'Leave kvTransfer out of the runtime: it follows from the role of the pods.',
          },
        ]
      : []),
    ...(apiKey
      ? [
          {
            // It makes requests of its own, with two headers (vllm-project/router, build_prefill_request_builder).
            check: 'disaggregation',
            message:
              'The servers would ask for apiKey, and the router in front does not pass on what clients send: they would answer 401.',
            remedy: 'Leave apiKey out: the network policy lets only the router in. Let the Gateway ask for keys.',
          },
        ]
      : []),
    ...(parallelism.pipelineParallelSize > 1
      ? [
          {
            // It ends the start (vllm-project/vllm#40674, #52913).
            check: 'gpu-parallelism',
            message: `pipelineParallelSize is ${parallelism.pipelineParallelSize}, and vLLM's NIXL connector hands no KV cache on that is split into stages.`,
            remedy: 'Use tensorParallelSize, or leave prefill out.',
          },
        ]
      : []),
  ];
}

/** Where servers find each other before the first transfer (docs/features/nixl_connector_usage.md). */
const SIDE_CHANNEL_PORT = 5600;

export function kvTransferProblems(version: string, transfer: unknown): Problem[] {
  if (transfer === undefined) return [];
  const role = (transfer as Partial<VllmKvTransfer> | null)?.role;
  if (!ROLES.includes(role)) {
    return [
      {
        check: 'runtime-setting',
        message: `kvTransfer has the role ${JSON.stringify(role)?.slice(0, 80) ?? 'undefined'}.`,
        remedy: "Use { role: 'kv_producer' } for prefill, { role: 'kv_consumer' } for decode, or 'kv_both'.",
      },
    ];
  }
  if (isSince(version, NIXL_SINCE)) return [];
  return [
    {
      check: 'runtime-setting',
      message: `kvTransfer is a setting that vLLM ${version} does not have: its NIXL connector exists from 0.9.2 on.`,
      remedy: 'Remove kvTransfer, or use another version.',
    },
  ];
}

export const kvTransferFlag = (transfer: VllmKvTransfer | undefined): string | undefined =>
  transfer && JSON.stringify({ kv_connector: 'NixlConnector', kv_role: transfer.role });

/** A port for each rank, so that it is enough whether the version counts tensor parallel ranks or not. */
export function kvTransferPorts(transfer: VllmKvTransfer | undefined, layout: ParallelLayout): ServerPort[] {
  const ranks = Math.min(64, layout.tensorParallelSize * layout.dataParallelSize);
  return transfer === undefined
    ? []
    : Array.from({ length: ranks }, (_, rank) => ({
        name: rank === 0 ? 'nixl' : `nixl-${rank}`,
        port: SIDE_CHANNEL_PORT + rank,
        purpose: 'group' as const,
      }));
}

/**
 * The address that is handed to the other server is the pod's own; what vLLM finds by itself is localhost, or an address that
 * nobody reaches (ray-project/ray#60817).
 */
export const kvTransferAddress = (transfer: VllmKvTransfer | undefined): EnvironmentReference[] =>
  transfer === undefined ? [] : [{ name: 'VLLM_NIXL_SIDE_CHANNEL_HOST', fieldPath: 'status.podIP' }];

/** The same port in every pod, whatever the image has as its default. */
export const kvTransferPort = (transfer: VllmKvTransfer | undefined): number | undefined =>
  transfer && SIDE_CHANNEL_PORT;
