/**
 * `npm run test:cluster`: tests against the cluster of KUBECONFIG. One after the other: they share its GPUs.
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config.js'),
  roots: ['<rootDir>/test/cluster'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/cluster/needs-a-cluster.ts',
  maxWorkers: 1,
  testTimeout: 90_000,
};
