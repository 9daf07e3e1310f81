import {
  amountText,
  deviceQuotaName,
  largestNeed,
  QuotaConsumer,
  tenantQuotaFindings,
} from '../../lib/plan/tenant-quota';
import { formatProblem } from '../../lib/problem/problem';
import '../support/plain-text';

/** `2..3 x 4000m`: two at rest, three at the largest, 4,000m of CPU each. */
function consumer(text: string): QuotaConsumer {
  const [, path, rest, largest, cpu] = /^(\S+) (\d+)(?:\.\.(\d+))? x (\d+)m$/.exec(text)!;
  return {
    path: path!,
    atRest: Number(rest),
    atLargest: Number(largest ?? rest),
    each: { 'requests.cpu': Number(cpu), pods: 1 },
  };
}
const consumers = (text: string) => (text === '' ? [] : text.split(', ').map(consumer));

test.each`
  declared                                    | cpu          | pods
  ${''}                                       | ${undefined} | ${undefined}
  ${'nim/a 1 x 3100m'}                        | ${3100}      | ${1}
  ${'nim/a 2 x 3100m'}                        | ${6200}      | ${2}
  ${'nim/a 2 x 3100m, nim/a 0..1 x 3100m'}    | ${9300}      | ${3}
  ${'nim/a 1..8 x 3100m, nim/b 2 x 500m'}     | ${25800}     | ${10}
  ${'nim/a 0 x 3100m'}                        | ${0}         | ${0}
  ${'nim/a 1..2 x 1000m, nim/b 1..2 x 1000m'} | ${4000}      | ${4}
`('the largest need of "$declared" is $cpu m and $pods pods', ({ declared, cpu, pods }) => {
  const need = largestNeed(consumers(declared));
  expect([need['requests.cpu'], need.pods]).toEqual([cpu, pods]);
});

const judged = (declared: string, allowed: number) => {
  const { errors, warnings } = tenantQuotaFindings('nim', { 'requests.cpu': allowed }, consumers(declared));
  return [
    ...errors.map((each) => `error ${formatProblem(each)}`),
    ...warnings.map((each) => `warning ${formatProblem(each)}`),
  ];
};

/** Up to the numbers that make the difference. */
test.each`
  declared                                    | allowed | verdict
  ${'nim/a 2 x 3100m'}                        | ${6200} | ${'fits'}
  ${'nim/a 2 x 3100m'}                        | ${6199} | ${'error: 6200m of requests.cpu at rest'}
  ${'nim/a 1 x 3100m, nim/a 0..1 x 3100m'}    | ${6200} | ${'fits'}
  ${'nim/a 1 x 3100m, nim/a 0..1 x 3100m'}    | ${6199} | ${'error: 6200m of requests.cpu when nim/a is at its largest'}
  ${'nim/a 1..2 x 1000m, nim/b 1..2 x 1000m'} | ${4000} | ${'fits'}
  ${'nim/a 1..2 x 1000m, nim/b 1..2 x 1000m'} | ${3999} | ${'warning: 4 of requests.cpu when everything is at its largest at once'}
  ${'nim/a 1..2 x 1000m, nim/b 1..2 x 1000m'} | ${3000} | ${'warning: 4 of requests.cpu when everything is at its largest at once'}
  ${'nim/a 1..2 x 1000m, nim/b 1..2 x 1000m'} | ${2999} | ${'error: 3 of requests.cpu when nim/a is at its largest'}
  ${'nim/a 1..2 x 1000m, nim/b 1..2 x 1000m'} | ${1999} | ${'error: 2 of requests.cpu at rest'}
  ${''}                                       | ${0}    | ${'fits'}
  ${'nim/a 0 x 1000m'}                        | ${0}    | ${'fits'}
`('$declared in $allowed m: $verdict', ({ declared, allowed, verdict }) => {
  const [found = 'fits', ...others] = judged(declared, allowed);
  expect(others).toEqual([]);
  expect(found.replace(/^(\w+) tenant-quota\n {2}nim needs (.*?) \([^]*$/, '$1: $2')).toBe(verdict);
});

test('the words of a refusal', () => {
  expect(judged('nim/a 2 x 3100m, nim/b 1..3 x 500m', 7000).join('\n')).toMatchInlineSnapshot(`
   error tenant-quota
     nim needs 7700m of requests.cpu when nim/b is at its largest (nim/a 6200m, nim/b 1500m); its quota allows 7, and what is beyond it is not made.
     Raise it to 7700m, or leave it out: it is derived then.
  `);
  expect(judged('nim/a 1..2 x 1000m, nim/b 1..2 x 1000m', 3000).join('\n')).toMatchInlineSnapshot(`
   warning tenant-quota
     nim needs 4 of requests.cpu when everything is at its largest at once (nim/a 2, nim/b 2); its quota allows 3, and what is beyond it is not made.
     Raise it to 4, or leave it out: it is derived then.
  `);
});

test.each`
  name                                                    | amount    | text
  ${'requests.cpu'}                                       | ${6200}   | ${'6200m'}
  ${'requests.cpu'}                                       | ${4000}   | ${'4'}
  ${'requests.memory'}                                    | ${22528}  | ${'22Gi'}
  ${'requests.memory'}                                    | ${512.01} | ${'513Mi'}
  ${'requests.storage'}                                   | ${0}      | ${'0Mi'}
  ${'fast.storageclass.storage.k8s.io/requests.storage'}  | ${2048}   | ${'2Gi'}
  ${'gpu.nvidia.com.deviceclass.resource.k8s.io/devices'} | ${2}      | ${'2'}
  ${'requests.nvidia.com/gpu'}                            | ${1000}   | ${'1000'}
`('$amount of $name is written $text', ({ name, amount, text }) => {
  expect(amountText(name, amount)).toBe(text);
});

test.each`
  device                                                  | name
  ${'nvidia.com/gpu'}                                     | ${'requests.nvidia.com/gpu'}
  ${'nvidia.com/mig-1g.10gb'}                             | ${'requests.nvidia.com/mig-1g.10gb'}
  ${'gpu.nvidia.com'}                                     | ${'gpu.nvidia.com.deviceclass.resource.k8s.io/devices'}
  ${'gpu.nvidia.com.deviceclass.resource.k8s.io/devices'} | ${'gpu.nvidia.com.deviceclass.resource.k8s.io/devices'}
`('a quota counts $device as $name', ({ device, name }) => {
  expect(deviceQuotaName(device)).toBe(name);
});
