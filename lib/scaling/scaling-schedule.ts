import { MOST_PODS, wholeNumberProblems } from '../problem/numbers';
import { Problem, refuse } from '../problem/problem';
import { shown } from '../problem/names';
import { scalingPeriod, scalingSteps } from './scaling-behaviour';
import { isTimeZone, timeZoneLike } from './time-zones';

export type Weekday = 'Mon' | 'Tue' | 'Wed' | 'Thu' | 'Fri' | 'Sat' | 'Sun';

export interface WeeklyScheduleProps {
  /** Name of the time zone as the time zone database spells it, such as `Europe/Berlin`; summer time is its own. */
  readonly timezone: string;
  /** Days on which it begins. @default - Monday to Friday */
  readonly days?: readonly Weekday[];
  /** Time of the day, `hh:mm`, at which the replicas answer: they are started earlier. */
  readonly from: string;
  /** Time of the day, `hh:mm`, until which they stay; earlier than `from` is the next day. */
  readonly to: string;
  /** Replicas in that time, at least, and more than `minReplicas`; the metrics may want more. */
  readonly replicas: number;
}

/** What decides how long a scaler takes to get there. */
export interface ScheduledScaler {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** From a new pod to ready, in seconds. */
  readonly rolloutSeconds: number;
}

/** In the order of cron, where Sunday is 0. */
const DAYS: readonly Weekday[] = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const OFFICE_DAYS: readonly Weekday[] = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri'];
const DAY = 24 * 60;

/** Times at which more replicas are wanted than the metrics ask for: office hours, before the first request of the day. */
export class ScalingSchedule {
  /** The same every week. */
  static weekly(props: WeeklyScheduleProps): ScalingSchedule {
    return new ScalingSchedule(props);
  }

  readonly timezone: string;
  readonly replicas: number;
  private readonly days: readonly Weekday[];
  private readonly from: number;
  private readonly minutes: number;

  private constructor(private readonly props: WeeklyScheduleProps) {
    const { timezone, days = OFFICE_DAYS, from, to, replicas } = props;
    const [begin, end] = [minuteOfDay(from), minuteOfDay(to)];
    refuse('ScalingSchedule', [
      ...wholeNumberProblems('replicas', replicas, 1, MOST_PODS),
      ...[from, to].filter((time) => minuteOfDay(time) === undefined).map(noTime),
      ...(begin !== undefined && begin === end
        ? [problem(`It begins and ends at ${from}.`, 'For the whole day, raise minReplicas instead.')]
        : []),
      ...(days.length === 0 ? [problem('It has no day.', 'Name at least one, such as Mon.')] : []),
      ...days
        .filter((day) => !DAYS.includes(day))
        .map((day) => problem(`${shown(String(day))} is no day of the week.`, `Use ${DAYS.join(', ')}.`)),
      ...(isTimeZone(timezone) ? [] : [noTimeZone(timezone)]),
    ]);
    this.timezone = timezone;
    this.replicas = replicas;
    this.days = DAYS.filter((day) => days.includes(day));
    this.from = begin!;
    this.minutes = (end! - begin! + DAY) % DAY;
  }

  /** Such as `3 from 08:00 to 18:00 (Europe/Berlin)`. */
  toString(): string {
    return `${this.replicas} from ${this.props.from} to ${this.props.to} (${this.timezone})`;
  }

  /**
   * Minutes that its replicas are started before they are wanted: they come step by step, as the scaler may go, and the last
   * step needs a cold start.
   */
  leadMinutes({ minReplicas, maxReplicas, rolloutSeconds }: ScheduledScaler): number {
    const steps = scalingSteps(minReplicas, this.replicas, maxReplicas);
    return steps === 0 ? 0 : Math.ceil(((steps - 1) * scalingPeriod(rolloutSeconds) + rolloutSeconds) / 60);
  }

  /** When it begins and ends, as cron writes it. */
  cron(leadMinutes: number): { readonly start: string; readonly end: string } {
    return { start: this.at(this.from - leadMinutes), end: this.at(this.from + this.minutes) };
  }

  /** A beginning before the last end would be ended by it. */
  problems(scaler: ScheduledScaler): Problem[] {
    const { minReplicas, maxReplicas } = scaler;
    const lead = this.leadMinutes(scaler);
    const steps = scalingSteps(minReplicas, this.replicas, maxReplicas);
    const free = this.shortestPause();
    if (lead < free) return [];
    return [
      problem(
        `${this.toString()}: from ${minReplicas} replica${minReplicas === 1 ? '' : 's'} they take ${lead} minutes${steps === 1 ? '' : `, ${steps} steps one after the other`}, and between the last end and this beginning are ${free}.`,
        'Raise minReplicas, lower its replicas, or end it later.',
      ),
    ];
  }

  /** Minutes from an end to the next beginning. */
  private shortestPause(): number {
    const starts = this.days.map((day) => DAYS.indexOf(day) * DAY + this.from);
    return Math.min(
      ...starts.map((start, index) => {
        const next = starts[index + 1] ?? starts[0]! + 7 * DAY;
        return next - start - this.minutes;
      }),
    );
  }

  /** A minute of each of its days, which may lie on the day before or after. */
  private at(minute: number): string {
    const shift = Math.floor(minute / DAY);
    const time = minute - shift * DAY;
    const days = this.days.map((day) => (((DAYS.indexOf(day) + shift) % 7) + 7) % 7).sort((one, other) => one - other);
    return `${time % 60} ${Math.floor(time / 60)} * * ${days.length === 7 ? '*' : days.join(',')}`;
  }
}

function minuteOfDay(time: string): number | undefined {
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(String(time));
  return found ? Number(found[1]) * 60 + Number(found[2]) : undefined;
}

/** KEDA opens the file of that name, and finds it in one spelling only. */
const noTimeZone = (name: string) =>
  problem(`${shown(String(name))} is no time zone.`, `Use ${timeZoneLike(name) ?? 'a name such as Europe/Berlin'}.`);

const noTime = (time: string) =>
  problem(`${shown(String(time))} is no time of the day.`, 'Use two digits each, such as 08:00.');

function problem(message: string, remedy: string): Problem {
  return { check: 'scaling-schedule', message, remedy };
}
