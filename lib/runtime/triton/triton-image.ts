import { Problem } from '../../problem/problem';
import { ImageReference } from '../image-reference';
import { called } from './triton-model';

/** What NVIDIA's images are built for. */
interface Variant {
  /** How the tag ends. */
  readonly suffix: RegExp;
  /** What a reader calls it. */
  readonly words: string;
  readonly backends: readonly string[];
  readonly source: string;
}

/** The backends of NVIDIA's images by the end of the tag, the first that fits. Ensembles are part of the server itself. */
const VARIANTS: readonly Variant[] = [
  {
    suffix: /-trtllm-python-py3$/,
    words: '-trtllm-python-py3',
    backends: ['tensorrtllm', 'python'],
    source: 'triton-inference-server/tensorrtllm_backend#401',
  },
  {
    suffix: /-vllm-python-py3$/,
    words: '-vllm-python-py3',
    backends: ['vllm', 'python'],
    source: 'triton-inference-server/vllm_backend README.md',
  },
  {
    suffix: /-py3-min$/,
    words: '-py3-min',
    backends: [],
    source: 'triton-inference-server/server docs/customization_guide/compose.md: the base of custom images',
  },
  {
    suffix: /-py3$/,
    words: '-py3',
    backends: ['onnxruntime', 'tensorrt', 'pytorch', 'openvino', 'python', 'dali', 'fil'],
    source: 'triton-inference-server/backend README.md, and the release notes of 25.04',
  },
];

const variantOf = (image: ImageReference): Variant | undefined =>
  VARIANTS.find(({ suffix }) => suffix.test(image.tag ?? ''));

/** What an image can run: what its tag says, or what the user stated; undefined when neither says anything. */
export const backendsOf = (image: ImageReference, stated?: readonly string[]): readonly string[] | undefined =>
  stated ?? variantOf(image)?.backends;

/** Problems of an image that lacks what a model needs. */
export function backendProblems(
  image: ImageReference,
  stated: readonly string[] | undefined,
  model: { readonly name: string; readonly backend: string },
): Problem[] {
  const present = backendsOf(image, stated);
  if (model.backend === 'ensemble' || present === undefined || present.includes(model.backend)) return [];
  const variant = stated === undefined ? variantOf(image)! : undefined;
  const others = VARIANTS.filter(({ backends }) => backends.includes(model.backend)).map(({ words }) => words);
  return [
    {
      check: 'runtime-setting',
      message: `The model ${called(model.name)} needs the backend ${model.backend}, and ${variant ? `an image ${variant.words}` : 'backends'} has ${present.join(', ') || 'none'}.`,
      remedy:
        others.length > 0
          ? `Use an image whose tag ends in ${others.join(' or ')}, or one of your own with backends: ['${model.backend}', …].`
          : `Use an image of your own with backends: ['${model.backend}', …].`,
    },
  ];
}

/**
 * vLLM inside NVIDIA's images, newest first. 24.12 by its release notes, 25.04 as it was seen in the image; the others are
 * unverified.
 */
export const VLLM_VERSIONS: readonly (readonly [since: [number, number, number], vllm: string])[] = [
  [[25, 12, 0], '0.11.1'],
  [[25, 10, 0], '0.10.2'],
  [[25, 9, 0], '0.10.1.1'],
  [[25, 8, 0], '0.9.2'],
  [[25, 6, 0], '0.9.0.1'],
  [[25, 4, 0], '0.8.1'],
  [[25, 3, 0], '0.7.3'],
  [[25, 1, 0], '0.6.3.post1'],
  [[0, 0, 0], '0.5.5'],
];

/**
 * TensorRT-LLM inside NVIDIA's images, newest first.
 * Source: the release compatibility matrix of Triton's user guide, 24.06 to 25.12.
 */
export const TENSORRT_LLM_VERSIONS: readonly (readonly [since: [number, number, number], version: string])[] = [
  [[25, 12, 0], '1.1.0'],
  [[25, 11, 0], '1.0.3'],
  [[25, 9, 0], '1.0.0'],
  [[25, 8, 0], '0.21.0'],
  [[25, 6, 0], '0.20.0'],
  [[25, 1, 0], '0.17.0'],
  [[24, 12, 0], '0.16.0'],
  [[24, 11, 0], '0.15.0'],
  [[24, 10, 0], '0.14.0'],
  [[24, 9, 0], '0.13.0'],
  [[24, 8, 0], '0.12.0'],
  [[0, 0, 0], '0.11.0'],
];
