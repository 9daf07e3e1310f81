/** Inline snapshots show text as it is, without quotes around it. */
expect.addSnapshotSerializer({ test: (value) => typeof value === 'string', print: (value) => String(value).trimEnd() });
