// SPDX-License-Identifier: Apache-2.0
// A Kubernetes API server in memory, held to a real one by test/contract: a direct door for simulations, an HTTP door for
// kubectl and the operator, one store behind both.
// Must not know the operator, run controllers beyond garbage collection, or read any time but its injected clock's.
// Main types: ApiServer (the direct door), openApiDoor (the HTTP door), ResourceType (a kind), ServedObject, Watch, StatusError.
export { apiHandler, openApiDoor } from './http/api-door.js';
export type { ApiDoor, ApiDoorOptions } from './http/api-door.js';
export { apiVersionOf } from './kinds/resource-type.js';
export type { ResourceType } from './kinds/resource-type.js';
export { ApiServer } from './server/api-server.js';
export type { ApiServerOptions, WatchQuery } from './server/api-server.js';
export type { ListQuery, ObjectList, Selection } from './server/list-objects.js';
export type {
  DeleteOptions,
  DeleteResult,
  Patch,
  PropagationPolicy,
  Subresource,
  UpdateOptions,
  WriteOptions,
  WriteResult,
} from './server/write-options.js';
export type { ServedObject } from './served-object.js';
export { StatusError } from './status-error.js';
export type { Watch, WatchEvent } from './store/watch.js';
