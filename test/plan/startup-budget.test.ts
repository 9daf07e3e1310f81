import { planStartup, StartupRequest } from '../../lib/plan/startup-budget';

const REQUEST: StartupRequest = { weightBytes: 16e9, offline: false, warmUpSeconds: 300 };

describe('by hand', () => {
  // Download 50 MB/s, load 150 MB/s, both rounded up; the probe allows twice the cold start. A rollout may also need a
  // node (300 s) and the image (15 GB at 50 MB/s: 300 s).
  test.each`
    weights    | offline  | warmUp | download | load   | warm    | cold    | probe   | rollout
    ${16e9}    | ${false} | ${300} | ${320}   | ${107} | ${407}  | ${727}  | ${1454} | ${2054}
    ${16e9}    | ${true}  | ${300} | ${0}     | ${107} | ${407}  | ${407}  | ${814}  | ${1414}
    ${141.1e9} | ${false} | ${300} | ${2822}  | ${941} | ${1241} | ${4063} | ${8126} | ${8726}
    ${16e9}    | ${false} | ${0}   | ${320}   | ${107} | ${107}  | ${427}  | ${854}  | ${1454}
    ${1}       | ${false} | ${60}  | ${1}     | ${1}   | ${61}   | ${62}   | ${124}  | ${724}
  `(
    '$weights B, offline $offline, $warmUp s of warm-up: cold $cold s, probe $probe s, rollout $rollout s',
    ({ weights, offline, warmUp, download, load, warm, cold, probe, rollout }) => {
      expect(planStartup({ weightBytes: weights, offline, warmUpSeconds: warmUp })).toEqual({
        nodeSeconds: 300,
        imagePullSeconds: 300,
        downloadSeconds: download,
        fetchSeconds: 0,
        loadSeconds: load,
        warmUpSeconds: warmUp,
        coldSeconds: cold,
        warmSeconds: warm,
        probeSeconds: probe,
        rolloutSeconds: rollout,
      });
    },
  );
});

test('each pod of a group loads its part; what it downloads is not cut', () => {
  expect(planStartup({ ...REQUEST, pods: 2 })).toMatchObject({ downloadSeconds: 320, loadSeconds: 54 });
});

describe('a cold start that the user measured', () => {
  test('replaces what was derived, and the probe still allows twice as much', () => {
    expect(planStartup({ ...REQUEST, coldStartSeconds: 900 })).toMatchObject({ coldSeconds: 900, probeSeconds: 1800 });
  });

  test('is never shorter than a warm one', () => {
    expect(planStartup({ ...REQUEST, coldStartSeconds: 200 })).toMatchObject({ coldSeconds: 200, warmSeconds: 200 });
  });
});

test('what an init container fetches is waited for by a rollout, not by the probe', () => {
  // 16 GB at 50 MB/s, and read once more for the checksum at 150 MB/s.
  expect(planStartup({ ...REQUEST, offline: true, fetchedBytes: 16e9 })).toMatchObject({
    downloadSeconds: 0,
    fetchSeconds: 427,
    coldSeconds: 407,
    probeSeconds: 814,
    rolloutSeconds: 300 + 300 + 2 * 427 + 814,
  });
});

test('a bigger image takes longer to pull', () => {
  // 25 GB at 50 MB/s.
  expect(planStartup({ ...REQUEST, imageBytes: 25e9 })).toMatchObject({ imagePullSeconds: 500, rolloutSeconds: 2254 });
});
