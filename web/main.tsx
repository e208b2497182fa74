/** Models made, wired, rendered. */
import "./tokens.css"
import "./style.css"
import "./components/buttons.css"
import { render } from "preact"
import { api } from "./link/api.ts"
import { App } from "./shell/App.tsx"
import { addressOf } from "./shell/address.ts"
import { AppModel } from "./shell/AppModel.ts"
import { keptSession } from "./session/offlineCopy.ts"
import { loadLater } from "./shell/later.ts"
import { followViewport } from "./shell/viewport.ts"

followViewport()
// Back from a sign-in: its query would be reloaded and handed on with the address.
if (location.search !== "") history.replaceState(null, "", `/${location.hash}`)
// Without a network what can be read is what this device kept.
const kept = keptSession()
if (!navigator.onLine && location.hash === "" && kept !== undefined) location.hash = addressOf(kept)
const root = document.getElementById("app")
root?.querySelector(".unsupported")?.remove()
if (root !== null) render(<App app={new AppModel(api)} />, root)
void loadLater()
