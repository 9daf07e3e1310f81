import { ANSWERS, GATEWAYS, SERVER_KEEPS_SECONDS, Timeout, timeoutsOf } from './timeouts';
import { RUNTIMES } from './combinations';

const every = Object.keys(GATEWAYS).flatMap((gateway) =>
  Object.keys(RUNTIMES).flatMap((runtime) => Object.keys(ANSWERS).map((answer) => ({ gateway, runtime, answer }))),
);

const holds = ({ holds: what, seconds }: Timeout, answerSeconds: number) =>
  what === 'unused' ? seconds < SERVER_KEEPS_SECONDS : seconds >= answerSeconds;

test.each(every)('$gateway before $runtime cuts no answer: $answer', ({ gateway, runtime, answer }) => {
  const { answerSeconds, timeouts } = timeoutsOf(gateway, runtime, ANSWERS[answer]);
  expect(timeouts.filter((timeout) => !holds(timeout, answerSeconds))).toEqual([]);
});

test.each([
  [
    'Envoy Gateway',
    ['HTTPRoute request', 'BackendTrafficPolicy requestTimeout', 'ClientTrafficPolicy streamIdleTimeout'],
  ],
  ['GKE', ['GCPBackendPolicy timeoutSec', 'GCPBackendPolicy drainingTimeoutSec']],
  ['ingress-nginx', ['Ingress proxy-read-timeout', 'Ingress proxy-send-timeout']],
  ['any other', ['HTTPRoute request', 'HTTPRoute backendRequest']],
])('%s is told of %j, and the pod of its grace period', (gateway, expected) => {
  const { timeouts } = timeoutsOf(gateway, 'vLLM');
  expect(timeouts.map(({ where }) => where)).toEqual(
    expect.arrayContaining([...expected, 'Pod terminationGracePeriodSeconds']),
  );
});

test('the answers are longer than what gateways do when nobody tells them', () => {
  const longest = Object.values(ANSWERS).map((answer) => timeoutsOf('Envoy Gateway', 'vLLM', answer).answerSeconds);
  // Envoy Gateway 15 s, GKE 30 s, nginx 60 s, silence in Envoy 5 minutes.
  expect(Math.min(...longest)).toBeGreaterThan(60);
  expect(Math.max(...longest)).toBeGreaterThan(300);
});
