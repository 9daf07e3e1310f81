/** A duration as controllers in Go read it, which know no days: whole minutes where they are whole. */
export const goDuration = (seconds: number) => (seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`);
