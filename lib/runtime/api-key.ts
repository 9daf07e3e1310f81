import { dnsSubdomainProblems } from '../problem/names';
import { Problem } from '../problem/problem';
import { EnvironmentReference } from './serving-runtime';

/** A key that clients must send, by reference. */
export interface ApiKey {
  /** Name of a Secret in the namespace of the pods. Without it the container is never made. */
  readonly secretName: string;
  /** Key inside the Secret. @default 'API_KEY' */
  readonly secretKey?: string;
}

/** Where all of them look for it, as `Bearer` and the key. */
export const API_KEY_HEADER = 'authorization';

export function apiKeyProblems(apiKey: ApiKey | undefined): Problem[] {
  if (apiKey === undefined) return [];
  const { secretName, secretKey = 'API_KEY' } = (apiKey ?? {}) as Partial<ApiKey>;
  if (typeof secretName !== 'string' || !/^[-._A-Za-z0-9]{1,253}$/.test(String(secretKey))) {
    return [
      {
        check: 'credentials',
        message: 'apiKey names no key of a Secret.',
        remedy: "Use { secretName: 'llama-api-key' }, and secretKey when its key is not API_KEY.",
      },
    ];
  }
  return dnsSubdomainProblems('apiKey.secretName', secretName);
}

/** @param variable the environment variable that the key arrives in */
export const apiKeyReferences = (variable: string, apiKey: ApiKey | undefined): EnvironmentReference[] =>
  apiKey === undefined
    ? []
    : [{ name: variable, secretName: apiKey.secretName, secretKey: apiKey.secretKey ?? 'API_KEY' }];
