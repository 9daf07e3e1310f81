import { LocatedProblem } from '../manifest-checks';
import { Identity, identify, keyOf, Manifest, mapOf, referenceOf, show } from '../manifest-identity';
import { Change, ChangeRule } from './change';

/**
 * Replicas that Git gives up to a scaler. Who leaves a field out of what it applies gives up its value too, and the API server
 * then writes the default of 1: all pods but one end, until the scaler makes them anew.
 */
export const scalerHandover: ChangeRule = ({ objects, before: old, after }) => {
  const scaled = new Map(after.flatMap(scalerOf));
  const scaledBefore = new Map(old.flatMap(scalerOf));
  const scalersBefore = new Map(objects.flatMap(({ at, before }) => (before ? [[keyOf(at), before]] : [])));
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
        message: `${show(at)} hands its ${replicas} replicas over to ${show(scaler)}: a field that Flux stops applying becomes its default, so ${replicas - 1} of ${replicas} pods end until the scaler brings them back.`,
        remedy: `Before the commit is applied, give the field a second owner: echo '${object}' | kubectl apply --server-side --field-manager=scaler-handover -f -`,
      },
    ];
  });
  return [
    ...found,
    ...objects.flatMap((change) => secondScaler(change, scaledBefore)),
    ...objects.flatMap((change) => takenBack(change, scaledBefore, scaled, scalersBefore)),
  ];
};

/**
 * Replicas that Git takes back from a scaler. Nobody can see from here how many it has made; Flux sets the number that is written down
 * at once, whatever they are doing.
 */
function takenBack(
  { at, before, after, constructPath }: Change,
  scaledBefore: ReadonlyMap<string, Identity>,
  scaled: ReadonlyMap<string, Identity>,
  scalers: ReadonlyMap<string, Manifest>,
): LocatedProblem[] {
  const scaler = scaledBefore.get(keyOf(at));
  const { replicas } = mapOf(after?.spec);
  if (!scaler || !before || scaled.has(keyOf(at)) || typeof replicas !== 'number') return [];
  const most = mostOf(scalers.get(keyOf(scaler)));
  if (replicas >= most) return [];
  const lost = most - replicas;
  return [
    {
      constructPath,
      check: 'scaler-handover',
      message: `${show(at)} loses ${show(scaler)}, which may have made ${most} replicas of it, and gets ${replicas}: up to ${lost} pod${lost === 1 ? '' : 's'} that serve${lost === 1 ? 's' : ''} end${lost === 1 ? 's' : ''} at once.`,
      remedy: `Read how many there are (\`kubectl -n ${at.namespace} get ${at.kind.toLowerCase()} ${at.name} -o jsonpath={.spec.replicas}\`) and write that number down as replicas in this commit; lower it step by step in commits after it. Waive this where fewer are meant.`,
    },
  ];
}

/** The most replicas that a scaler makes; KEDA's own number where none is stated. */
const mostOf = (manifest: Manifest | undefined) => {
  const { maxReplicas, maxReplicaCount } = mapOf(manifest?.spec);
  return Number(maxReplicas ?? maxReplicaCount ?? 100);
};

/**
 * A ScaledObject that comes where another scaler is: the webhook of KEDA refuses it, and Flux prunes the other one only after
 * it has applied everything.
 *
 * @source kedacore/keda apis/keda/v1alpha1/scaledobject_webhook.go, verifyHpas and verifyScaledObjects
 */
function secondScaler(
  { at, before, after, constructPath }: Change,
  scaledBefore: ReadonlyMap<string, Identity>,
): LocatedProblem[] {
  if (before || !after || at.group !== 'keda.sh') return [];
  const [[target, scaler] = []] = scalerOf(after);
  const other = target === undefined ? undefined : scaledBefore.get(target);
  if (!scaler || !other || keyOf(other) === keyOf(scaler)) return [];
  return [
    {
      constructPath,
      check: 'scaler-handover',
      message: `${show(scaler)} takes the place of ${show(other)}: KEDA refuses a second scaler of one object, and Flux removes the first only after everything else is applied.`,
      remedy: `Right before the commit is applied, run \`kubectl -n ${other.namespace} delete ${other.kind.toLowerCase()} ${other.name}\`: the number of replicas stays as it is meanwhile.`,
    },
  ];
}

function scalerOf(manifest: Manifest): [target: string, scaler: Identity][] {
  const at = identify(manifest);
  const scales =
    (at.group === 'keda.sh' && at.kind === 'ScaledObject') ||
    (at.group === 'autoscaling' && at.kind === 'HorizontalPodAutoscaler');
  return scales ? [[keyOf(referenceOf(mapOf(manifest.spec).scaleTargetRef, at)), at]] : [];
}
