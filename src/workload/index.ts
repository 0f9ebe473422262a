// SPDX-License-Identifier: Apache-2.0
// What a Canary's workload consists of: revisions of the target, the primary and its configs, the three Services, autoscalers.
// Pure functions from Kubernetes objects to wanted objects, patches and facts; the caller reads, compares nothing, and writes.
// Must not do I/O, read a clock, or know of phases, weights and routes.
// Main types: Revision (template and tracked configs), PrimaryContext, ServiceChange, ConfigCopyChange, Readiness.
// Errors: SelectorLabelMissing, TemplateIsNotOfRevision.
export { isCanaryReference, isControlledBy } from './metadata.js';
export { primaryLabels, primaryLabelValue, selectorLabelOf, SelectorLabelMissing } from './selector-label.js';
export type { SelectorLabel } from './selector-label.js';
export { configKey, configReferences } from './config-references.js';
export type { ConfigKey, ConfigKind, ConfigReference } from './config-references.js';
export {
  binaryChecksumAnnotation,
  configCopyFacts,
  configFacts,
  isTracked,
  missingConfigText,
  trackedConfigs,
  trackedConfigsChanged,
  trackedConfigsStatus,
} from './tracked-configs.js';
export type { ConfigCopyFacts, ConfigEntry, ConfigFacts, TrackedConfigs } from './tracked-configs.js';
export { otherCanaries, primaryConfig } from './primary-config.js';
export type { ConfigCopyChange, ConfigCopyContext } from './primary-config.js';
export { flaggerId, isRevision, revisionOf, templateHash, templateHashOf } from './revision.js';
export type { Revision, TemplateHash } from './revision.js';
export { configCopies, copiedConfigKeys, copiesInUse, primaryRevision, templateDrift } from './primary-revision.js';
export type { PrimaryFacts } from './primary-revision.js';
export { TemplateIsNotOfRevision } from './primary-workload.js';
export type { PrimaryContext } from './primary-workload.js';
export { adoptedPrimary, newPrimaryDeployment, promotedDeployment } from './primary-deployment.js';
export { losesAllPods } from './promotion-outage.js';
export { daemonSetKind, deploymentKind } from './pod-workload.js';
export type { PodReadinessRule, PodWorkload, PodWorkloadKind, Scale, Sizes } from './pod-workload.js';
export { controllerRevisionTemplates, findTemplate, replicaSetTemplates, withTemplate } from './earlier-template.js';
export { deploymentReadiness, progressedAtMs } from './readiness.js';
export type { Readiness, WaitingCause } from './readiness.js';
export { servesPort, wantedPorts } from './ports.js';
export type { PortReference } from './ports.js';
export { serviceName, wantedService } from './services.js';
export type { ServiceContext, ServiceRole } from './services.js';
export { reconcileService } from './service-change.js';
export type { ServiceChange, UnmanagedMetadata } from './service-change.js';
export { revertedService } from './adopted-service.js';
export { foreignAutoscalerProblem, foreignServiceProblem, untouchedService } from './foreign-objects.js';
export {
  adoptedPrimaryService,
  newPrimaryService,
  promotedService,
  reconcileCanaryCopy,
  serviceRevision,
  serviceTargetProblem,
} from './service-copy.js';
export type { ServiceCopyContext } from './service-copy.js';
export { horizontalPodAutoscalerKind, newPrimaryHpa, promotedHpa } from './primary-hpa.js';
export { isPausedAtZero, pausePatch, scaledObjectKind } from './scaled-object.js';
export type { AutoscalerKind, PrimaryScalerContext } from './primary-scaler.js';
export { replicasPatch, scaleUpReplicas } from './scale.js';
export type { AutoscalerFloor } from './scale.js';
