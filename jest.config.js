/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  // They need a control plane and a gateway: npm run test:cluster, npm run test:traffic.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/cluster/', '<rootDir>/test/traffic/'],
  transform: { '^.+\\.(t|j)s$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  // The schema authority for Kubernetes objects is published as ES modules only.
  transformIgnorePatterns: ['/node_modules/(?!(?:kubernetes-models|@kubernetes-models|is-cidr|cidr-regex|ip-regex)/)'],
  moduleNameMapper: {
    '^cdk8s-gpu-inference$': '<rootDir>/lib',
    '^kubernetes-models/(.*?)(?:\\.js)?$': '<rootDir>/node_modules/kubernetes-models/$1.js',
    '^@kubernetes-models/(base|validate)$': '<rootDir>/node_modules/@kubernetes-models/$1/dist/index.js',
    '^@kubernetes-models/validate/runtime/(.*?)(?:\\.js)?$':
      '<rootDir>/node_modules/@kubernetes-models/validate/dist/runtime/$1.js',
    '^@kubernetes-models/([^/]+)/(.*?)(?:\\.js)?$': '<rootDir>/node_modules/@kubernetes-models/$1/$2.js',
  },
  snapshotFormat: { escapeString: false, printBasicPrototype: false },
};
