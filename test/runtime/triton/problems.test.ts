import { TritonEnsemble, TritonModel, TritonRuntime, TritonRuntimeProps } from '../../../lib';
import { refusalOf } from '../../support/messages';
import { EMBEDDING, ENSEMBLE, LLAMA, VLLM } from './examples';

const REPOSITORY = 'nvcr.io/nvidia/tritonserver';
const PY3 = `${REPOSITORY}:25.08-py3`;
const TRTLLM = `${REPOSITORY}:25.08-trtllm-python-py3`;
const VLLM_IMAGE = `${REPOSITORY}:25.08-vllm-python-py3`;

/** Each problem in one line, without who told it. */
const told = (props: TritonRuntimeProps): string =>
  refusalOf(() => new TritonRuntime(props))
    .replaceAll(`TritonRuntime ${props.image}: runtime-setting\n`, '')
    .replaceAll(`TritonRuntime ${props.image}: `, '')
    .replace(/^ +/gm, '');

describe('an image without what a model needs', () => {
  test.each`
    image                            | model           | message
    ${`${REPOSITORY}:25.08-py3`}     | ${LLAMA}        | ${"The model tensorrt_llm needs the backend tensorrtllm, and an image -py3 has onnxruntime, tensorrt, pytorch, openvino, python, dali, fil.\nUse an image whose tag ends in -trtllm-python-py3, or one of your own with backends: ['tensorrtllm', …]."}
    ${TRTLLM}                        | ${VLLM}         | ${"The model llama needs the backend vllm, and an image -trtllm-python-py3 has tensorrtllm, python.\nUse an image whose tag ends in -vllm-python-py3, or one of your own with backends: ['vllm', …]."}
    ${VLLM_IMAGE}                    | ${ENSEMBLE[1]!} | ${"The model classifier needs the backend onnxruntime, and an image -vllm-python-py3 has vllm, python.\nUse an image whose tag ends in -py3, or one of your own with backends: ['onnxruntime', …]."}
    ${`${REPOSITORY}:25.08-py3-min`} | ${ENSEMBLE[0]!} | ${"The model preprocess needs the backend python, and an image -py3-min has none.\nUse an image whose tag ends in -trtllm-python-py3 or -vllm-python-py3 or -py3, or one of your own with backends: ['python', …]."}
  `('$image and $model.name', ({ image, model, message }) => {
    expect(told({ image, models: [model] })).toBe(message);
  });

  test('an image of your own has what you say, or anything when you say nothing', () => {
    const image = 'registry.example.com/triton:25.08-ours';
    new TritonRuntime({ image, models: [LLAMA] });
    expect(told({ image, backends: ['python'], models: [LLAMA] })).toContain('and backends has python.');
  });
});

describe('a release that nobody can tell', () => {
  test.each`
    image                        | version      | message
    ${`${REPOSITORY}:latest`}    | ${undefined} | ${"runtime-version\n\"latest\" says no version of Triton, and flags differ by version.\nUse a version tag such as :25.08, or state the version beside a digest: { image: '…@sha256:…', version: '25.08' }."}
    ${`${REPOSITORY}:25.08-py3`} | ${'25.07'}   | ${'runtime-version\nThe tag says 25.08, but version says "25.07".\nRemove version: the tag says it.'}
  `('$image, version $version', ({ image, version, message }) => {
    expect(told({ image, version })).toBe(message);
  });

  test('TensorRT-LLM before its tensors had these names', () => {
    expect(told({ image: `${REPOSITORY}:25.01-trtllm-python-py3`, models: [LLAMA] })).toBe(
      'runtime-version\nThe tensors of tensorrt_llm are those of TensorRT-LLM 0.20, which is in Triton from 25.06 on; the image is 25.01.\n' +
        'Use a newer image, or leave models out and bring the whole repository as the artifact.',
    );
  });
});

