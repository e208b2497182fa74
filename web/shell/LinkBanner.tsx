/** Says that the page is out of date, since when, and when the next try comes. Absent while the stream is live. */
import "./Banner.css"
import type { ReadonlySignal } from "@preact/signals"
import type { Attachment } from "../link/attach.ts"
import type { Clock } from "../link/ClockModel.ts"
import { recall } from "../link/storage.ts"
import { clock as timeOf } from "../text/format.ts"
import { OtherWay } from "./OtherWay.tsx"

interface Props {
  readonly shown: ReadonlySignal<Pick<Attachment, "link" | "lastSeen" | "check">>
  readonly clock: Clock
}

export const LinkBanner = ({ shown, clock: { now, online } }: Props) => {
  const { lastSeen, check, ...attached } = shown.value
  const link = attached.link.value
  if (link.state === "polling") {
    return (
      <p class="banner held" role="status">
        A proxy blocks live updates. Checking every 3 s instead.
      </p>
    )
  }
  if (link.state !== "waiting" && link.state !== "refused") return null
  const seen = lastSeen.value
  const seconds = link.state === "waiting" ? Math.ceil((link.until - now.value) / 1000) : 0
  return (
    <div class="banner" role="status">
      <p>
        {link.reason}{" "}
        {link.state === "waiting" && <strong>No connection{seen > 0 && ` since ${timeOf(seen)}`}.</strong>}{" "}
        {link.state === "waiting" && (
          <span class="steady" aria-hidden="true">
            {seconds > 0 ? `Trying again in ${seconds}\u00a0s.` : "Trying…"}
          </span>
        )}
      </p>
      {online.value && recall("direct") !== "" && <OtherWay />}
      <button type="button" class="button" onClick={check}>
        Try now
      </button>
    </div>
  )
}
