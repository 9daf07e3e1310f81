import { Scorecard } from './scorecard';
import { scorecardHtml } from './scorecard-html';
import { scorecardMarkdown } from './scorecard-markdown';

/** Paths of the files of a scorecard, below the output directory. */
export const SCORECARD_PATHS = ['SCORECARD.md', 'scorecard.html', 'scorecard.json5'] as const;

/**
 * The card as files beside the manifests, by path. None has an extension that Flux, kubectl or Argo CD apply, so the JSON,
 * which is plain JSON, is called `.json5`.
 */
export function scorecardFiles(card: Scorecard): Readonly<Record<(typeof SCORECARD_PATHS)[number], string>> {
  return {
    'SCORECARD.md': scorecardMarkdown(card),
    'scorecard.html': scorecardHtml(card),
    'scorecard.json5': `${JSON.stringify(card, undefined, 2)}\n`,
  };
}
