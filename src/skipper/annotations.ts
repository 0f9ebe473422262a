// SPDX-License-Identifier: Apache-2.0
import {
  fluxOffSwitch,
  routesChangedAtAnnotation,
  skipperPredicateAnnotation,
  skipperRoutesAnnotation,
  skipperWeightsAnnotation,
  verdictAnnotation,
} from '../api/names.js';

/** Opaque text of everything in a Canary that shapes its traffic; another text means that the Canary was edited (R16). */
export const trafficShapeAnnotation = 'flagger.app/traffic-shape';

/** RFC 3339 moment since which the canary has had weight without a break (R19); absent at weight 0. */
export const weightedSinceAnnotation = 'flagger.app/weighted-since';

/** Keys of labels and annotations that came from the apex Ingress, so that one removed there is removed here. */
export const copiedMetadataAnnotation = 'flagger.app/copied-metadata';

export const ingressClassAnnotation = 'kubernetes.io/ingress.class';
export const pathModeAnnotation = 'zalando.org/skipper-ingress-path-mode';

/** Annotations of the canary Ingress that this program decides, whatever the apex Ingress or another tool says. */
export const ownAnnotations: ReadonlySet<string> = new Set([
  skipperWeightsAnnotation,
  skipperPredicateAnnotation,
  skipperRoutesAnnotation,
  routesChangedAtAnnotation,
  verdictAnnotation,
  trafficShapeAnnotation,
  weightedSinceAnnotation,
  copiedMetadataAnnotation,
  ...Object.keys(fluxOffSwitch),
]);
