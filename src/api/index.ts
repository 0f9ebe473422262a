// SPDX-License-Identifier: Apache-2.0
// Types and schemas of the objects that this program reads and writes: the three own kinds and what it uses of Kubernetes.
// The zod schemas are the single source of types, validation, defaults and of crds/*.yaml.
// Must not do I/O, read a clock, or throw on any object, whatever it holds.
// Main types: Canary, RolloutSpec (what a Canary asks for, made by normaliseSpec), CanaryStatus, MetricTemplate,
// AlertProvider, KubeObject.
export { alertProviderTypes, readAlertProvider } from './alert-provider.js';
export type { AlertProvider, AlertProviderObject, AlertProviderResult, AlertProviderType } from './alert-provider.js';
export type { Canary } from './canary.js';
export { phases } from './canary-status.js';
export type { CanaryCondition, CanaryStatus, Phase } from './canary-status.js';
export { customResourceDefinitions } from './crds.js';
export type { CustomResourceDefinition } from './crds.js';
export type * from './kubernetes.js';
export { metricProviderTypes, readMetricTemplate } from './metric-template.js';
export type {
  MetricProviderType,
  MetricTemplate,
  MetricTemplateObject,
  MetricTemplateResult,
} from './metric-template.js';
export {
  alertProviderKind,
  canaryApiVersion,
  canaryFinalizer,
  canaryGroup,
  canaryKind,
  canaryName,
  canaryVersion,
  configTrackingAnnotation,
  fluxKeyPart,
  fluxOffSwitch,
  lastAppliedAnnotation,
  metricTemplateKind,
  objectKey,
  ownerReferenceOf,
  podRevisionAnnotation,
  primaryName,
  revisionAnnotation,
  routesChangedAtAnnotation,
  scaleToZeroNodeSelector,
  skipperFilterAnnotation,
  skipperPredicateAnnotation,
  skipperMetricsServer,
  skipperRoutesAnnotation,
  skipperWeightsAnnotation,
  verdictAnnotation,
} from './names.js';
export { crossNamespaceRefs, normaliseSpec } from './normalise-spec.js';
export type { NormalisedSpec, SpecDefaults } from './normalise-spec.js';
export { webhookTypes } from './rollout-spec.js';
export type {
  AlertRef,
  AlertSeverity,
  AnalysisSpec,
  AutoscalerRef,
  MatchCondition,
  MetricCheck,
  RolloutSpec,
  ServiceMetadata,
  ServiceSpec,
  SessionAffinity,
  StringMatch,
  TargetKind,
  TargetRef,
  Webhook,
  WebhookType,
} from './rollout-spec.js';
export { parseStatus } from './status-schema.js';
