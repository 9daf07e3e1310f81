/** One check: what its id stands for. */
export interface Check {
  readonly id: string;
  /** The question that it helps to answer. */
  readonly group: string;
  /** What it protects from, in one sentence. */
  readonly protects: string;
  /** Why that happens, and where it is known from. */
  readonly why: string;
  /**
   * False when the cluster or the synthesis itself could not go on: a waiver would only move the error.
   */
  readonly waivable: boolean;
}

const WAIVABLE = true;
const FINAL = false;

const check = <Id extends string>(id: Id, waivable: boolean, protects: string, why: string) => ({
  id,
  waivable,
  protects,
  why,
});

/** Checks of one question. */
const asks = <const Checks extends readonly Omit<Check, 'group'>[]>(group: string, checks: Checks) =>
  checks.map((each) => ({ ...each, group })) as {
    readonly [At in keyof Checks]: Checks[At] & { readonly group: string };
  };

/**
 * All checks, by the question they ask. The pages in docs/checks are made from this table.
 */
export const CHECKS = [
  ...asks('Does it run?', [
    check(
      'gpu-memory-fit',
      WAIVABLE,
      'Weights and KV cache that do not fit the GPU: the server ends with CUDA out of memory, or refuses to start.',
      'Kubernetes shows only a failing startup probe (vllm-project/aibrix#1054). The plan adds up weights, activations, and what one sequence of maxModelLen costs in the KV cache, and compares that with what CUDA gives a process.',
    ),
    check(
      'gpu-parallelism',
      WAIVABLE,
      'A tensor parallel size that does not divide the attention heads: the server refuses to start.',
      'Heads are dealt out over the GPUs; 40 heads over 6 GPUs cannot be (vllm-project/vllm#4232).',
    ),
    check(
      'parallel-layout',
      FINAL,
      'A copy of the model that is spread over pods in a way that no controller or server can run.',
      'Pods of a StatefulSet or Deployment come and go one by one; those of a LeaderWorkerSet together, as a server that spans machines needs it. Half a group serves nothing and holds its GPUs.',
    ),
    check(
      'disaggregation',
      FINAL,
      'Prompts and answers computed by different pods, with a server, a controller or a release that cannot do that.',
      'One side computes the KV cache of a prompt, the other reads it over the network, and a router tells each request which two (vLLM documentation, "Disaggregated Prefilling"). Servers without a connector would compute everything twice, or nothing.',
    ),
    check(
      'gpu-precision',
      WAIVABLE,
      'Number formats that the GPU cannot compute in: bf16 on a T4, fp8 on Turing.',
      'bf16 takes compute capability 8.0, fp8 in hardware 8.9 (substratusai/vllm-docker#37).',
    ),
    check(
      'gpu-context-length',
      WAIVABLE,
      'A maxModelLen that the model was not made for: the server refuses to start.',
      'Positions beyond the rotary embedding give garbage, so servers check it before they load anything.',
    ),
    check(
      'gpu-topology',
      WAIVABLE,
      'Tensor parallelism over PCIe: it works, and every token waits for the slowest link.',
      'Each layer exchanges its activations between all GPUs of the group; NVLink has ten times the bandwidth of PCIe 4.',
    ),
    check(
      'gpu-sharing',
      WAIVABLE,
      'A promised latency on a GPU that other pods use at the same time.',
      'Time slicing hands the whole GPU from pod to pod: nothing divides its memory or its time, so a neighbour decides how long a token takes (NVIDIA, "Time-Slicing GPUs in Kubernetes"). MPS limits memory, not bandwidth, and its clients fail together.',
    ),
    check(
      'latency-objective',
      WAIVABLE,
      'A promised latency that cannot be met, or that nobody can measure.',
      'One token reads all weights that it passes from the memory of the GPU; the bandwidth bounds its time from below. A model that makes vectors has no first token.',
    ),
    check(
      'latency-boundary',
      WAIVABLE,
      'A promised latency between two boundaries of the histogram that the server counts requests by.',
      'A histogram knows how many requests took up to each of its boundaries, and nothing between: a rule that asks for another finds no series, and never fires. Boundaries differ by server and release. It is said of every service with promises, watched or not yet: whoever watches it later would find out too late.',
    ),
    check(
      'node-fit',
      WAIVABLE,
      'Pods that no node of the pool can hold: they stay Pending, and the autoscaler adds nothing.',
      'A node offers less than its machine type: kubelet, system and DaemonSets take theirs first. A g2-standard-4 with 16 GB offers a pod about 12 GiB.',
    ),
    check(
      'memory',
      WAIVABLE,
      'Shared memory that takes all of the pod: the server is killed when it uses it.',
      'A memory-backed /dev/shm counts against the memory limit of the pod.',
    ),
    check(
      'resources',
      FINAL,
      'A limit below its request.',
      'The API server refuses such a pod, and only an event of the StatefulSet says so.',
    ),
    check(
      'model-cache',
      WAIVABLE,
      'A cache that cannot hold the model, or that nobody may fill.',
      'A download that fills the disk fails half-way, after minutes, on every start.',
    ),
    check(
      'zonal-cache',
      WAIVABLE,
      'Disks that hold a pod in a zone that has no GPU left.',
      'A ReadWriteOnce disk belongs to the zone in which it was made; its pod can start nowhere else (opendatahub-io/odh-manifests#259).',
    ),
  ]),
  ...asks('Can it get its weights?', [
    check(
      'artifact-source',
      FINAL,
      'Sources of weights that cannot be.',
      'The download would fail at the first start, after the node and the image.',
    ),
    check(
      'artifact-engine',
      WAIVABLE,
      'A compiled engine on another GPU, server or number of GPUs than it was compiled for.',
      'TensorRT engines are plans for one GPU architecture and one version of the library, which checks both while it loads (NVIDIA, "TensorRT: Version Compatibility").',
    ),
    check(
      'image-volume',
      WAIVABLE,
      'Weights as an image volume on a cluster that does not know them.',
      'Older API servers drop the field and refuse the volume that is left; only an event says so.',
    ),
    check(
      'host-path',
      WAIVABLE,
      'A folder of the node as the cache.',
      'Pod Security allows hostPath at the level privileged only: the folder of a node is a way out of the container.',
    ),
    check(
      'gpu-toleration',
      WAIVABLE,
      'Pods that no node of their pools takes.',
      'GPU nodes are tainted, so that nothing else lands on them. A JSON patch can take the toleration away that the placement wrote; the pod is then Pending for ever.',
    ),
    check(
      'pod-security',
      WAIVABLE,
      'Pods that their namespace refuses.',
      'Where the level of Pod Security is enforced, the server takes the workload and refuses its pods one by one, in an event. Judged in namespaces that the app itself declares; a workload that somebody wrote beside ours is a warning, as a webhook may set it right.',
    ),
    check(
      'lora-adapters',
      FINAL,
      'Adapters that clients could not ask for.',
      'The name of an adapter is the model that a request names; two of a name are one.',
    ),
  ]),
  ...asks('Does it start and stop in time?', [
    check(
      'startup',
      WAIVABLE,
      'A startup probe shorter than the model load: a crash loop that downloads for ever.',
      'A fixed delay stands in for a load time that depends on the model (kserve/kserve#5062). The probe allows twice the stated or derived cold start.',
    ),
    check(
      'shutdown',
      WAIVABLE,
      'Answers that are cut because the machine is gone before they end.',
      'Spot machines are taken away with 30 s (GKE, AKS) or 120 s (EKS) of notice, whatever the grace period; cluster autoscalers wait 10 minutes at most by default.',
    ),
    check(
      'karpenter-consolidation',
      WAIVABLE,
      'Karpenter moving busy GPU pods, because their CPU looks idle.',
      'Consolidation counts CPU and memory, not GPU use (defilantech/LLMKube#658).',
    ),
  ]),
  ...asks('Is there room for it?', [
    check(
      'capacity',
      WAIVABLE,
      'Services that do not fit their pools, alone or together.',
      'GPUs are not overcommitted: a pod too many stays Pending for ever.',
    ),
    check(
      'whole-machine-sharing',
      WAIVABLE,
      'Pods that need a whole machine, in a pool where smaller ones may be on every machine.',
      'The scheduler prefers the machine with the most left (Kubernetes documentation, "Scheduler Configuration": LeastAllocated), so small pods take one empty machine after the other; nothing moves them together again, and a group that needs whole machines stays Pending.',
    ),
    check(
      'rollout-surge',
      WAIVABLE,
      'A release that needs a GPU which the pools do not have.',
      'The new pod waits for the GPU of the old one, which is kept until the new one is ready (defilantech/LLMKube#192).',
    ),
    check(
      'tenant-quota',
      WAIVABLE,
      'A quota smaller than what is declared in its namespace.',
      'Pods beyond the quota are not made at all; only an event says so (kubernetes/kubernetes#89209).',
    ),
    check(
      'tenant-queue',
      FINAL,
      'A queue that hands out nothing, or to nobody.',
      'Kueue leaves every pod of it suspended.',
    ),
    check(
      'priority-class',
      FINAL,
      'Priority classes that the namespace does not allow, or that come too late.',
      'A quota of no pods for other classes refuses the pods; only an event of their StatefulSet says so.',
    ),
    check(
      'preemption',
      WAIVABLE,
      'A service whose only pod another service may end.',
      'The scheduler ends pods of a lower priority to make room; nothing holds it back where there is one replica, and a model takes minutes to load again.',
    ),
    check(
      'single-zone',
      WAIVABLE,
      'Replicas that all fail with one zone.',
      'A zone is what fails as a whole, and what runs out of GPUs first.',
    ),
  ]),
  ...asks('What does it cost?', [
    check('cost', FINAL, 'Prices and hours that cannot be.', 'A sum over wrong prices looks like any other.'),
  ]),
  ...asks('Are the model and the machines known?', [
    check(
      'placement-pools',
      FINAL,
      'Pools that cannot serve one workload together.',
      'A container requests one extended resource; a MIG slice and a whole GPU have different names.',
    ),
    check(
      'placement-target',
      FINAL,
      'A placement that is applied to something without pods.',
      'It would change nothing, silently.',
    ),
    check('model-known', FINAL, 'A model that nobody described.', 'Without its architecture nothing can be derived.'),
    check(
      'model-task',
      FINAL,
      'A model on a server for another task, or a promise that its task does not have.',
      'An embedding server has no endpoint for chat, and its image no engine that generates. What makes vectors holds no sequences, so it cannot promise any.',
    ),
    check(
      'model-config',
      FINAL,
      'A config.json that does not say enough.',
      'A guessed architecture is a guessed memory.',
    ),
    check('node-pool', FINAL, 'Node pools that cannot exist.', 'Everything else is derived from the pool.'),
    check(
      'gpu-partition',
      FINAL,
      'MIG profiles and shares that the GPU or the platform does not have.',
      'The resource or label would match no node.',
    ),
  ]),
  ...asks('Is what runs what was reviewed?', [
    check(
      'image-pinning',
      WAIVABLE,
      'Images that change under a running release.',
      'A tag can be moved; latest is moved. A pod that restarts then runs what nobody reviewed.',
    ),
    check(
      'artifact-pinning',
      WAIVABLE,
      'Weights that change under a running release.',
      'A branch moves with every push, and so does what a pod downloads at its next start; nobody reviewed it.',
    ),
    check(
      'artifact-checksum',
      WAIVABLE,
      'Weights that nobody verified.',
      'Whoever can write to a bucket or answer for a URL decides what the model says; a broken download is noticed late or never.',
    ),
    check(
      'image-lock',
      WAIVABLE,
      'Images whose digest nobody looked up and reviewed.',
      'With a lock, every tag is written with the digest that it stood for; a tag that the lock lacks would be the one that moves.',
    ),
    check(
      'admission-policy',
      FINAL,
      'A policy that refuses what nobody meant, or nothing.',
      'Without pools or registries every pod breaks a rule; an unknown rule or mode would be left out silently.',
    ),
    check(
      'flux-source',
      FINAL,
      'A source that Flux cannot verify.',
      'Commits are signed with keys, artifacts with cosign; Flux takes neither for the other, and applies nothing.',
    ),
    check(
      'literal-secret',
      WAIVABLE,
      'Secrets in Git.',
      'What is in a manifest is in the history of the repository for good. Found in every object by the prefixes that issuers give their tokens; in variables, arguments, annotations and ConfigMaps also by names that promise a secret and by values that look random.',
    ),
    check('secret-data', FINAL, 'A Secret with data in Git.', 'The same, in the form that everybody scans for.'),
    check(
      'duplicate-environment',
      WAIVABLE,
      'Two values for one environment variable.',
      'The API server keeps both, the last one wins, and server-side apply fails on the merge key.',
    ),
    check(
      'gpu-requests',
      WAIVABLE,
      'Containers that get a GPU without saying how much CPU and memory they need.',
      'The scheduler puts them on a node that has none left, and they are the first to be killed.',
    ),
    check(
      'runtime-setting',
      FINAL,
      'Settings that the server in this version does not know.',
      'Some servers end at once, others ignore them silently.',
    ),
    check(
      'runtime-version',
      FINAL,
      'A server whose version nobody knows.',
      'Ports, paths, metrics and settings depend on it.',
    ),
    check(
      'runtime-user',
      FINAL,
      'Images that start as root only.',
      'Pods here run as a plain user, as the restricted Pod Security level asks. The public images of TGI keep Python in the home of root since 3.1 (huggingface/text-generation-inference#3082).',
    ),
    check(
      'runtime-archived',
      WAIVABLE,
      'Servers that nobody maintains.',
      'Holes stay open, and new models and GPUs never come. Text Generation Inference was archived in March 2026.',
    ),
    check(
      'runtime-contract',
      WAIVABLE,
      'Servers of your own of which nobody stated enough.',
      'What is not stated is assumed to be bad: no restart of a server that hangs, no scaler, a wait at every stop.',
    ),
    check('image-reference', FINAL, 'Text that is no image.', 'The kubelet would say InvalidImageName.'),
    check(
      'credentials',
      FINAL,
      'A server without the credential that it needs, or with one that it cannot read.',
      'The container ends at its start, or is never made (CreateContainerConfigError).',
    ),
    check('volumes', FINAL, 'Mounts and volumes that do not match.', 'The API server refuses the pod.'),
    check(
      'pod-additions',
      FINAL,
      'Containers and tolerations of your own that the API server refuses in a pod.',
      'It takes some workloads all the same, and only the events of their controller say why there is no pod.',
    ),
  ]),
  ...asks('How many pods, when?', [
    check(
      'scaler-bounds',
      FINAL,
      'A least and a most between which nothing can be scaled, and schedules beyond them.',
      'The pool or the quota ends before the scaler does: pods stay Pending, or it never does anything.',
    ),
    check(
      'scaler-conflict',
      FINAL,
      'Two that decide on one number of pods, or somebody who counts on it.',
      'A HorizontalPodAutoscaler beside a ScaledObject takes away what the other adds (KEDA documentation, "Scaling Deployments").',
    ),
    check(
      'external-metrics',
      WAIVABLE,
      'Scalers of KEDA and HorizontalPodAutoscalers of the Prometheus adapter in one cluster: one kind gets no numbers.',
      'An API has one server in a cluster, and KEDA is that of external.metrics.k8s.io as soon as it is installed (KEDA documentation, "Frequently Asked Questions"). What it takes the place of answers nothing any more, and nobody says so.',
    ),
    check(
      'scaling-metric',
      FINAL,
      'Metrics that no number of pods follows from.',
      'A target of 0 divides by 0, and a scaler without an answer leaves everything as it is.',
    ),
    check(
      'scaling-schedule',
      FINAL,
      'Times that are none, and replicas that cannot be there in time.',
      'They come one after the other, a cold start each.',
    ),
    check(
      'scale-to-zero',
      FINAL,
      'Services without a pod that nobody would ever start.',
      'A pod that is not there has no queue: something in front of it must count.',
    ),
    check(
      'cold-start',
      WAIVABLE,
      'Callers who wait for a first pod longer than was accepted.',
      'Clients and load balancers give up first; what the pod then answers nobody reads.',
    ),
    check(
      'warm-pool',
      FINAL,
      'Placeholders that keep no node ready, or whose place nobody gets.',
      'The scheduler ends pods of a lower priority only, and a quota counts all of them.',
    ),
  ]),
  ...asks('How does a new version arrive?', [
    check(
      'canary-weight',
      FINAL,
      'Weights that are no percentages, or that do not rise.',
      'Gateway API weights are proportions; 120 of 220 is not what was meant.',
    ),
    check(
      'canary-size',
      WAIVABLE,
      'Requests sent to a canary that has too few pods, or none.',
      'A backend without endpoints answers 503 for its whole share.',
    ),
    check(
      'canary-step',
      FINAL,
      'A release that stands at a step it does not have.',
      'Nobody could say what is applied.',
    ),
    check(
      'canary-shape',
      FINAL,
      'Parts of a release that do not go together.',
      'Weights need a route and two Services; a partition needs a StatefulSet.',
    ),
    check(
      'canary-partition',
      WAIVABLE,
      'A partition of one replica.',
      'The service would be down for as long as the model loads.',
    ),
    check(
      'canary-shadow',
      WAIVABLE,
      'Requests that are sent to the candidate as well, with all that they cause.',
      'A mirrored request is a whole request: prompts stand in two logs, tokens are counted twice, tools are called twice (Gateway API, HTTPRequestMirrorFilter).',
    ),
    check(
      'canary-analysis',
      FINAL,
      'Thresholds, shares and pauses with which no canary, or every canary, would pass.',
      'A release would stop, or go on, whatever its numbers are.',
    ),
    check(
      'canary-unwatched',
      WAIVABLE,
      'A controller that asks for series which nobody writes.',
      'A service without requests must stay releasable, so silence is no reason against a version: every one would be promoted.',
    ),
    check(
      'smoke-test',
      FINAL,
      'A smoke test that cannot ask what it is to ask.',
      'It would fail for good candidates, and be waived for bad ones.',
    ),
    check(
      'argo-rollout-on-statefulset',
      FINAL,
      'Argo Rollouts or Flagger on a StatefulSet.',
      'Neither supports it; the schema does not say so, and the object hangs (argoproj/argo-rollouts#1635).',
    ),
    check(
      'replicas-under-scaler',
      WAIVABLE,
      'A replica count in Git under an autoscaler.',
      'Every apply resets what the scaler decided (argoproj/argo-cd#5105).',
    ),
    check(
      'pdb-blocks-drain',
      WAIVABLE,
      'A disruption budget that lets no pod go, ever.',
      'Nodes cannot be drained, so upgrades of the cluster hang (Kubernetes documentation, "Safely Drain a Node").',
    ),
  ]),
  ...asks('What would the commit do to what runs?', [
    check(
      'committed-manifests',
      FINAL,
      'A committed state that cannot be read, so that nothing is compared.',
      'A guard that says nothing because it saw nothing is worse than none.',
    ),
    check(
      'immutable-change',
      WAIVABLE,
      'A change of a field that cannot change after the birth of its object.',
      'The API server refuses it, and Flux then applies nothing of the whole folder until a person deletes the object (kubernetes/kubernetes pkg/apis, the update validation of each kind).',
    ),
    check(
      'deleted-data',
      WAIVABLE,
      'Data that a commit deletes: a claim or a namespace that it leaves out, for pruning to take, or that Flux is told to make anew.',
      'Flux prunes what it applied before and does not find any more; weights of hundreds of GB take hours to come back, and fine-tunes may not.',
    ),
    check(
      'scaler-handover',
      WAIVABLE,
      'Replicas that Git gives up to a scaler, or takes back from one: pods end at once.',
      'A field that its only owner stops applying becomes its default, which for replicas is 1 (Kubernetes documentation, "Server-Side Apply", transferring ownership). A field that it begins to apply becomes what is written down, however many replicas the scaler had made.',
    ),
    check(
      'lost-pods',
      WAIVABLE,
      'Selectors that lose their pods, and pods that all end before the next ones serve.',
      'Flux applies a commit at once and prunes right after it. A model loads for minutes, and its Service answers nobody meanwhile.',
    ),
    check(
      'release-order',
      WAIVABLE,
      'A step of a release that was skipped: requests for pods that only begin to load.',
      'Weights count as soon as the route is applied; a backend without a ready pod answers its part of the requests with 503 (Gateway API, HTTPBackendRef).',
    ),
    check(
      'concurrent-rollouts',
      WAIVABLE,
      'Several services that roll out in one commit, with room for one.',
      'Each alone would find its spare GPU; together some stay pending, and Flux gives up waiting for all of them.',
    ),
  ]),
  ...asks('Who may talk?', [
    check(
      'network-nobody-may-call',
      FINAL,
      'A server that nobody can reach.',
      'A policy without ingress peers denies everybody.',
    ),
    check('network-selector', FINAL, 'A policy that selects every pod, or none.', 'It would cut off its neighbours.'),
    check('network-peer', FINAL, 'Peers that mean everybody, or nobody.', 'An empty peer list allows all.'),
    check('network-port', FINAL, 'Ports that are none.', 'The API server refuses them.'),
    check(
      'network-dns',
      FINAL,
      'Downloads without name resolution.',
      'Denying egress denies DNS (kubernetes/website#38267).',
    ),
    check('network-cidr', FINAL, 'Address ranges that are none.', 'The API server refuses them.'),
    check(
      'network-platform',
      WAIVABLE,
      'Network settings of a platform that the pools are not on.',
      'The cluster has no such kind, so Flux stops at the object; or nobody answers at the address.',
    ),
    check(
      'workload-identity',
      WAIVABLE,
      'Pods that the cloud takes for nobody.',
      'The download answers 403, and the pod never becomes ready. Each cloud wants something else on service account and pod.',
    ),
    check(
      'user-namespace',
      WAIVABLE,
      'Users of the pod alone, where cluster or volumes do not know them.',
      'Older nodes run the pod with the users of the host, and say nothing; a file system that cannot map users keeps it from starting (kubernetes.io, "User Namespaces").',
    ),
    check(
      'network-download',
      WAIVABLE,
      'Downloads from a store inside the cluster that the network policy closes.',
      'A policy opens addresses, and a private name does not say which. The download waits until it gives up, and nothing says why (ionfury/homelab#907 is the same with a port).',
    ),
    check('network-host', FINAL, 'Host names that are none.', 'A policy by name would match nothing.'),
    check('route-hostnames', FINAL, 'Routes for every host, or for none.', 'One team would answer for all others.'),
    check(
      'route-conflict',
      WAIVABLE,
      'Two routes for the same host and path.',
      'Gateway API gives everything to the older one, and tells it only in the status of the other.',
    ),
    check('route-backends', FINAL, 'Routes to nowhere.', 'A rule without a weighted backend answers 500.'),
    check(
      'open-endpoint',
      WAIVABLE,
      'A model that everybody may use who reaches the gateway.',
      'Servers ask for one key at most, and many for none; strangers find them: a search with Shodan found over 1,100 open Ollama servers (Cisco, "Detecting Exposed LLM Servers", 2025).',
    ),
    check(
      'route-authentication',
      FINAL,
      'Keys, tokens and quotas that nobody would check, or that would let nobody pass.',
      'Gateway API has no word for them: each gateway has objects of its own, and does not read those of others.',
    ),
    check(
      'gateway-bypass',
      WAIVABLE,
      'A way to the server around the gateway that asks for a key.',
      'The pods themselves ask nobody: what the network policy lets through is let in.',
    ),
    check('route-paths', FINAL, 'Routes to everything that a server listens on.', 'Servers leave endpoints unguarded.'),
    check('route-header', FINAL, 'Headers that no client can send.', 'The smoke route would never match.'),
    check(
      'route-timeout',
      FINAL,
      'Timeouts that Gateway API cannot express.',
      'Its durations have four units and five digits.',
    ),
    check(
      'gateway-feature',
      FINAL,
      'What a route asks of a gateway that has no word for it.',
      'It would be ignored without a trace: a fallback that never answers, a limit that lets everybody through, a health check of GKE at a path where no inference server answers.',
    ),
    check(
      'ingress-nginx-retired',
      WAIVABLE,
      'Routes through ingress-nginx, which nobody maintains.',
      'Kubernetes announced its end on 11 November 2025; since March 2026 there are no releases and no mended holes (kubernetes.io/blog/2025/11/11/ingress-nginx-retirement).',
    ),
    check(
      'answer-cut',
      WAIVABLE,
      'Answers that take longer than the gateway waits for them when a pod goes, or when it reads its configuration anew.',
      'They break off in the middle, and were paid for. ingress-nginx waits as long as its ConfigMap says (worker-shutdown-timeout, kubernetes/ingress-nginx#8977), load balancers of GKE at most an hour (GCPBackendPolicy).',
    ),
    check(
      'route-limits',
      WAIVABLE,
      'A gateway that sends away what the service promises to compute.',
      'Requests above the limit are answered 503 while GPUs stand idle.',
    ),
    check(
      'route-fallback',
      WAIVABLE,
      'A fallback that answers to another name of the model, or keeps the gateway out.',
      'Servers of the OpenAI API answer 404 when the model of a request is not one of their names. What a network policy drops waits until the gateway gives up.',
    ),
  ]),
  ...asks('Who watches it?', [
    check(
      'slo-unalertable',
      WAIVABLE,
      'A promise so low that its alert stays silent in a total outage.',
      'An alert at 14.4 times the error budget of a p90 waits until 144 % of all requests are bad. At most all of them are, so promises and burn rates belong together (SRE workbook, "Alerting on SLOs").',
    ),
    check(
      'signal-missing',
      FINAL,
      'A promise about something that the server does not measure.',
      'A rule over a metric that is not exported has no series and never fires. Names and what is told differ by server and release.',
    ),
    check(
      'unwatched-objective',
      WAIVABLE,
      'Promises whose breaking nobody is told of.',
      'An objective without alerts is a sentence in a document.',
    ),
    check(
      'scrape-target',
      WAIVABLE,
      'Pods that are watched, or scaled by what they tell, and of which nothing is told.',
      'Rules and dashboards without series are silent, which looks like health; a scaler without them follows no load.',
    ),
    check(
      'telemetry',
      WAIVABLE,
      'Traces that are not sent as stated, or that the network policy would stop.',
      'Who looks for a trace that is not there looks in the wrong place; vLLM ends at its start where packages are missing (vllm-project/vllm#9340).',
    ),
    check('monitoring', FINAL, 'Monitoring that cannot be.', 'Addresses, labels and intervals go into every rule.'),
  ]),
  ...asks('Is the YAML sound?', [
    check(
      'names',
      FINAL,
      'Names and labels that the API server refuses, or that become too long once Kubernetes appends to them.',
      'A StatefulSet writes its name and a revision hash into a label of 63 characters.',
    ),
    check('numbers', FINAL, 'Numbers that cannot be.', 'Everything derived from them would be wrong too.'),
    check('duplicate-objects', FINAL, 'Two objects of one name.', 'One overwrites the other, or Flux refuses both.'),
    check('no-null', FINAL, 'Values that were lost on their way.', 'A null is a field that a JSON patch lost.'),
    check(
      'lost-value',
      FINAL,
      'Values that a typed object drops.',
      'A JSON patch of a typed object is filtered by its type, without a word: a plain string where the type wants a Quantity, as in quotas, limits and requests, a plain number where it wants an IntOrString, and fields that the type does not know.',
    ),
    check(
      'flux-substitution',
      FINAL,
      'Text that Flux would replace.',
      'Flux substitutes what looks like one of its variables, and fails on those that it does not know.',
    ),
    check('yaml-value', FINAL, 'Values that YAML cannot hold.', 'NaN is no JSON.'),
    check(
      'file-layout',
      FINAL,
      'Files outside of the output directory, and files that would overwrite each other or what others wrote.',
      'The layout is yours to choose; two files of one path are not.',
    ),
    check('dependency-cycle', FINAL, 'Objects that wait for each other.', 'No order of apply would satisfy them.'),
    check(
      'waivers',
      FINAL,
      'Waivers that waive nothing.',
      'An unknown id waives nothing, and a waiver without a reason tells a reviewer nothing.',
    ),
  ]),
] as const satisfies readonly Check[];

