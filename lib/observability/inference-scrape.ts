import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { PodMonitor } from '../../imports/monitoring.coreos.com';
import { PodMonitoring } from '../../imports/monitoring.googleapis.com';
import { reportErrors, reportWarnings } from '../checks/report';
import { dnsSubdomainProblems, shown } from '../problem/names';
import { Problem } from '../problem/problem';
import { MODEL_LABEL, ROLE_LABEL, SERVICE_LABEL, TRACK_LABEL } from '../signals/pod-selection';
import { MonitoredService } from './monitored-service';
import { Monitoring } from './monitoring';
import { ScrapeTarget, scrapeTargets, targetProblems } from './scrape-targets';

export interface InferenceScrapeProps {
  /** What is scraped: every pod that tells something of itself, exactly once. */
  readonly service: MonitoredService;
  /** By whom. */
  readonly monitoring: Monitoring;
}

/** Prometheus' own default; a server that is busy for longer is told to be down. */
const TIMEOUT_SECONDS = 10;

/**
 * Series of one scrape, beyond which it fails as a whole: some ten times what vLLM tells with one engine, and as much again
 * for each GPU, since SGLang tells of ranks and vLLM of engines. An estimate.
 */
const SAMPLES = { base: 5000, perGpu: 1000 } as const;

/**
 * Labels of one series, those of the target included: vLLM tells its whole cache configuration as labels of one
 * (vllm:cache_config_info), about thirty.
 */
const LABELS = 64;
const LABEL_VALUE_LENGTH = 1024;

/**
 * Scrapes the pods of a service, each exactly once: a PodMonitor or PodMonitoring selects pods, where a ServiceMonitor would
 * find them behind each of their Services. Every series gets the labels by which rules and dashboards select: `namespace`,
 * `pod`, `inference_service`, `inference_model`, `track` and `role`. Workers of a group open no port, and are not asked.
 *
 * No server has labels of single requests by itself, so nothing is dropped; what a server tells too much of fails the scrape
 * (`sampleLimit`) instead of filling Prometheus.
 */
export class InferenceScrape extends Construct {
  /** One, or one for each track where their servers differ; and that of a router. */
  readonly monitors: readonly ApiObject[];

  constructor(scope: Construct, id: string, props: InferenceScrapeProps) {
    super(scope, id);
    const { service, monitoring } = props;
    const targets = scrapeTargets(service);
    const write = monitoring.implementation === 'google-managed' ? podMonitoring : podMonitor;
    this.monitors = targets.map((target) => write(this, target, props));
    reportErrors(this, [
      ...targets.flatMap(({ name }) => dnsSubdomainProblems('monitor name', name)),
      ...modelProblems(service),
    ]);
    reportWarnings(this, targetProblems(service));
  }
}

const labelsOf = ({ service: { name }, monitoring }: InferenceScrapeProps) => ({
  ...monitoring.labels,
  'app.kubernetes.io/name': 'inference-scrape',
  'app.kubernetes.io/instance': name,
  'app.kubernetes.io/component': 'monitoring',
});

const modelOf = ({ name, model = name }: MonitoredService) => model;

/** Prometheus and Flux each take `$` for the beginning of something else. */
function modelProblems(service: MonitoredService): Problem[] {
  const model = modelOf(service);
  if (/^[^$\n]{1,200}$/.test(model)) return [];
  return [
    {
      check: 'names',
      message: `model ${shown(model)} cannot be the value of a label.`,
      remedy: 'Use 1 to 200 characters on one line, without "$".',
    },
  ];
}

const samplesOf = ({ gpus }: ScrapeTarget) => SAMPLES.base + SAMPLES.perGpu * gpus;

function podMonitor(scope: Construct, target: ScrapeTarget, props: InferenceScrapeProps): ApiObject {
  const { service, monitoring } = props;
  return new PodMonitor(scope, target.id, {
    metadata: { name: target.name, labels: labelsOf(props) },
    spec: {
      selector: target.selector,
      podMetricsEndpoints: [
        {
          port: target.port,
          path: target.path,
          interval: monitoring.scrapeInterval,
          scrapeTimeout: timeoutOf(monitoring),
          // Of the target, so that `up` has them too.
          relabelings: [
            // Another container may have a port of this name.
            { action: 'keep', sourceLabels: ['__meta_kubernetes_pod_container_name'], regex: target.container },
            { targetLabel: SERVICE_LABEL, replacement: service.name },
            { targetLabel: MODEL_LABEL, replacement: modelOf(service) },
            ...[TRACK_LABEL, ROLE_LABEL].map((label) => ({
              sourceLabels: [`__meta_kubernetes_pod_label_${label}`],
              targetLabel: label,
            })),
          ],
        },
      ],
      sampleLimit: samplesOf(target),
      labelLimit: LABELS,
      labelValueLengthLimit: LABEL_VALUE_LENGTH,
    },
  });
}

/** Google's collector allows no relabeling of targets, only labels of the pod; `up` has no model for that reason. */
function podMonitoring(scope: Construct, target: ScrapeTarget, props: InferenceScrapeProps): ApiObject {
  const { service, monitoring } = props;
  return new PodMonitoring(scope, target.id, {
    metadata: { name: target.name, labels: labelsOf(props) },
    spec: {
      selector: target.selector,
      endpoints: [
        {
          // By number: another container may have a port of this name. Every pod that is selected is asked at it.
          port: target.number,
          path: target.path,
          interval: monitoring.scrapeInterval,
          timeout: timeoutOf(monitoring),
          metricRelabeling: [{ action: 'replace', targetLabel: MODEL_LABEL, replacement: modelOf(service) }],
        },
      ],
      targetLabels: {
        // No container: of a port by number the collector tells none.
        metadata: ['pod', 'node'],
        fromPod: [
          { from: 'app.kubernetes.io/instance', to: SERVICE_LABEL },
          ...[TRACK_LABEL, ROLE_LABEL].map((label) => ({ from: label, to: label })),
        ],
      },
      limits: { samples: samplesOf(target), labels: LABELS, labelValueLength: LABEL_VALUE_LENGTH },
    },
  });
}

/** A timeout above the interval is refused. */
const timeoutOf = ({ scrapeInterval }: Monitoring) =>
  `${Math.min(TIMEOUT_SECONDS, Number.parseInt(scrapeInterval, 10))}s`;
