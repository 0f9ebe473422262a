// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface CertificateFiles {
  readonly keyFile: string;
  readonly certFile: string;
}

/** A key and a certificate that only its holder has signed, for names such as "DNS:prometheus". */
export function makeCertificate(dir: string, name: string, alternativeNames: readonly string[]): CertificateFiles {
  const files = { keyFile: join(dir, `${name}.key`), certFile: join(dir, `${name}.crt`) };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', files.keyFile];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${alternativeNames.join(',')}`];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', files.certFile, '-days', '2', ...subject], {
    stdio: 'pipe',
  });
  return files;
}
