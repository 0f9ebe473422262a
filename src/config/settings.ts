// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { eventFormats } from '../api/rollout-spec.js';
import {
  booleanSetting,
  choiceSetting,
  durationSetting,
  listSetting,
  positiveNumberSetting,
  textSetting,
  urlSetting,
  wholeNumberSetting,
} from './setting.js';

const cluster = {
  kubeconfig: textSetting('', {
    flag: 'kubeconfig',
    group: 'Cluster',
    help: 'Path to a kubeconfig file. Only needed outside the cluster.',
  }),
  master: textSetting('', {
    flag: 'master',
    group: 'Cluster',
    help: 'Address of the Kubernetes API server; overrides the one in the kubeconfig file. Only needed outside the cluster.',
  }),
  kubeconfigQps: positiveNumberSetting('100', {
    flag: 'kubeconfig-qps',
    group: 'Cluster',
    unit: 'requests per second',
    help: 'Highest sustained rate of requests to the Kubernetes API.',
  }),
  kubeconfigBurst: wholeNumberSetting('250', [1, 1_000_000], {
    flag: 'kubeconfig-burst',
    group: 'Cluster',
    unit: 'requests',
    help: 'Requests to the Kubernetes API that may exceed -kubeconfig-qps at once.',
  }),
  namespace: textSetting('', {
    flag: 'namespace',
    group: 'Cluster',
    help: 'The only namespace to watch. Empty watches all namespaces.',
  }),
  noCrossNamespaceRefs: booleanSetting('false', {
    flag: 'no-cross-namespace-refs',
    group: 'Cluster',
    help: 'Refuse Canaries that refer to a MetricTemplate or an AlertProvider of another namespace.',
  }),
  enableLeaderElection: booleanSetting('false', {
    flag: 'enable-leader-election',
    group: 'Cluster',
    help: 'Elect a leader, so that of several replicas only one works.',
  }),
  leaderElectionNamespace: textSetting('kube-system', {
    flag: 'leader-election-namespace',
    group: 'Cluster',
    help: 'Namespace of the leader election Lease. When -namespace is set, that one is used instead.',
  }),
};

const rollouts = {
  meshProvider: choiceSetting('skipper', ['skipper', 'kubernetes'], {
    flag: 'mesh-provider',
    group: 'Rollouts',
    help: 'Traffic provider of Canaries that name none: skipper or kubernetes.',
  }),
  metricsServer: textSetting('http://prometheus:9090', {
    flag: 'metrics-server',
    group: 'Rollouts',
    secrecy: 'urlUser',
    help: 'Address of the Prometheus server that answers the built-in metrics and inline queries; or skipper: the operator reads the built-in metrics from Skipper itself.',
  }),
  analysisIntervalFloorMs: durationSetting('10s', 1, {
    flag: 'analysis-interval-floor',
    group: 'Rollouts',
    help: 'Shortest analysis interval: a Canary with a shorter one is analysed at this interval.',
  }),
  settleTimeMs: durationSetting('5s', 0, {
    flag: 'settle-time',
    group: 'Rollouts',
    help: 'Time after a change of routes until Skipper has taken it over. No pods are scaled down and no metric is judged before it has passed. Add 3s when Skipper reads its routes from routesrv.',
  }),
  controlLoopIntervalMs: durationSetting('10s', 1, {
    flag: 'control-loop-interval',
    group: 'Rollouts',
    help: 'Accepted for compatibility, without effect: changes in the cluster are acted on at once.',
  }),
  threadiness: wholeNumberSetting('2', [1, 1_000], {
    flag: 'threadiness',
    group: 'Rollouts',
    unit: 'workers',
    help: 'Canaries that are reconciled at the same time.',
  }),
};

/** For Canaries whose metrics server is skipper. */
const skipperCounters = {
  skipperNamespace: textSetting('kube-system', {
    flag: 'skipper-namespace',
    group: 'Rollouts',
    help: 'Namespace of Skipper, for metrics server skipper.',
  }),
  skipperSelector: textSetting('kubernetes.io/service-name=skipper-ingress', {
    flag: 'skipper-selector',
    group: 'Rollouts',
    help: 'Label selector of the EndpointSlices that hold the replicas of Skipper, for metrics server skipper. An EndpointSlice has the labels of its Service and kubernetes.io/service-name.',
  }),
  skipperMetricsPort: wholeNumberSetting('9911', [1, 65_535], {
    flag: 'skipper-metrics-port',
    group: 'Rollouts',
    help: 'Port on which each replica of Skipper serves /metrics, for metrics server skipper.',
  }),
  skipperMetricsAddresses: listSetting('', {
    flag: 'skipper-metrics-addresses',
    group: 'Rollouts',
    help: 'Comma-separated addresses of the metrics of all replicas of Skipper, such as http://10.0.0.5:9911; takes the place of -skipper-namespace, -skipper-selector and -skipper-metrics-port.',
  }),
};

