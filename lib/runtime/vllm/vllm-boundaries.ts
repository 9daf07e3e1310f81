/**
 * Upper bounds of vLLM's histograms in seconds: those that every release has, and those that came on top. NIM for LLMs 1.x and
 * Triton's backend have the first.
 *
 * @source Python sources of vLLM's published packages, 0.5.5 to 0.33.0
 */
export const VLLM_BOUNDARIES = {
  timeToFirstToken: {
    first: [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    later: [20, 40, 80, 160, 640, 2560],
  },
  betweenTokens: {
    first: [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
    later: [5, 7.5, 10, 20, 40, 80],
  },
  wholeRequest: {
    first: [1, 2.5, 5, 10, 15, 20, 30, 40, 50, 60],
    then: [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60],
    later: [120, 240, 480, 960, 1920, 7680],
  },
} as const;
