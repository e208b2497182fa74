/** Models made, wired, rendered. */
import { render } from "preact"
import { api } from "./api.ts"
import { App } from "./components/App.tsx"
import { AppModel } from "./AppModel.ts"
import { loadParser } from "./prose.ts"
import { register } from "./pwa.ts"
import { followViewport } from "./viewport.ts"
import "./style.css"

followViewport()
const root = document.getElementById("app")
if (root !== null) render(<App app={new AppModel(api)} />, root)
void loadParser()
void register()
