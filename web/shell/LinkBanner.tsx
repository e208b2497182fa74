/** Says that what is below is old, from when it is, and when the next try comes. Absent while the stream is live. */
import "./Banner.css"
import type { AppState } from "./AppModel.ts"
import { later } from "./later.ts"
import { recall } from "../link/storage.ts"
import { shownLink } from "./status.ts"
import { clock } from "../text/format.ts"

export const LinkBanner = ({ app }: { readonly app: AppState }) => {
  const shown = shownLink(app)
  const link = shown.link.value
  if (app.signedOut.value) return null
  if (link.state === "polling") {
    return (
      <p class="banner held" role="status">
        A proxy blocks live updates. Checking every 3 s instead.
      </p>
    )
  }
  if (link.state !== "waiting" && link.state !== "refused") return null
  const OtherWay = later.value?.OtherWay
  const seen = shown.lastSeen.value
  const seconds = link.state === "waiting" ? Math.ceil((link.until - app.now.value) / 1000) : 0
  return (
    <div class="banner" role="status">
      <p>
        {link.reason} {link.state === "waiting" && <strong>No connection{seen > 0 && ` since ${clock(seen)}`}.</strong>}{" "}
        {link.state === "waiting" && (
          <span class="steady" aria-hidden="true">
            {seconds > 0 ? `Trying again in ${seconds}\u00a0s.` : "Trying…"}
          </span>
        )}
      </p>
      {OtherWay !== undefined && app.online.value && recall("direct") !== "" && <OtherWay />}
      <button type="button" class="button" onClick={() => shown.check()}>
        Try now
      </button>
    </div>
  )
}
