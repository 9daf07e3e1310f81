/**
 * What `npm run test:traffic` runs behind a gateway: tests that send requests to GATEWAY_URL.
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config.js'),
  roots: ['<rootDir>/test/traffic'],
  testPathIgnorePatterns: ['/node_modules/'],
  // It tells of rules that are not tried out.
  globalSetup: undefined,
  testTimeout: 60_000,
};
