// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { redactCommand } from './redact-command.js';

describe('redactCommand', () => {
  it.each([
    { text: 'hey -z 1m -q 10 -c 2 http://a/?page=2', shown: 'hey -z 1m -q 10 -c 2 http://a/?page=2' },
    { text: 'curl -sd test http://podinfo-canary/token | grep token', shown: undefined },
    { text: `curl -H 'Authorization: Bearer abc' http://a`, shown: `curl -H 'Authorization: [redacted]' http://a` },
    { text: 'curl -H "authorization:abc" http://a', shown: 'curl -H "authorization:[redacted]" http://a' },
    { text: 'curl http://a/?token=abc&b=c', shown: 'curl http://a/?token=[redacted]&b=c' },
    { text: 'helm test --set password=abc,b=c', shown: 'helm test --set password=[redacted],b=c' },
    { text: 'API_KEY="a b" x', shown: 'API_KEY="[redacted] b" x' },
    { text: '{"token": "abc"}', shown: '{"token": "[redacted]"}' },
    { text: 'curl http://user:abc@host/', shown: 'curl http://[redacted]@host/' },
  ])('shows $text as $shown', ({ text, shown = text }) => {
    expect(redactCommand(text)).toBe(shown);
  });
});
