import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import { apiGroup, isClusterScoped } from '../../lib/checks/cluster-scoped';
import { FluxAccount, TeamRoles } from '../../lib/tenancy/tenant-roles';
import { EXAMPLES, ROOT, synthesizeProgram } from '../conformance/synthesized-program';
import { inventoryOf, manifestOf, manifestsOf, yamlOf } from '../support/yaml-of';

const chart = () => new Chart(new App(), 'nim', { namespace: 'nim' });
const TEAM = { viewers: ['ml-readers'], debuggers: ['ml-oncall'], deployers: ['ml-ci', 'ml-leads'] };

function team(): Chart {
  const nim = chart();
  new TeamRoles(nim, 'team', TEAM);
  return nim;
}
const flux = (props = {}) => {
  const nim = chart();
  new FluxAccount(nim, 'flux', props);
  return nim;
};

interface Rule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
}

/** `group/resource` to its verbs. */
const rights = (of: Chart, role: string): Record<string, string[]> => {
  const all: Record<string, string[]> = {};
  for (const { apiGroups, resources, verbs } of manifestOf(of, 'Role', role).rules as Rule[]) {
    for (const resource of resources) {
      const key = `${apiGroups[0]}/${resource}`;
      all[key] = [...new Set([...(all[key] ?? []), ...verbs])].sort();
    }
  }
  return all;
};

test('a role that nobody has is not written', () => {
  const nim = chart();
  new TeamRoles(nim, 'team', { viewers: ['ml'] });
  expect(inventoryOf(nim)).toMatchInlineSnapshot(`
   Role viewer
   RoleBinding viewer
  `);
});

test('each role is bound to the groups of the team', () => {
  expect(yamlOf(team(), 'RoleBinding', 'deployer')).toMatchInlineSnapshot(`
   apiVersion: rbac.authorization.k8s.io/v1
   kind: RoleBinding
   metadata:
     name: deployer
     namespace: nim
   roleRef:
     kind: Role
     name: deployer
     apiGroup: rbac.authorization.k8s.io
   subjects:
     - kind: Group
       name: ml-ci
       apiGroup: rbac.authorization.k8s.io
     - kind: Group
       name: ml-leads
       apiGroup: rbac.authorization.k8s.io
  `);
});

test('viewers read what there is, and neither Secrets nor logs', () => {
  expect(yamlOf(team(), 'Role', 'viewer', 'rules')).toMatchInlineSnapshot(`
    rules:
      - apiGroups:
          - ""
        resources:
          - configmaps
          - endpoints
          - events
          - limitranges
          - persistentvolumeclaims
          - pods
          - resourcequotas
          - serviceaccounts
          - services
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - apps
        resources:
          - controllerrevisions
          - daemonsets
          - deployments
          - replicasets
          - statefulsets
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - argoproj.io
        resources:
          - analysistemplates
          - rollouts
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - autoscaling
        resources:
          - horizontalpodautoscalers
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - autoscaling.k8s.io
        resources:
          - verticalpodautoscalers
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - batch
        resources:
          - cronjobs
          - jobs
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - cilium.io
        resources:
          - ciliumnetworkpolicies
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - discovery.k8s.io
        resources:
          - endpointslices
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - events.k8s.io
        resources:
          - events
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - external-secrets.io
        resources:
          - externalsecrets
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - flagger.app
        resources:
          - canaries
          - metrictemplates
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - gateway.envoyproxy.io
        resources:
          - backends
          - backendtrafficpolicies
          - httproutefilters
          - securitypolicies
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - gateway.networking.k8s.io
        resources:
          - httproutes
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - http.keda.sh
        resources:
          - interceptorroutes
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - inference.networking.k8s.io
        resources:
          - inferencepools
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - keda.sh
        resources:
          - scaledobjects
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - kueue.x-k8s.io
        resources:
          - localqueues
          - workloads
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - leaderworkerset.x-k8s.io
        resources:
          - leaderworkersets
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - metrics.k8s.io
        resources:
          - pods
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - monitoring.coreos.com
        resources:
          - podmonitors
          - prometheusrules
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - monitoring.googleapis.com
        resources:
          - podmonitorings
          - rules
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - networking.gke.io
        resources:
          - fqdnnetworkpolicies
          - gcpbackendpolicies
          - healthcheckpolicies
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - networking.k8s.io
        resources:
          - ingresses
          - networkpolicies
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - policy
        resources:
          - poddisruptionbudgets
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - resource.k8s.io
        resources:
          - resourceclaims
          - resourceclaimtemplates
        verbs:
          - get
          - list
          - watch
      - apiGroups:
          - secrets-store.csi.x-k8s.io
        resources:
          - secretproviderclasses
        verbs:
          - get
          - list
          - watch
  `);
});