describe('an ensemble that Triton would refuse after it has loaded every member', () => {
  const base = ENSEMBLE[3] as TritonEnsemble;
  const ensemble = (edits: Partial<TritonEnsemble>, at = 1, edit: Partial<TritonModel> = {}) =>
    told({
      image: PY3,
      models: [
        ...ENSEMBLE.slice(0, 3).map((model, index) => (index === at ? ({ ...model, ...edit } as TritonModel) : model)),
        { ...base, ...edits },
      ],
    });
  const [first, second, third] = base.steps as [
    TritonEnsemble['steps'][0],
    TritonEnsemble['steps'][0],
    TritonEnsemble['steps'][0],
  ];

  test('the example is none of them', () => {
    new TritonRuntime({ image: PY3, models: ENSEMBLE });
  });

  test.each`
    mistake                                | edits                                                                                                                                                                               | message
    ${'a member that is not there'}        | ${{ steps: [{ ...first, model: 'tokenize' }, second, third] }}                                                                                                                      | ${'Ensemble sentiment: the step tokenize is no model of this server.\nAdd it to models, or use one of preprocess, classifier, postprocess, sentiment.'}
    ${'an input that the member has not'}  | ${{ steps: [first, { ...second, inputMap: { ...second.inputMap, ids: 'ids' } }, third] }}                                                                                           | ${'Ensemble sentiment: the model classifier has no input ids.\nUse one of input_ids, attention_mask.'}
    ${'an output that the member has not'} | ${{ steps: [first, { ...second, outputMap: { scores: 'logits' } }, third] }}                                                                                                        | ${'Ensemble sentiment: the model classifier has no output scores.\nUse one of logits.'}
    ${'an input without a tensor'}         | ${{ steps: [first, { ...second, inputMap: { input_ids: 'ids' } }, third] }}                                                                                                         | ${'Ensemble sentiment: the input attention_mask of classifier gets no tensor.\nAdd attention_mask to inputMap of that step.'}
    ${'a tensor that nothing makes'}       | ${{ steps: [first, second, { ...third, inputMap: { logits: 'scores' } }] }}                                                                                                         | ${'Ensemble sentiment: the step postprocess wants the tensor scores, which nothing makes.\nAdd scores to the inputs, or to an outputMap.'}
    ${'a tensor that is made twice'}       | ${{ steps: [first, { ...second, outputMap: { logits: 'ids' } }, { ...third, inputMap: { logits: 'ids' } }] }}                                                                       | ${'Ensemble sentiment: the tensor ids is TYPE_INT64 [-1, -1] by preprocess, and TYPE_FP32 [-1, 3] by classifier.\nMake the two agree, or map another tensor.\nEnsemble sentiment: the tensor ids is TYPE_INT64 [-1, -1] by preprocess, and TYPE_FP32 [-1, -1] by postprocess.\nMake the two agree, or map another tensor.\nEnsemble sentiment: the tensor ids is made more than once.\nGive each output a tensor of its own.'}
    ${'another type'}                      | ${{ outputs: [{ name: 'label', dataType: 'TYPE_INT32', dims: [1] }] }}                                                                                                              | ${'Ensemble sentiment: the tensor label is TYPE_INT32 [-1, 1] by sentiment, and TYPE_STRING [-1, 1] by postprocess.\nMake the two agree, or map another tensor.'}
    ${'another shape'}                     | ${{ outputs: [{ name: 'label', dataType: 'TYPE_STRING', dims: [2] }] }}                                                                                                             | ${'Ensemble sentiment: the tensor label is TYPE_STRING [-1, 2] by sentiment, and TYPE_STRING [-1, 1] by postprocess.\nMake the two agree, or map another tensor.'}
    ${'a larger batch than a member'}      | ${{ maxBatchSize: 64 }}                                                                                                                                                             | ${['preprocess', 'classifier', 'postprocess'].map((step) => `Ensemble sentiment: it takes batches of 64, but its step ${step} takes 32.\nLower maxBatchSize of sentiment to 32, or raise that of ${step}.`).join('\n')}
    ${'a circle'}                          | ${{ steps: [{ ...first, inputMap: { text: 'label2' } }, second, { ...third, outputMap: { label: 'label2' } }], outputs: [{ name: 'label2', dataType: 'TYPE_STRING', dims: [1] }] }} | ${"Ensemble sentiment: the steps preprocess, classifier, postprocess wait for each other's outputs.\nBreak the circle."}
    ${'itself as a step'}                  | ${{ steps: [first, second, third, { model: 'sentiment', inputMap: { text: 'text' }, outputMap: { label: 'again' } }] }}                                                             | ${'Ensemble sentiment: it contains itself.\nRemove the step that leads back to it.'}
  `('$mistake', ({ edits, message }) => {
    expect(ensemble(edits)).toBe(message);
  });

  test.each`
    dims       | maxBatchSize | fits
    ${[3]}     | ${32}        | ${true}
    ${[-1]}    | ${32}        | ${true}
    ${[-1, 3]} | ${0}         | ${true}
    ${[4]}     | ${32}        | ${false}
    ${[3]}     | ${0}         | ${true}
    ${[3, 1]}  | ${32}        | ${false}
  `(
    'logits of [3] in a batch go into a model of $dims with batches of $maxBatchSize: $fits',
    ({ dims, maxBatchSize, fits }) => {
      const models = ENSEMBLE.map((model) =>
        model.name === 'postprocess'
          ? ({
              ...model,
              maxBatchSize,
              inputs: [{ name: 'logits', dataType: 'TYPE_FP32', dims }],
              outputs: [{ name: 'label', dataType: 'TYPE_STRING', dims: maxBatchSize === 0 ? [-1, 1] : [1] }],
            } as TritonModel)
          : model,
      );
      const made = () => new TritonRuntime({ image: PY3, models });
      if (fits) made();
      else expect(refusalOf(made)).toContain('the tensor logits is TYPE_FP32 [-1, 3] by classifier, and TYPE_FP32');
    },
  );

  test('a TensorRT-LLM engine is a step like others; what a request may leave out needs no tensor', () => {
    const models: readonly TritonModel[] = [
      LLAMA,
      {
        name: 'ensemble',
        platform: 'ensemble',
        maxBatchSize: 64,
        inputs: [
          { name: 'ids', dataType: 'TYPE_INT32', dims: [-1] },
          { name: 'length', dataType: 'TYPE_INT32', dims: [1] },
          { name: 'max_tokens', dataType: 'TYPE_INT32', dims: [1] },
        ],
        outputs: [{ name: 'tokens', dataType: 'TYPE_INT32', dims: [-1, -1] }],
        steps: [
          {
            model: 'tensorrt_llm',
            inputMap: { input_ids: 'ids', input_lengths: 'length', request_output_len: 'max_tokens' },
            outputMap: { output_ids: 'tokens' },
          },
        ],
      },
    ];
    new TritonRuntime({ image: TRTLLM, models });
  });
});

