import { NimRuntime } from '../../lib/runtime/nim/nim';
import { ServerContract, ServingRuntime } from '../../lib/runtime/serving-runtime';
import { SglangRuntime } from '../../lib/runtime/sglang/sglang';
import { Telemetry } from '../../lib/runtime/telemetry';
import { TgiRuntime } from '../../lib/runtime/tgi/tgi';
import { TritonRuntime } from '../../lib/runtime/triton/triton';
import { VllmRuntime, VllmRuntimeProps } from '../../lib/runtime/vllm/vllm';
import '../support/plain-text';
import { servingRequest } from '../support/serving-request';

const vllm = (version: string, settings: Partial<VllmRuntimeProps> = {}) =>
  new VllmRuntime({ image: `vllm/vllm-openai:v${version}`, ...settings });
const nim = (version: string) => new NimRuntime({ image: `nvcr.io/nim/meta/llama3-8b-instruct:${version}` as string });
const retriever = new NimRuntime({ image: 'nvcr.io/nim/nvidia/nv-embedqa-e5-v5:1.5.0' as string });
const sglang = (version: string) => new SglangRuntime({ image: `lmsysorg/sglang:v${version}` });
const tgi = new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.0.1' });
const triton = new TritonRuntime({ image: 'nvcr.io/nvidia/tritonserver:25.08-py3' });

const TELEMETRY: Telemetry = {
  tracing: {
    grpcEndpoint: 'http://collector.tracing:4317',
    httpEndpoint: 'http://collector.tracing:4318',
    samplingRatio: 0.05,
  },
  jsonLogs: true,
  serviceName: 'llama',
  serviceNamespace: 'nim',
  attributes: { 'service.version': '1.0,rc1' },
};

/** Arguments and variables that are there only because of telemetry. */
function told(runtime: ServingRuntime, telemetry: Telemetry = TELEMETRY): string {
  const lines = ({ args = [], env }: ServerContract) => [
    ...args.map((arg, at) =>
      arg.startsWith('--') && !args[at + 1]?.startsWith('--') ? `${arg} ${args[at + 1]}` : arg,
    ),
    ...env.map(({ name, value }) => `${name}=${value}`),
  ];
  const plain = new Set(lines(runtime.contract(servingRequest())));
  return lines(runtime.contract(servingRequest({ telemetry })))
    .filter((line) => (line.startsWith('--') || line.includes('=')) && !plain.has(line))
    .join('\n');
}

const warnings = (runtime: ServingRuntime, telemetry: Telemetry = TELEMETRY) =>
  (runtime.contract(servingRequest({ telemetry })).warnings ?? [])
    .filter(({ check }) => check === 'telemetry')
    .map(({ message }) => message);

