/**
 * A group of tests that need a controller beside Flux and LeaderWorkerSet. WITH_CONTROLLERS says which the cluster has, such as
 * `keda,rollouts`; what is not there is skipped.
 */
export const describeWith = (controller: 'keda' | 'rollouts') =>
  (process.env.WITH_CONTROLLERS ?? '').split(',').includes(controller) ? describe : describe.skip;