/** Ids of all checks: what a message shows and a waiver names. */
export type CheckId = (typeof CHECKS)[number]['id'];

/**
 * Checks of the change from one commit to the next. The app waives them as a whole, since what they find may be gone; and
 * nothing of them is written down, for the next synthesis compares with what this one wrote.
 */
export const ABOUT_A_COMMIT: ReadonlySet<CheckId> = new Set<CheckId>([
  'committed-manifests',
  'immutable-change',
  'deleted-data',
  'scaler-handover',
  'lost-pods',
  'release-order',
  'concurrent-rollouts',
]);

/**
 * Checks that need the finished manifests, their files or the scorecard: only `InferenceApp` runs them. All others run in
 * cdk8s' own App and in `Testing.synth` as well.
 */
export const ONLY_IN_INFERENCE_APP: ReadonlySet<CheckId> = new Set<CheckId>([
  ...ABOUT_A_COMMIT,
  'image-lock',
  'secret-data',
  'argo-rollout-on-statefulset',
  'gpu-requests',
  'gpu-toleration',
  'pod-security',
  'route-conflict',
  'replicas-under-scaler',
  'pdb-blocks-drain',
  'duplicate-objects',
  'no-null',
  'lost-value',
  'flux-substitution',
  'yaml-value',
  'file-layout',
  'dependency-cycle',
  'cost',
]);

/** The check of that id; undefined when there is none. */
export function findCheck(id: string): Check | undefined {
  return CHECKS.find((candidate) => candidate.id === id);
}
