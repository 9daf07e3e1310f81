import tseslint from 'typescript-eslint';

// The rooms of the house, from the top. A room imports only from rooms above it; nothing imports upwards.
const rooms = [
  'problem',
  'model',
  'hardware',
  'runtime',
  'plan',
  'signals',
  'checks',
  'placement',
  'workload',
  'network',
  'release',
  'scaling',
  'observability',
  'tenancy',
  'policy',
  'operations',
  'gitops',
  'service',
];

const directionOfImports = rooms.map((room, at) => ({
  files: [`lib/${room}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          ...(at + 1 < rooms.length
            ? [
                {
                  group: rooms.slice(at + 1).map((below) => `**/${below}/**`),
                  message: `${room}/ may import only from the rooms above it (see docs/house.md).`,
                },
              ]
            : []),
          { regex: '(^|/)index$|^(\\.\\.?/?)+$', message: 'lib/index.ts is the public face; rooms import files.' },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['build/', 'dist/', 'imports/', 'node_modules/', 'coverage/'] },
  ...tseslint.configs.recommended,
  ...directionOfImports,
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'as' }],
    },
  },
  { files: ['**/*.js'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
);
