import { ServerFile, ServingRequest } from '../serving-runtime';
import { configPbtxt, inArtifact } from './config-pbtxt';
import { isFileModel, isVllm, TritonModel } from './triton-model';
import { modelJson, multiLoraJson } from './vllm-backend';

/** Where the repository is put together when the pod starts; a volume of its own, because the artifact is read-only. */
export const REPOSITORY_PATH = '/model-repository';
/** Where the configuration files arrive. */
export const CONFIG_PATH = '/etc/triton';

/** A model repository of which one half is an artifact and the other comes from Git. */
export interface ModelRepository {
  readonly files: readonly ServerFile[];
  /** Puts the two together, line by line, before the server starts. */
  readonly script: string;
}

/**
 * The repository of typed models.
 *
 * Triton wants each model whole in one folder: `config.pbtxt` beside a numbered folder for each version, which must be
 * there even when it is empty (core, src/model_lifecycle.cc: "at least one version must be available"). Neither half can be
 * mounted into the other: an artifact may be a read-only volume or part of the image. So a folder of links is made, which
 * Triton follows, because it asks with access, stat and opendir (core, src/filesystem/implementations/local.h). The folder
 * outlives the container, so a second start finds the links and makes them anew.
 */
export function modelRepository(models: readonly TritonModel[], request: ServingRequest): ModelRepository {
  const artifactPath = request.weights.kind === 'local' ? request.weights.path : (request.cachePath ?? '/');
  const files: ServerFile[] = [];
  const lines: string[] = [];
  for (const model of models) {
    const folder = `${REPOSITORY_PATH}/${model.name}`;
    const link = (name: string, content: string | undefined) => {
      if (content === undefined) return;
      const path = `${CONFIG_PATH}/${model.name}/${name}`;
      files.push({ path, content });
      lines.push(`ln -sfn ${path} ${folder}/${name}`);
    };
    if (isFileModel(model)) {
      const version = model.version ?? 1;
      const source = inArtifact(artifactPath, model.folder ?? `${model.name}/${version}`);
      lines.push(`mkdir -p ${folder}`, `ln -sfn ${source} ${folder}/${version}`);
    } else {
      lines.push(`mkdir -p ${folder}/1`);
    }
    link('config.pbtxt', configPbtxt(model, artifactPath));
    if (isVllm(model)) {
      link('1/model.json', modelJson(model, request));
      link('1/multi_lora.json', multiLoraJson(request));
    }
  }
  return { files, script: ['set -e', ...lines, 'exec /opt/nvidia/nvidia_entrypoint.sh "$@"'].join('\n') };
}
