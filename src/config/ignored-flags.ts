// SPDX-License-Identifier: Apache-2.0

/** A flag that manifests written for Flagger may carry and that changes nothing here. */
export interface IgnoredFlag {
  readonly flag: string;
  readonly boolean: boolean;
}

const switches = [
  'zap-replace-globals',
  'add_dir_header',
  'alsologtostderr',
  'logtostderr',
  'one_output',
  'skip_headers',
  'skip_log_headers',
];

const valued = [
  'ingress-annotations-prefix',
  'ingress-class',
  'kubeconfig-service-mesh',
  'log_backtrace_at',
  'log_dir',
  'log_file',
  'log_file_max_size',
  'stderrthreshold',
  'v',
  'vmodule',
];

/** Settings of other traffic providers, of Flagger's Go runtime and of its Kubernetes client's logging (klog). */
export const ignoredFlags: readonly IgnoredFlag[] = [
  ...switches.map((flag) => ({ flag, boolean: true })),
  ...valued.map((flag) => ({ flag, boolean: false })),
];

/** The same for the load tester. */
export const loadTesterIgnoredFlags: readonly IgnoredFlag[] = [{ flag: 'zap-replace-globals', boolean: true }];