describe('a model that cannot be', () => {
  test.each`
    edits                                                                           | message
    ${{ name: '../etc' }}                                                           | ${'"../etc" is no name for a model: it is a folder, and part of the path that clients call.\nUse letters, digits, "_", "." and "-", beginning with a letter or digit, at most 63.'}
    ${{ inputs: [] }}                                                               | ${'The model embed has no inputs.\nState its inputs: the file is not asked for them.'}
    ${{ folder: '../other' }}                                                       | ${'folder of embed is "../other".\nUse a path below the artifact, such as models/embed/1.'}
    ${{ folder: "a'; rm -rf /" }}                                                   | ${'folder of embed is "a\'; rm -rf /".\nUse a path below the artifact, such as models/embed/1.'}
    ${{ outputs: [{ name: 'x', dataType: 'FP32', dims: [1] }] }}                    | ${'dataType of x of embed is FP32.\nUse TYPE_BOOL, TYPE_UINT8, TYPE_UINT16, TYPE_UINT32, TYPE_UINT64, TYPE_INT8, TYPE_INT16, TYPE_INT32, TYPE_INT64, TYPE_FP16, TYPE_FP32, TYPE_FP64, TYPE_STRING, TYPE_BF16.'}
    ${{ outputs: [{ name: 'x', dataType: 'TYPE_FP32', dims: [0] }] }}               | ${'dims of x of embed is [0].\nState one size or more, whole numbers above 0, or -1 for any; a bare value is dims [1] with reshape [].'}
    ${{ outputs: [{ name: 'x', dataType: 'TYPE_FP32', dims: [4], reshape: [2] }] }} | ${'reshape of x of embed is [2], which has not as many elements as dims [4].\nUse a shape of as many elements.'}
    ${{ maxBatchSize: 0, dynamicBatching: {} }}                                     | ${'embed puts requests together, but takes no batches.\nSet maxBatchSize, or remove dynamicBatching.'}
    ${{ dynamicBatching: { preferredBatchSize: [128] } }}                           | ${'numbers\nA preferred batch size of embed is 128.\nUse a whole number, from 1 to 64.'}
    ${{ dynamicBatching: { priorityLevels: 2 } }}                                   | ${'embed has 2 priorities and no default.\nSet defaultPriorityLevel, from 1 to 2.'}
    ${{ instanceGroups: [{ kind: 'KIND_CPU', gpus: [0] }] }}                        | ${'An instance group of embed is KIND_CPU and names GPUs.\nRemove gpus, or use KIND_GPU.'}
    ${{ backend: 'tensorrt', instanceGroups: [{ kind: 'KIND_CPU' }] }}              | ${'embed is a TensorRT plan on a CPU.\nUse KIND_GPU.'}
    ${{ firstResponseBuckets: [500, 100] }}                                         | ${'firstResponseBuckets of embed is [500, 100].\nUse rising numbers above 0.\nembed has buckets for a histogram that is off.\nSet metrics.histogramLatencies.\nembed sends one answer to a request, and Triton measures the first answer of models that stream.\nSet decoupled, or remove firstResponseBuckets.'}
    ${{ decoupled: true }}                                                          | ${'embed is decoupled and has a response cache; Triton has no cache for such.\nRemove one of them.'}
  `('$edits', ({ edits, message }) => {
    expect(told({ image: PY3, responseCacheMib: 64, models: [{ ...EMBEDDING, ...edits }] })).toBe(message);
  });

  test.each`
    edits                                                     | message
    ${{ maxBeamWidth: 4 }}                                    | ${'maxBeamWidth of tensorrt_llm is 4; the engine was built for 1.\nLower it, or build the engine with a larger --max_beam_width and state engine.maxBeamWidth.'}
    ${{ kvCacheFreeGpuMemFraction: 90 }}                      | ${'kvCacheFreeGpuMemFraction of tensorrt_llm is 90.\nUse a share above 0 and at most 1.'}
    ${{ batchingStrategy: 'V1', enableChunkedContext: true }} | ${"tensorrt_llm cuts prompts in chunks, which needs in-flight batching.\nRemove batchingStrategy: 'V1'."}
    ${{ guidedDecodingBackend: 'xgrammar' }}                  | ${'tensorrt_llm guides answers with xgrammar and knows nothing of the tokenizer.\nState xgrammarTokenizerInfoPath: the JSON file that generate_xgrammar_tokenizer_info.py writes.'}
    ${{ parameters: { gpt_model_path: '/engine' } }}          | ${'parameters of tensorrt_llm has gpt_model_path, which has a setting of its own.\nState the setting instead.'}
    ${{ engineDir: '/engine' }}                               | ${'engineDir of tensorrt_llm is "/engine".\nUse a path below the artifact, such as models/embed/1.'}
  `('an engine with $edits', ({ edits, message }) => {
    expect(told({ image: TRTLLM, models: [{ ...LLAMA, ...edits }] })).toBe(message);
  });

  test.each`
    edits                                          | message
    ${{ engineArgs: { tensor_parallel_size: 2 } }} | ${'engineArgs of llama has tensor_parallel_size, which the library sets.\nState tensorParallelSize instead.'}
    ${{ engineArgs: { '--enforce-eager': true } }} | ${'engineArgs of llama has "--enforce-eager", which is no engine argument.\nUse vLLM\'s own names with "_", such as enable_prefix_caching.'}
    ${{ gpuMemoryUtilization: 0 }}                 | ${'gpuMemoryUtilization of llama is 0.\nUse a share above 0 and at most 1.'}
  `('vLLM with $edits', ({ edits, message }) => {
    expect(told({ image: VLLM_IMAGE, models: [{ ...VLLM, ...edits }] })).toBe(message);
  });

  test('two of one name, and a cache that only one side knows of', () => {
    expect(told({ image: PY3, models: [EMBEDDING, EMBEDDING] })).toBe(
      'Two models are called embed.\nGive each a name of its own.\n' +
        'A model has responseCache, but the server keeps no cache.\nSet responseCacheMib of the runtime.',
    );
    expect(told({ image: PY3, responseCacheMib: 64, models: ENSEMBLE })).toBe(
      'The server keeps a response cache that no model uses.\nSet responseCache of a model, or remove it.',
    );
  });
});

