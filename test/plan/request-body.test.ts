import { largestRequestMib } from '../../lib/plan/request-body';

const NGINX_DEFAULT_MIB = 1;
const seeing = (tokensPerImage?: number) => ({ maxModelLen: 131_072, vision: { parameters: 6e8, tokensPerImage } });

test.each`
  what                         | model                                      | maxModelLen  | mebibytes
  ${'a short context'}         | ${{ maxModelLen: 8192 }}                   | ${undefined} | ${2}
  ${'a limit below the model'} | ${{ maxModelLen: 131_072 }}                | ${8192}      | ${2}
  ${'128 k tokens'}            | ${{ maxModelLen: 131_072 }}                | ${undefined} | ${4}
  ${'a million tokens'}        | ${{ maxModelLen: 1_000_000 }}              | ${undefined} | ${24}
  ${'vectors of a batch'}      | ${{ maxModelLen: 512, task: 'embedding' }} | ${undefined} | ${4}
  ${'one image that fits'}     | ${seeing(6404)}                            | ${8192}      | ${13}
  ${'as many images as fit'}   | ${seeing(6404)}                            | ${32_768}    | ${57}
  ${'no more than eight'}      | ${seeing(1000)}                            | ${undefined} | ${92}
  ${'images of no known size'} | ${seeing()}                                | ${8192}      | ${90}
  ${'nothing known'}           | ${undefined}                               | ${undefined} | ${32}
  ${'a number that is none'}   | ${undefined}                               | ${NaN}       | ${32}
`('$what: $mebibytes MiB', ({ model, maxModelLen, mebibytes }) => {
  const largest = largestRequestMib({ model, maxModelLen });
  expect(largest).toBe(mebibytes);
  expect(largest).toBeGreaterThan(NGINX_DEFAULT_MIB);
});