describe('traces', () => {
  test('vLLM', () => {
    expect(told(vllm('0.20.2'), { ...TELEMETRY, jsonLogs: false })).toMatchInlineSnapshot(`
      --otlp-traces-endpoint http://collector.tracing:4317
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc
      OTEL_EXPORTER_OTLP_TRACES_INSECURE=true
      OTEL_SERVICE_NAME=llama
      OTEL_RESOURCE_ATTRIBUTES=service.namespace=nim,service.version=1.0%2Crc1
      OTEL_TRACES_SAMPLER=parentbased_traceidratio
      OTEL_TRACES_SAMPLER_ARG=0.05
    `);
  });

  test('vLLM before its image had what it takes', () => {
    expect(told(vllm('0.16.0'), { ...TELEMETRY, jsonLogs: false })).toBe('');
    expect(warnings(vllm('0.16.0'))).toEqual([
      "vLLM 0.16.0 sends no traces: its image lacks OpenTelemetry's packages before 0.17.0, and the server would end at its start.",
    ]);
  });

  test('what the runtime states wins', () => {
    const own = vllm('0.16.0', { otlpTracesEndpoint: 'http://mine:4317' });
    expect(warnings(own)).toEqual([]);
    expect(own.contract(servingRequest({ telemetry: TELEMETRY })).args).toContain('http://mine:4317');
  });

  test('NIM 1.x', () =>
    expect(told(nim('1.8.0'))).toMatchInlineSnapshot(`
      NIM_ENABLE_OTEL=1
      NIM_OTEL_SERVICE_NAME=llama
      NIM_OTEL_TRACES_EXPORTER=otlp
      NIM_OTEL_EXPORTER_OTLP_ENDPOINT=http://collector.tracing:4318
      OTEL_SERVICE_NAME=llama
      OTEL_RESOURCE_ATTRIBUTES=service.namespace=nim,service.version=1.0%2Crc1
      OTEL_TRACES_SAMPLER=parentbased_traceidratio
      OTEL_TRACES_SAMPLER_ARG=0.05
    `));
  test('NIM 2.x', () =>
    expect(told(nim('2.0.4'))).toMatchInlineSnapshot(`
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://collector.tracing:4317
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc
      OTEL_EXPORTER_OTLP_TRACES_INSECURE=true
      OTEL_SERVICE_NAME=llama
      OTEL_RESOURCE_ATTRIBUTES=service.namespace=nim,service.version=1.0%2Crc1
      OTEL_TRACES_SAMPLER=parentbased_traceidratio
      OTEL_TRACES_SAMPLER_ARG=0.05
    `));
  test('NeMo Retriever', () =>
    expect(told(retriever)).toMatchInlineSnapshot(`
      NIM_ENABLE_OTEL=1
      NIM_OTEL_SERVICE_NAME=llama
      NIM_OTEL_TRACES_EXPORTER=otlp
      NIM_OTEL_EXPORTER_OTLP_ENDPOINT=http://collector.tracing:4318
      OTEL_SERVICE_NAME=llama
      OTEL_RESOURCE_ATTRIBUTES=service.namespace=nim,service.version=1.0%2Crc1
      OTEL_TRACES_SAMPLER=parentbased_traceidratio
      OTEL_TRACES_SAMPLER_ARG=0.05
      TRITON_OTEL_URL=http://collector.tracing:4318/v1/traces
      TRITON_OTEL_RATE=20
    `));
  test('SGLang', () =>
    expect(told(sglang('0.5.23'))).toMatchInlineSnapshot(`
      --otlp-traces-endpoint collector.tracing:4317
      --enable-trace
      --otlp-service-name llama
      OTEL_SERVICE_NAME=llama
      OTEL_RESOURCE_ATTRIBUTES=service.namespace=nim,service.version=1.0%2Crc1
      OTEL_TRACES_SAMPLER=parentbased_traceidratio
      OTEL_TRACES_SAMPLER_ARG=0.05
    `));
  test('SGLang, before it could be told its name', () => expect(told(sglang('0.5.10'))).not.toContain('service-name'));
  test('Triton', () =>
    expect(told(triton)).toMatchInlineSnapshot(`
      --trace-config=mode=opentelemetry
      --trace-config=opentelemetry,url=http://collector.tracing:4318/v1/traces
      --trace-config=opentelemetry,resource=service.name=llama
      --trace-config=opentelemetry,resource=service.namespace=nim
      --trace-config=opentelemetry,resource=service.version=1.0,rc1
      --trace-config=rate=20
      --trace-config=level=TIMESTAMPS
    `));
  test('TGI', () =>
    expect(told(tgi)).toMatchInlineSnapshot(`
      OTLP_ENDPOINT=http://collector.tracing:4317
      OTLP_SERVICE_NAME=llama
    `));

  test.each`
    server         | runtime
    ${'NIM 1.8.0'} | ${nim('1.8.0')}
    ${'NIM 1.5.0'} | ${retriever}
    ${'Triton'}    | ${triton}
  `('$server speaks HTTP only', ({ server, runtime }) => {
    const telemetry = { ...TELEMETRY, tracing: { grpcEndpoint: 'http://collector.tracing:4317' } };
    expect(warnings(runtime)).toEqual([]);
    expect(told(runtime, telemetry)).toBe('');
    expect(warnings(runtime, telemetry)).toEqual([
      `${server} sends traces by OTLP over HTTP only, and tracing names no httpEndpoint: it sends none.`,
    ]);
  });

  test('SGLang that cannot', () => {
    expect(told(sglang('0.4.6'))).not.toContain('--');
    expect(warnings(sglang('0.4.6'))).toEqual([
      'SGLang 0.4.6 sends no traces: --otlp-traces-endpoint exists from 0.5.4.post3 on.',
    ]);
  });

  test('SGLang to a collector with TLS, which it cannot speak', () => {
    const tls = { ...TELEMETRY, tracing: { grpcEndpoint: 'https://collector.tracing:4317' } };
    expect(told(sglang('0.5.23'), tls)).not.toContain('--');
    expect(warnings(sglang('0.5.23'), tls)).toEqual([
      'SGLang speaks to a collector without TLS only, and tracing.grpcEndpoint is https://collector.tracing:4317: it sends no traces.',
    ]);
    const own = new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.23', otlpTracesEndpoint: 'collector:4317' });
    expect(told(own, tls)).toContain('OTEL_SERVICE_NAME=llama');
    expect(warnings(own, tls)).toEqual([]);
  });

  test('TGI that cannot sample', () => {
    expect(warnings(tgi)).toEqual(['TGI traces every request, whatever tracing.samplingRatio says (0.05).']);
  });
});

