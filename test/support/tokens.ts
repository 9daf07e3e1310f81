/**
 * Texts of the shape that issuers give their tokens; none of them opens anything. Each is put together, so that whoever
 * scans this repository finds none.
 */
const ofLength = (length: number) => 'a1B2c3D4e5F6g7H8'.repeat(8).slice(0, length);

export const TOKENS: Readonly<Record<string, string>> = {
  NVIDIA: `nvapi-${ofLength(60)}`,
  'Hugging Face': `hf_${ofLength(34)}`,
  'OpenAI or Anthropic': `sk-${ofLength(40)}`,
  GitHub: `ghp_${ofLength(36)}`,
  GitLab: `glpat-${ofLength(20)}`,
  Slack: `xoxb-${ofLength(24)}`,
  AWS: `AKIA${'A1B2C3D4E5F6G7H8'}`,
  Google: `AIza${ofLength(35)}`,
  Azure: `AccountKey=${ofLength(88)}`,
  Vault: `hvs.${ofLength(24)}`,
  npm: `npm_${ofLength(36)}`,
  PyPI: `pypi-${ofLength(60)}`,
  'Docker Hub': `dckr_pat_${ofLength(27)}`,
  Stripe: `sk_live_${ofLength(24)}`,
  Databricks: `dapi${'0123456789abcdef'.repeat(2)}`,
  SendGrid: `SG.${ofLength(22)}.${ofLength(43)}`,
  age: `AGE-SECRET-KEY-1${'QPZRY9X8'.repeat(7)}`,
  'a private key': `-----BEGIN RSA ${'PRIVATE'} KEY-----`,
  'a JSON web token': `eyJ${ofLength(20)}.eyJ${ofLength(40)}.${ofLength(40)}`,
  'a bearer token': `Bearer ${ofLength(24)}`,
  'a URL with a password': `https://admin:${ofLength(12)}@db.example.com/`,
};
