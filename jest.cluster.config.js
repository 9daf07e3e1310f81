/**
 * `npm run test:cluster`: tests against the cluster of KUBECONFIG. One after the other: they share its GPUs.
 * @type {() => import('jest').Config}
 */
module.exports = () => {
  const config = {
    ...require('./jest.config.js'),
    roots: ['<rootDir>/test/cluster'],
    testPathIgnorePatterns: ['/node_modules/'],
    globalSetup: '<rootDir>/test/cluster/needs-a-cluster.ts',
    maxWorkers: 1,
    testTimeout: 90_000,
  };
  if (process.env.KUBECONFIG) return config;
  process.stderr.write(
    'Skipped: KUBECONFIG names no cluster of simulated nodes; docs/testing.md says how to get one.\n',
  );
  return { ...config, globalSetup: undefined, testMatch: ['<rootDir>/no-cluster'], passWithNoTests: true };
};
