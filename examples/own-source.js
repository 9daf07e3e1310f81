// Only in this repository: lets ts-node take the package from lib/, so that examples run without a build.
const Module = require('node:module');
const resolve = Module._resolveFilename;
const source = require.resolve('../lib/index.ts');
Module._resolveFilename = (request, ...rest) =>
  request === 'cdk8s-gpu-inference' ? source : resolve(request, ...rest);