const workloads = {
  includeLabelPrefixes: listSetting('', {
    flag: 'include-label-prefix',
    group: 'Workloads',
    help: 'Comma-separated prefixes of labels and annotations that are copied from the target to the primary; * copies all.',
  }),
  selectorLabels: listSetting('app,name,app.kubernetes.io/name', {
    flag: 'selector-labels',
    group: 'Workloads',
    help: 'Comma-separated labels, the first of which that the pod selector of a target has tells its pods from those of the primary.',
  }),
  enableConfigTracking: booleanSetting('true', {
    flag: 'enable-config-tracking',
    group: 'Workloads',
    help: 'Treat a change of a ConfigMap or Secret that the target uses as a new revision, and give the primary its own copies.',
  }),
  ingressIgnoredAnnotationPrefixes: listSetting('', {
    flag: 'ingress-ignored-annotation-prefixes',
    group: 'Workloads',
    help: 'Comma-separated prefixes of labels and annotations that are not copied from the apex Ingress to the canary Ingress, besides those of kubectl, Argo CD, Flux, Helm, cert-manager and external-dns.',
  }),
};

const notifications = {
  slackUrl: urlSetting('', {
    flag: 'slack-url',
    env: 'SLACK_URL',
    group: 'Notifications',
    secrecy: 'urlPath',
    help: 'Slack webhook, or the address of its chat.postMessage API, that receives the alerts of Canaries without alerts of their own.',
  }),
  slackToken: textSetting('', {
    flag: 'slack-token',
    env: 'SLACK_TOKEN',
    group: 'Notifications',
    secrecy: 'value',
    help: 'Bot token for the Slack API.',
  }),
  slackProxyUrl: urlSetting('', {
    flag: 'slack-proxy-url',
    env: 'SLACK_PROXY_URL',
    group: 'Notifications',
    secrecy: 'urlUser',
    help: 'HTTP proxy on the way to Slack.',
  }),
  slackUser: textSetting('flagger', {
    flag: 'slack-user',
    group: 'Notifications',
    help: 'User name shown in Slack.',
  }),
  slackChannel: textSetting('', {
    flag: 'slack-channel',
    group: 'Notifications',
    help: 'Slack channel; general when empty.',
  }),
  msteamsUrl: urlSetting('', {
    flag: 'msteams-url',
    env: 'MSTEAMS_URL',
    group: 'Notifications',
    secrecy: 'urlPath',
    help: 'Microsoft Teams webhook; takes the place of Slack.',
  }),
  msteamsProxyUrl: urlSetting('', {
    flag: 'msteams-proxy-url',
    env: 'MSTEAMS_PROXY_URL',
    group: 'Notifications',
    secrecy: 'urlUser',
    help: 'HTTP proxy on the way to Microsoft Teams.',
  }),
  eventWebhook: urlSetting('', {
    flag: 'event-webhook',
    env: 'EVENT_WEBHOOK_URL',
    group: 'Notifications',
    secrecy: 'urlPath',
    help: 'Webhook that receives every event of Canaries without event webhooks of their own.',
  }),
  eventWebhookFormat: choiceSetting('flagger', eventFormats, {
    flag: 'event-webhook-format',
    group: 'Notifications',
    help: 'How events are written to event webhooks that do not say: flagger (the body of every webhook), cloudevents (CloudEvents 1.0 in JSON) or cloudevents-binary (its attributes as headers).',
  }),
  alertLink: textSetting('', {
    flag: 'alert-link',
    group: 'Notifications',
    help: 'URL added to each alert, with the placeholders that docs/alerting.md names.',
  }),
  clusterName: textSetting('', {
    flag: 'cluster-name',
    group: 'Notifications',
    help: 'Name of the cluster, shown in alerts.',
  }),
};

const operatorProcess = {
  port: wholeNumberSetting('8080', [0, 65_535], {
    flag: 'port',
    group: 'Process',
    help: 'Port of /metrics, /healthz and /readyz. 0 takes a free one.',
  }),
  logLevel: choiceSetting('debug', ['debug', 'info', 'warn', 'error', 'fatal', 'panic'], {
    flag: 'log-level',
    aliases: { warning: 'warn' },
    group: 'Process',
    help: 'Least severe log lines that are written: debug, info, warn (or warning), error, fatal or panic.',
  }),
  zapEncoding: choiceSetting('json', ['json', 'console'], {
    flag: 'zap-encoding',
    group: 'Process',
    help: 'Form of the log lines: json or console.',
  }),
};

/** Every setting of the operator: flag, environment variable, default, unit and help in one place. */
export const Settings = z.strictObject({
  ...cluster,
  ...rollouts,
  ...skipperCounters,
  ...workloads,
  ...notifications,
  ...operatorProcess,
});
export type Settings = Readonly<z.infer<typeof Settings>>;

/** Namespace of the leader election Lease; in a namespaced install the operator may write nowhere else. */
export function leaseNamespace(settings: Settings): string | undefined {
  return settings.namespace ?? settings.leaderElectionNamespace;
}
