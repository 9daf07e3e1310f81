/** Why a rehearsal cannot begin, or not go on. */
export class RehearsalImpossible extends Error {}