describe('a setting that cannot be', () => {
  test.each`
    settings                                                            | message
    ${{ modelControlMode: 'poll' }}                                     | ${"modelControlMode is 'poll': Triton may see a repository half copied, and serves what no review has seen.\nUse 'none', and bring a new model as a new artifact: it is then rolled out, and rolled back, like everything else."}
    ${{ modelControlMode: 'all' }}                                      | ${"modelControlMode is \"all\".\nUse 'none' or 'explicit'."}
    ${{ loadModels: ['embed'] }}                                        | ${"loadModels is read in explicit mode only; Triton would load all models.\nSet modelControlMode: 'explicit'."}
    ${{ modelControlMode: 'explicit', loadModels: ['x'] }}              | ${'loadModels has "x", which is no model of this server.\nUse a name of models.'}
    ${{ metrics: { summaryQuantiles: 'p95', summaryLatencies: true } }} | ${'metrics.summaryQuantiles is "p95".\nWrite quantile:error, such as \'0.5:0.05,0.95:0.001\'.'}
    ${{ metrics: { summaryQuantiles: '0.5:0.05' } }}                    | ${'metrics.summaryQuantiles is of no use without summaries.\nSet metrics.summaryLatencies.'}
    ${{ backendConfig: { python: { a: '$(X)' } } }}                     | ${"backendConfig of \"python\" is no list of names and values.\nWrite { python: { 'shm-default-byte-size': '1048576' } }."}
    ${{ env: { HF_HOME: '/x' } }}                                       | ${'duplicate-environment\nenv.HF_HOME is a variable that the library sets from cachePath.\nState cachePath instead.'}
    ${{ models: [] }}                                                   | ${'models is empty.\nName the models, or leave models out and bring the whole repository as the artifact.'}
  `('$settings', ({ settings, message }) => {
    expect(
      told({ image: PY3, responseCacheMib: settings.models ? undefined : 64, models: [EMBEDDING], ...settings }),
    ).toBe(message);
  });
});
