import { couldBeSecret, looksRandom, promisesSecret, tokenIssuer } from '../../lib/checks/secret-text';
import { TOKENS } from '../support/tokens';

test.each(Object.entries(TOKENS))('a token of %s', (issuer, token) => {
  expect(tokenIssuer(token)).toBe(issuer);
  expect(tokenIssuer(`--flag=${token}`)).toBe(issuer);
  expect(tokenIssuer(`first line\n  key: "${token}" # last`)).toBe(issuer);
});

/** What stands in manifests and must not be taken for a secret. */
test.each([
  'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0',
  `vllm/vllm-openai@sha256:${'0123456789abcdef'.repeat(4)}`,
  'meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8',
  'Qwen/Qwen2.5-72B-Instruct-GPTQ-Int4',
  'deepseek-ai/DeepSeek-R1-Distill-Qwen-32B',
  'Qwen2VLForConditionalGeneration',
  'e9a4e6d2c3b84f5fa7d0c1b2a3948576fedcba98',
  '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
  'projects/platform/secrets/ngc/versions/3',
  '/home/nonroot/.cache/huggingface/token',
  'https://huggingface.co/api/models/meta-llama/Meta-Llama-3-8B',
  'http://prometheus.monitoring.svc:9090/api/v1/query',
  '{"tensor_parallel_size": 2, "architectures": ["LlamaForCausalLM"]}',
  'user@example.com:8080',
  '$(NGC_API_KEY)',
  'sk-learn',
  'Authorization: Bearer $(NGC_API_KEY)',
  'Bearer authentication of clients',
  'hf_transfer',
  '<|start_header_id|>assistant<|end_header_id|>',
  'AVeryLongClassNameWithoutAnyDigitInItAtAll',
])('%s is no secret', (text) => {
  expect(tokenIssuer(text)).toBeUndefined();
  expect(looksRandom(text)).toBe(false);
});

test.each([
  ['an old key of NGC', 'cDFh' + 'OGR1c2ZqNHZxM2tmbnV0N2VqYmhkNWc6M2Q0YTBhZjEtMjk0Zi00ZjA1LTk3'],
  ['a key of AWS', 'wJalr9Xb' + 'tnF2EMI7K7MDENGbPxRfiCY4EXAMPLEk'],
  ['a key of Azure', 'Eby8vdM02xNO' + 'cqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='],
])('%s looks random', (_, text) => {
  expect(looksRandom(text)).toBe(true);
});

test.each`
  name                          | promises
  ${'NGC_API_KEY'}              | ${true}
  ${'api-key'}                  | ${true}
  ${'apiKey'}                   | ${true}
  ${'--api-key'}                | ${true}
  ${'DB_PASSWORD'}              | ${true}
  ${'client.secret'}            | ${true}
  ${'hfToken'}                  | ${true}
  ${'AWS_SECRET_ACCESS_KEY'}    | ${true}
  ${'storage-account-key'}      | ${true}
  ${'SIGNING_KEY'}              | ${true}
  ${'SMTP_PASS'}                | ${true}
  ${'MYSQL_PWD'}                | ${true}
  ${'BASIC_AUTH'}               | ${true}
  ${'HF_TOKEN_PATH'}            | ${false}
  ${'SECRET_NAME'}              | ${false}
  ${'--max-num-batched-tokens'} | ${false}
  ${'--tokenizer'}              | ${false}
  ${'TOKENIZERS_PARALLELISM'}   | ${false}
  ${'CACHE_KEY'}                | ${false}
  ${'monkey'}                   | ${false}
  ${'compass'}                  | ${false}
`('$name promises a secret: $promises', ({ name, promises }) => {
  expect(promisesSecret(name)).toBe(promises);
});

test.each`
  value                    | could
  ${'vg-7d1f0a52'}         | ${true}
  ${'hunter2hunter2'}      | ${true}
  ${'EMPTY'}               | ${false}
  ${'placeholder'}         | ${false}
  ${'short1'}              | ${false}
  ${'/var/run/secrets/x'}  | ${false}
  ${'$(NGC_API_KEY)'}      | ${false}
  ${'<|eot_id|>'}          | ${false}
  ${'https://issuer/keys'} | ${false}
`('$value could be one: $could', ({ value, could }) => {
  expect(couldBeSecret(value)).toBe(could);
});
