/** Models made, wired, rendered. */
import "./tokens.css"
import "./style.css"
import "./components/buttons.css"
import { render } from "preact"
import { api, streams } from "./link/api.ts"
import { App } from "./shell/App.tsx"
import { addressOf } from "./link/address.ts"
import { AppModel } from "./shell/AppModel.ts"
import { copiedSession } from "./session/offlineCopy.ts"
import { loadLater } from "./later.ts"
import { followViewport } from "./shell/viewport.ts"

followViewport()
// Back from a sign-in: its query must not be reloaded or shared with the address.
if (location.search !== "") history.replaceState(null, "", `/${location.hash}`)
// Without a network only the offline copy can be read.
const copied = copiedSession()
if (!navigator.onLine && location.hash === "" && copied !== undefined) location.hash = addressOf(copied)
const root = document.getElementById("app")
root?.querySelector(".unsupported")?.remove()
if (root !== null) render(<App app={new AppModel(api, streams)} />, root)
void loadLater()
