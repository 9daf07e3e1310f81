/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  // They need a control plane and a gateway: npm run test:cluster, npm run test:traffic.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/cluster/', '<rootDir>/test/traffic/'],
  globalSetup: '<rootDir>/test/support/report-skipped.ts',
  // Types are the business of npm run typecheck.
  transform: {
    '^.+\\.[tj]s$': ['ts-jest', { transpilation: true, diagnostics: false, tsconfig: 'test/tsconfig.json' }],
  },
  // The schema authority for Kubernetes objects and the evaluator of CEL are published as ES modules only.
  transformIgnorePatterns: [
    '/node_modules/(?!(?:kubernetes-models|@kubernetes-models|@marcbachmann/cel-js|is-cidr|cidr-regex|ip-regex)/)',
  ],
  moduleNameMapper: {
    '^cdk8s-gpu-inference$': '<rootDir>/lib',
    '^kubernetes-models/(.*?)(?:\\.js)?$': '<rootDir>/node_modules/kubernetes-models/$1.js',
    '^@kubernetes-models/(base|validate)$': '<rootDir>/node_modules/@kubernetes-models/$1/dist/index.js',
    '^@kubernetes-models/validate/runtime/(.*?)(?:\\.js)?$':
      '<rootDir>/node_modules/@kubernetes-models/validate/dist/runtime/$1.js',
    '^@kubernetes-models/([^/]+)/(.*?)(?:\\.js)?$': '<rootDir>/node_modules/@kubernetes-models/$1/$2.js',
  },
  // Jest 29 cannot write inline snapshots with Prettier 3; npm run format does it afterwards.
  prettierPath: null,
  snapshotFormat: { escapeString: false, printBasicPrototype: false },
};
