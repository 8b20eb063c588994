/** Starts Element's interface (matrix-react-sdk) for the server that `config.json` names. Bundled by `../build.ts`. */
require('matrix-js-sdk/src/browser-index')
const React = require('react')
const ReactDOM = require('react-dom')
const { default: BasePlatform } = require('matrix-react-sdk/src/BasePlatform')
const { MatrixClientPeg } = require('matrix-react-sdk/src/MatrixClientPeg')
const { default: PlatformPeg } = require('matrix-react-sdk/src/PlatformPeg')
const { default: SdkConfig } = require('matrix-react-sdk/src/SdkConfig')
const { default: AutoDiscoveryUtils } = require('matrix-react-sdk/src/utils/AutoDiscoveryUtils')
const { setLanguage } = require('matrix-react-sdk/src/languageHandler')
const { setTheme } = require('matrix-react-sdk/src/theme')

class Platform extends BasePlatform {
  getConfig = async () => undefined
  getDefaultDeviceDisplayName = () => 'Browser'
  getHumanReadableName = () => 'Web Platform'
  requestNotificationPermission = async () => 'denied'
  getAppVersion = async () => 'test'
  reload = () => window.location.reload()
}

async function start() {
  await startMediaWorker()
  PlatformPeg.set(new Platform())
  SdkConfig.put(await (await fetch('config.json')).json())
  await setLanguage(['en'])
  await setTheme()
  const { base_url: address } = SdkConfig.get().default_server_config['m.homeserver']
  const found = await AutoDiscoveryUtils.validateServerConfigWithStaticUrls(address)
  SdkConfig.add({ validated_server_config: { ...found, isDefault: true } })
  show()
}

async function startMediaWorker() {
  navigator.serviceWorker.addEventListener('message', ({ ports }) =>
    ports[0].postMessage(MatrixClientPeg.get()?.getAccessToken()),
  )
  await navigator.serviceWorker.register('media-worker.js')
  if (navigator.serviceWorker.controller === null)
    await new Promise((resolve) =>
      navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
    )
}

/** The address after `#/` names what is shown, such as `login` or `room/!…`. */
function show() {
  const { default: MatrixChat } = require('matrix-react-sdk/src/components/structures/MatrixChat')
  const screenOfAddress = () => window.location.hash.slice('#/'.length).split('?')[0]
  let shown = ''
  const chat = ReactDOM.render(
    React.createElement(MatrixChat, {
      config: SdkConfig.get(),
      onNewScreen(screen, replaceLast) {
        shown = screen
        if (replaceLast) window.location.replace(`#/${screen}`)
        else window.location.assign(`#/${screen}`)
      },
      enableGuest: false,
      realQueryParams: {},
      startingFragmentQueryParams: {},
      onTokenLoginCompleted() {},
      initialScreenAfterLogin: { screen: screenOfAddress() },
      defaultDeviceDisplayName: 'Browser',
    }),
    document.getElementById('matrixchat'),
  )
  window.addEventListener('hashchange', () => {
    if (screenOfAddress() !== shown) chat.showScreen(screenOfAddress(), {})
  })
}

start().catch((error) => {
  console.error(error)
  document.body.append(`The page did not start: ${error}`)
})
