import { GPU_ALERTS } from './gpu-alerts';
import { PLATFORM_ALERTS } from './platform-alerts';
import { SERVICE_ALERTS, ServiceAlert } from './service-alerts';

const once = (
  alerts: Readonly<Record<string, { readonly severity: ServiceAlert['severities'][0]; readonly summary: string }>>,
): Readonly<Record<string, ServiceAlert>> =>
  Object.fromEntries(
    Object.entries(alerts).map(([name, { severity, summary }]) => [name, { severities: [severity], summary }]),
  );

/** Every alert that the library can write, by what it is about and by its name. Each has a page in docs/runbooks. */
export const ALERTS = {
  services: SERVICE_ALERTS,
  gpus: once(GPU_ALERTS),
  platform: once(PLATFORM_ALERTS),
} as const satisfies Readonly<Record<string, Readonly<Record<string, ServiceAlert>>>>;