describe('logs', () => {
  const JSON_ONLY: Telemetry = { ...TELEMETRY, tracing: undefined };
  const config = (runtime: ServingRuntime) => {
    const [file] = runtime.contract(servingRequest({ telemetry: JSON_ONLY })).files ?? [];
    return file && JSON.parse(file.content);
  };

  test('vLLM is told by a file', () => {
    expect(told(vllm('0.20.2'), JSON_ONLY)).toMatchInlineSnapshot(`
      --disable-uvicorn-access-log
      --log-config-file /etc/vllm/logging.json
      VLLM_LOGGING_CONFIG_PATH=/etc/vllm/logging.json
    `);
    expect(config(vllm('0.20.2')).formatters).toMatchInlineSnapshot(`
      {
        json: {
          (): pythonjsonlogger.jsonlogger.JsonFormatter,
          datefmt: %Y-%m-%dT%H:%M:%S%z,
          fmt: %(asctime)s %(levelname)s %(name)s %(processName)s %(message)s,
          rename_fields: {
            asctime: time,
            levelname: level,
            name: logger,
            processName: process,
          },
          static_fields: {
            service.name: llama,
            service.namespace: nim,
          },
        },
      }
    `);
  });

  test.each`
    accessLog    | flag     | filters
    ${undefined} | ${true}  | ${undefined}
    ${'none'}    | ${true}  | ${undefined}
    ${'all'}     | ${false} | ${undefined}
    ${'clients'} | ${false} | ${['clients']}
  `('the access log of $accessLog', ({ accessLog, flag, filters }) => {
    const server = vllm('0.20.2', { accessLog });
    const { args } = server.contract(servingRequest({ telemetry: JSON_ONLY }));
    expect(args!.includes('--disable-uvicorn-access-log')).toBe(flag);
    expect(config(server).loggers['uvicorn.access'].filters).toEqual(filters);
  });

  test('the level of the runtime is that of the file', () => {
    expect(config(vllm('0.20.2', { logLevel: 'DEBUG' })).loggers.vllm.level).toBe('DEBUG');
  });

  test('a vLLM that may lack the formatter writes as before', () => {
    expect(told(vllm('0.8.5'), JSON_ONLY)).toBe('');
    expect(config(vllm('0.8.5'))).toBeUndefined();
  });
});

test.each(
  Object.entries({
    vllm: vllm('0.20.2'),
    sglang: sglang('0.5.23'),
    triton,
    tgi,
    nim1: nim('1.8.0'),
    nim2: nim('2.0.4'),
  }),
)('%s writes no prompts to its log', (_, runtime) => {
  const { args = [], env } = runtime.contract(servingRequest({ telemetry: TELEMETRY }));
  expect([...args, ...env.map(({ name }) => name)].join(' ')).not.toMatch(
    /--(enable-log-requests|log-requests|enable-log-outputs)|NIM_DISABLE_LOG_REQUESTS|LOG_VERBOSE/,
  );
});

test('a vLLM that logs requests by itself is told not to', () => {
  expect(vllm('0.8.5').contract(servingRequest({ telemetry: TELEMETRY })).args).toContain('--disable-log-requests');
});