test('debuggers may also look into pods', () => {
  const [viewer, debugs] = [rights(team(), 'viewer'), rights(team(), 'debugger')];
  const more = Object.entries(debugs).filter(([what]) => !(what in viewer));
  expect(Object.fromEntries(more)).toEqual({
    '/pods/log': ['get'],
    '/pods/attach': ['create', 'get'],
    '/pods/exec': ['create', 'get'],
    '/pods/portforward': ['create', 'get'],
    '/pods/ephemeralcontainers': ['patch', 'update'],
  });
});

test('deployers may also change what a service is made of', () => {
  const [viewer, deploys] = [rights(team(), 'viewer'), rights(team(), 'deployer')];
  expect(Object.keys(deploys)).toEqual(Object.keys(viewer));
  const changed = Object.entries(deploys).filter(([, verbs]) => verbs.includes('patch'));
  expect(changed.map(([what]) => what)).toEqual(
    Object.keys(rights(flux(), 'flux')).filter((what) => !OBSERVED.test(what)),
  );
});
const OBSERVED = /^(\/pods|apps\/replicasets)$/;

test('nobody may read Secrets, lift the quota, or change roles; Flux may write Secrets where it decrypts them', () => {
  const everything = [
    ...['viewer', 'debugger', 'deployer'].map((role) => rights(team(), role)),
    rights(flux(), 'flux'),
  ];
  for (const role of everything) {
    expect(
      Object.keys(role).filter((what) => /secrets$|roles$|rolebindings$/.test(what) && !/externalsecrets/.test(what)),
    ).toEqual([]);
    for (const limit of ['/resourcequotas', '/limitranges']) expect(role[limit] ?? []).not.toContain('patch');
    for (const verbs of Object.values(role)) expect(verbs).not.toContain('*');
  }
  expect(rights(flux({ secrets: true }), 'flux')['/secrets']).toContain('patch');
});

test("Flux's account and its binding", () => {
  expect(yamlOf(flux(), 'ServiceAccount', 'flux')).toMatchInlineSnapshot(`
   apiVersion: v1
   kind: ServiceAccount
   metadata:
     name: flux
     namespace: nim
     labels:
       app.kubernetes.io/component: flux-account
   automountServiceAccountToken: false
  `);
  expect(yamlOf(flux({ serviceAccountName: 'deploy' }), 'RoleBinding', 'deploy', 'roleRef', 'subjects'))
    .toMatchInlineSnapshot(`
   roleRef:
     kind: Role
     name: deploy
     apiGroup: rbac.authorization.k8s.io
   subjects:
     - kind: ServiceAccount
       name: deploy
       namespace: nim
  `);
  expect(manifestsOf(flux()).map(({ kind }) => kind)).toEqual(['ServiceAccount', 'Role', 'RoleBinding']);
});

/** What sets the namespace up; the platform team's own Flux applies it. */
const SETUP = new Set(['Namespace', 'LimitRange', 'ResourceQuota', 'Role', 'RoleBinding', 'LocalQueue']);
const PROGRAMS = ['main.ts', ...EXAMPLES.map((name) => `examples/${name}.ts`)];

test.each(PROGRAMS)('Flux may apply everything that %s writes for services', (program) => {
  const may = rights(flux(), 'flux');
  const { objects } = synthesizeProgram(join(ROOT, program));
  const needed = objects
    .map(({ manifest }) => manifest as { apiVersion: string; kind: string })
    .filter(({ apiVersion, kind }) => !SETUP.has(kind) && !isClusterScoped(apiVersion, kind))
    .map(({ apiVersion, kind }) => `${apiGroup(apiVersion)}/${kind.toLowerCase().replace(/(y|s)?$/, plural)}`);
  expect([...new Set(needed)].filter((what) => !may[what]?.includes('patch'))).toEqual([]);
});
const plural = (_: string, last = '') => ({ y: 'ies', s: 'ses' })[last] ?? 's';
