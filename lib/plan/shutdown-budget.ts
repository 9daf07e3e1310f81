import { Model } from '../model/model';
import { ShutdownBehaviour } from '../runtime/serving-runtime';

/** What decides how long a pod must live after it was told to go. */
export interface ShutdownRequest {
  /** What is served: only a model that generates makes its answer token by token. @default - one that generates */
  readonly model?: Pick<Model, 'task'>;
  /** Longest prompt and answer together, in tokens. */
  readonly maxModelLen?: number;
  /** Longest answer in tokens. @default - maxModelLen, at most 4,096; 0 for a model that does not generate */
  readonly maxOutputTokens?: number;
  /** The longest that one answer may take, in seconds, waiting included. @default - from maxOutputTokens */
  readonly longestAnswerSeconds?: number;
}

/** How long each part of a stop takes, in seconds. */
export interface ShutdownBudget {
  /** The longest answer that is allowed to finish. */
  readonly longestAnswerSeconds: number;
  /** How long preStop waits before the server gets SIGTERM. */
  readonly preStopSeconds: number;
  /** What the server may drain after SIGTERM; 0 when it does not. */
  readonly drainSeconds: number;
  readonly terminationGracePeriodSeconds: number;
}

/** Tokens of the longest answer when nobody limited it: clients seldom ask for more, and a node drain waits for it. */
const DEFAULT_OUTPUT_TOKENS = 4096;
/** The slowest token that is still called healthy: 20 tokens a second for one reader. */
const SLOWEST_TOKEN_SECONDS = 0.05;
/** Waiting in the queue and reading the prompt, before the first token; a service that takes longer is overloaded. */
const QUEUE_AND_PREFILL_SECONDS = 30;
/**
 * Gateways go on sending until they have heard that the endpoint is gone; the reference deployment of the Gateway API
 * inference extension waits 30 s (kubernetes-sigs/gateway-api-inference-extension#550).
 */
const DEREGISTRATION_SECONDS = 30;
/** Between the end of the drain and the kill. */
const MARGIN_SECONDS = 15;

/**
 * The longest answer that a service promises to finish, in seconds. The one number behind drains and route timeouts.
 *
 * A model that makes vectors or scores reads its texts and is done: waiting and one prefill, whatever their length. Servers
 * bound the texts of one request, so it does not grow with what a client sends.
 */
export function longestAnswer(request: ShutdownRequest): number {
  const { maxModelLen = DEFAULT_OUTPUT_TOKENS, longestAnswerSeconds, model } = request;
  const generates = (model?.task ?? 'generation') === 'generation';
  const tokens = generates ? (request.maxOutputTokens ?? Math.min(maxModelLen, DEFAULT_OUTPUT_TOKENS)) : 0;
  const seconds = longestAnswerSeconds ?? QUEUE_AND_PREFILL_SECONDS + Math.ceil(tokens * SLOWEST_TOKEN_SECONDS);
  // Nonsense is refused by whoever asked; the plan goes on, so that it is told together with everything else.
  return Number.isFinite(seconds) && seconds > 0 ? seconds : QUEUE_AND_PREFILL_SECONDS;
}

/** Splits the time between preStop and the server, by what the server does when it is told to stop. */
export function planShutdown(request: ShutdownRequest, behaviour: ShutdownBehaviour): ShutdownBudget {
  const answer = longestAnswer(request);
  const preStopSeconds = behaviour === 'aborts' ? DEREGISTRATION_SECONDS + answer : DEREGISTRATION_SECONDS;
  const drainSeconds = behaviour === 'aborts' ? 0 : answer;
  return {
    longestAnswerSeconds: answer,
    preStopSeconds,
    drainSeconds,
    terminationGracePeriodSeconds: preStopSeconds + drainSeconds + MARGIN_SECONDS,
  };
}
