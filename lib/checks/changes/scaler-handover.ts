import { LocatedProblem } from '../manifest-checks';
import { keyOf, kubectl, Manifest, mapOf, show } from '../manifest-identity';
import { Scaler, scalerOf } from '../scaler';
import { Change, ChangeRule } from './change';

/**
 * Replicas that Git gives up to a scaler. Who leaves a field out of what it applies gives up its value too, and the API server
 * then writes the default of 1: all pods but one end, until the scaler makes them anew.
 */
export const scalerHandover: ChangeRule = ({ objects, before: old, after }) => {
  const [scaled, scaledBefore] = [scalersOf(after), scalersOf(old)];
  const found = objects.flatMap(({ at, before, after: wanted, constructPath }) => {
    const scaler = scaled.get(keyOf(at));
    const replicas = mapOf(before?.spec).replicas;
    if (!scaler || !wanted || mapOf(wanted.spec).replicas !== undefined) return [];
    if (typeof replicas !== 'number' || replicas < 2) return [];
    const object = JSON.stringify({
      apiVersion: wanted.apiVersion,
      kind: at.kind,
      metadata: { name: at.name, namespace: at.namespace },
      spec: { replicas },
    });
    return [
      {
        constructPath,
        check: 'scaler-handover',
        message: `${show(at)} hands its ${replicas} replicas over to ${show(scaler.at)}: a field that Flux stops applying becomes its default, so ${replicas - 1} of ${replicas} pods end until the scaler brings them back.`,
        remedy: `Before the commit is applied, give the field a second owner: echo '${object}' | kubectl apply --server-side --field-manager=scaler-handover -f -`,
      },
    ];
  });
  return [
    ...found,
    ...objects.flatMap((change) => secondScaler(change, scaledBefore)),
    ...objects.flatMap((change) => takenBack(change, scaledBefore, scaled)),
  ];
};

/** Scalers of one state, by what they scale. */
const scalersOf = (manifests: readonly Manifest[]) =>
  new Map(
    manifests.flatMap((manifest) => {
      const scaler = scalerOf(manifest);
      return scaler ? [[keyOf(scaler.target), scaler] as const] : [];
    }),
  );

/**
 * Replicas that Git takes back from a scaler. Nobody can see from here how many it has made; Flux sets the number that is written down
 * at once, whatever they are doing.
 */
function takenBack(
  { at, before, after, constructPath }: Change,
  scaledBefore: ReadonlyMap<string, Scaler>,
  scaled: ReadonlyMap<string, Scaler>,
): LocatedProblem[] {
  const scaler = scaledBefore.get(keyOf(at));
  const { replicas } = mapOf(after?.spec);
  if (!scaler || !before || scaled.has(keyOf(at)) || typeof replicas !== 'number') return [];
  const { most } = scaler;
  if (replicas >= most) return [];
  const lost = most - replicas;
  return [
    {
      constructPath,
      check: 'scaler-handover',
      message: `${show(at)} loses ${show(scaler.at)}, which may have made ${most} replicas of it, and gets ${replicas}: up to ${lost} pod${lost === 1 ? '' : 's'} that serve${lost === 1 ? 's' : ''} end${lost === 1 ? 's' : ''} at once.`,
      remedy: `Read how many there are (\`${kubectl(at)} get ${at.kind.toLowerCase()} ${at.name} -o jsonpath={.spec.replicas}\`) and write that number down as replicas in this commit; lower it step by step in commits after it. Waive this where fewer are meant.`,
    },
  ];
}

/**
 * A ScaledObject that comes where another scaler is: the webhook of KEDA refuses it, and Flux prunes the other one only after
 * it has applied everything.
 *
 * @source kedacore/keda apis/keda/v1alpha1/scaledobject_webhook.go, verifyHpas and verifyScaledObjects
 */
function secondScaler(
  { at, before, after, constructPath }: Change,
  scaledBefore: ReadonlyMap<string, Scaler>,
): LocatedProblem[] {
  if (before || !after || at.group !== 'keda.sh') return [];
  const scaler = scalerOf(after);
  const other = scaler && scaledBefore.get(keyOf(scaler.target))?.at;
  if (!other || keyOf(other) === keyOf(at)) return [];
  return [
    {
      constructPath,
      check: 'scaler-handover',
      message: `${show(at)} takes the place of ${show(other)}: KEDA refuses a second scaler of one object, and Flux removes the first only after everything else is applied.`,
      remedy: `Right before the commit is applied, run \`${kubectl(other)} delete ${other.kind.toLowerCase()} ${other.name}\`: the number of replicas stays as it is meanwhile.`,
    },
  ];
}
