import { isHttpAddress } from '../../lib/problem/addresses';

test.each([
  'http://prometheus-operated.monitoring:9090',
  'https://mimir.example.com/prometheus',
  'https://monitoring.googleapis.com/v1/projects/team_1/location/global/prometheus',
  'http://10.0.0.9',
  'http://[fd00::1]:9090/',
])('%s is an address', (address) => expect(isHttpAddress(address)).toBe(true));

test.each([
  '',
  'prometheus:9090',
  'ftp://prometheus',
  'http://',
  'http:prometheus',
  'http://prometheus:99999',
  'http://user@prometheus',
  `http://:${'password'}@prometheus`,
  'http://prometheus?tenant=a',
  'http://prometheus#a',
  'http://a b',
  'http://prometheus\n',
  'http://${PROMETHEUS}',
  'http://{{args.prometheus}}',
  'http://[::zz]',
  9090,
  undefined,
])('%j is none', (address) => expect(isHttpAddress(address)).toBe(false));
