import { ScalingSchedule, Weekday, WeeklyScheduleProps } from '../../lib';
import { refusalOf } from '../support/messages';

const OFFICE: WeeklyScheduleProps = { timezone: 'Europe/Berlin', from: '08:00', to: '18:00', replicas: 3 };
const weekly = (changes: Partial<WeeklyScheduleProps> = {}) => ScalingSchedule.weekly({ ...OFFICE, ...changes });
const scaler = (minReplicas: number, rolloutSeconds: number, maxReplicas = 4) => ({
  minReplicas,
  maxReplicas,
  rolloutSeconds,
});

describe('replicas are there when they are wanted', () => {
  test.each`
    replicas | least | most   | rollout | minutes | why
    ${3}     | ${3}  | ${4}   | ${1200} | ${0}    | ${'all run already'}
    ${2}     | ${1}  | ${4}   | ${1200} | ${20}   | ${'one cold start'}
    ${4}     | ${1}  | ${4}   | ${1200} | ${60}   | ${'three, one after the other'}
    ${4}     | ${1}  | ${4}   | ${3600} | ${120}  | ${'one comes each half hour at most, and the last takes an hour'}
    ${2}     | ${0}  | ${4}   | ${90}   | ${3}    | ${'a begun minute counts'}
    ${10}    | ${1}  | ${10}  | ${600}  | ${90}   | ${'ten are added one by one'}
    ${30}    | ${1}  | ${40}  | ${600}  | ${180}  | ${'nine to ten, then two at once from eleven on, then three: 18 steps'}
    ${30}    | ${1}  | ${40}  | ${2100} | ${545}  | ${'17 half hours, and the last takes 35 minutes'}
    ${100}   | ${90} | ${100} | ${600}  | ${20}   | ${'nine at once, and the last one'}
  `(
    '$replicas instead of $least of $most, $rollout s each: $minutes minutes before ($why)',
    ({ replicas, least, most, rollout, minutes }) => {
      expect(weekly({ replicas }).leadMinutes(scaler(least, rollout, most))).toBe(minutes);
    },
  );

  test.each<[string, Partial<WeeklyScheduleProps>, number, string, string]>([
    ['office hours', {}, 0, '0 8 * * 1,2,3,4,5', '0 18 * * 1,2,3,4,5'],
    ['an hour earlier', {}, 63, '57 6 * * 1,2,3,4,5', '0 18 * * 1,2,3,4,5'],
    ['from the evening before', { from: '00:30' }, 60, '30 23 * * 0,1,2,3,4', '0 18 * * 1,2,3,4,5'],
    ['overnight', { from: '22:00', to: '06:00', days: ['Fri', 'Sat'] }, 0, '0 22 * * 5,6', '0 6 * * 0,6'],
    ['every day', { days: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] }, 30, '30 7 * * *', '0 18 * * *'],
    ['Sunday, from Saturday on', { days: ['Sun'], from: '01:00' }, 120, '0 23 * * 6', '0 18 * * 0'],
  ])('%s', (_, changes, lead, start, end) => {
    expect(weekly(changes).cron(lead)).toEqual({ start, end });
  });

  test('a beginning before the last end would be ended by it', () => {
    const long = weekly({ from: '08:00', to: '07:00', replicas: 4 });
    expect(long.problems(scaler(1, 1800))).toEqual([
      {
        check: 'scaling-schedule',
        message:
          '4 from 08:00 to 07:00 (Europe/Berlin): from 1 replica they take 90 minutes, 3 steps one after the other, and between the last end and this beginning are 60.',
        remedy: 'Raise minReplicas, lower its replicas, or end it later.',
      },
    ]);
    expect(long.problems(scaler(3, 1800))).toEqual([]);
    // Once a week there is time enough.
    expect(weekly({ from: '08:00', to: '07:00', replicas: 4, days: ['Mon'] }).problems(scaler(1, 1800))).toEqual([]);
    // From 1 to 30 one by one were 875 minutes, more than the night has.
    expect(weekly({ replicas: 30 }).problems(scaler(1, 2100, 40))).toEqual([]);
  });
});

test.each`
  name               | use
  ${'europe/berlin'} | ${'Use Europe/Berlin.'}
  ${'EUROPE/BERLIN'} | ${'Use Europe/Berlin.'}
  ${'utc'}           | ${'Use UTC.'}
  ${'us/eastern'}    | ${'Use US/Eastern.'}
  ${'+01:00'}        | ${'Use a name such as Europe/Berlin.'}
  ${'-05:00'}        | ${'Use a name such as Europe/Berlin.'}
  ${'Local'}         | ${'Use a name such as Europe/Berlin.'}
  ${''}              | ${'Use a name such as Europe/Berlin.'}
  ${'UTC'}           | ${'taken'}
  ${'Etc/GMT+5'}     | ${'taken'}
  ${'US/Eastern'}    | ${'taken'}
  ${'EST5EDT'}       | ${'taken'}
  ${'Asia/Kolkata'}  | ${'taken'}
  ${'Asia/Calcutta'} | ${'taken'}
  ${'Europe/Kyiv'}   | ${'taken'}
  ${'America/Nuuk'}  | ${'taken'}
`('KEDA opens a file of the name $name: $use', ({ name, use }: { name: string; use: string }) => {
  if (use === 'taken') expect(weekly({ timezone: name }).timezone).toBe(name);
  else
    expect(refusalOf(() => weekly({ timezone: name }))).toContain(`${JSON.stringify(name)} is no time zone.\n  ${use}`);
});

test('what is no schedule is refused, with everything that is wrong', () => {
  expect(
    refusalOf(() =>
      weekly({ timezone: 'Berlin time', from: '8:00', to: '24:00', replicas: 0, days: ['Monday' as Weekday] }),
    ),
  ).toMatchInlineSnapshot(`
   ScalingSchedule: numbers
     replicas is 0.
     Use a whole number, 1 or more.
   ScalingSchedule: scaling-schedule
     "8:00" is no time of the day.
     Use two digits each, such as 08:00.
   ScalingSchedule: scaling-schedule
     "24:00" is no time of the day.
     Use two digits each, such as 08:00.
   ScalingSchedule: scaling-schedule
     "Monday" is no day of the week.
     Use Sun, Mon, Tue, Wed, Thu, Fri, Sat.
   ScalingSchedule: scaling-schedule
     "Berlin time" is no time zone.
     Use a name such as Europe/Berlin.
  `);
  expect(refusalOf(() => weekly({ to: '08:00', days: [] }))).toMatchInlineSnapshot(`
   ScalingSchedule: scaling-schedule
     It begins and ends at 08:00.
     For the whole day, raise minReplicas instead.
   ScalingSchedule: scaling-schedule
     It has no day.
     Name at least one, such as Mon.
  `);
});
