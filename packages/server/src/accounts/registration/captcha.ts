import { isJsonObject } from '@ranvier/protocol/json'
import { parseJson } from '@ranvier/protocol/parse-json'
import type { CaptchaConfig } from '../../config/config.ts'
import { MatrixError } from '../../errors.ts'
import type { OutboundClient } from '../../outbound/client.ts'

const TIMEOUT_MS = 20_000
const MAX_ANSWER_BYTES = 65_536

/** Throws 401 `M_CAPTCHA_INVALID` unless the answer to a captcha is right, 502 `M_UNKNOWN` if that cannot be asked. */
export type CheckCaptcha = (answer: string) => Promise<void>

/** Asks the service of the configuration. The address of who answers is not told. Spec: CS API §Google ReCaptcha */
export function checkCaptcha(deps: {
  config: CaptchaConfig
  outbound: Pick<OutboundClient, 'request'>
  onError: (error: unknown) => void
}): CheckCaptcha {
  const { config, outbound } = deps
  return async (answer) => {
    const asked = outbound.request({
      method: 'POST',
      url: config.verifyUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ secret: config.secret, response: answer }).toString(),
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_ANSWER_BYTES,
    })
    const verdict = await asked
      .then(({ body }) => parseJson(body))
      .catch((error: unknown) => {
        deps.onError(error)
        throw new MatrixError(502, 'M_UNKNOWN', 'The captcha could not be checked')
      })
    if (!isJsonObject(verdict) || verdict['success'] !== true)
      throw new MatrixError(401, 'M_CAPTCHA_INVALID', 'The captcha was not solved')
  }
}
