/**
 * Where the weights come from, pinned. What a pod needs for that (volumes, an init container) is derived.
 */
export class ModelArtifact {
  /** In the server's image already. */
  static baked(path: string): ModelArtifact {
    return new ModelArtifact('baked', path);
  }

  private constructor(
    readonly kind: 'baked' | 'volume' | 'download' | 'oci-image',
    /** Folder of the pod in which the server finds the weights. */
    readonly path: string,
  ) {}
}
