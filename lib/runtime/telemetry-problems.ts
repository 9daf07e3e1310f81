import { isHttpAddress } from '../problem/addresses';
import { shown } from '../problem/names';
import { Problem } from '../problem/problem';
import { Tracing } from './telemetry';

/**
 * Problems of an address of http or https: it needs no password, and Flux leaves it as it is.
 *
 * @param what such as `serverAddress`
 */
export function addressProblems(check: string, what: string, address: unknown): Problem[] {
  if (isHttpAddress(address)) return [];
  return [
    {
      check,
      message: `${what} is ${typeof address === 'string' ? shown(address) : String(address)}.`,
      remedy:
        'Use an address of http or https, without user, query, blanks and "$", such as http://collector.tracing:4317.',
    },
  ];
}

/** Where traces go, and how many. */
export function tracingProblems({ grpcEndpoint, httpEndpoint, samplingRatio = 0 }: Tracing): Problem[] {
  return [
    ...addressProblems('telemetry', 'tracing.grpcEndpoint', grpcEndpoint),
    ...(httpEndpoint === undefined ? [] : addressProblems('telemetry', 'tracing.httpEndpoint', httpEndpoint)),
    ...(samplingRatio >= 0 && samplingRatio <= 1
      ? []
      : [
          {
            check: 'telemetry',
            message: `tracing.samplingRatio is ${samplingRatio}.`,
            remedy: 'Use a number from 0 to 1.',
          },
        ]),
  ];
}
