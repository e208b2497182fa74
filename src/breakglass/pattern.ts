/** Names what the probes show together; pure. No single probe tells a stalled disk from a switched-off VM. */
import type { Pattern, Probe } from "../contract/Pve.ts"

/** The host answered, but said nothing of the VM. */
const notSaid: ReadonlySet<string> = new Set(["unknown", "failed", "rejected", "busy", "auth", "host_key"])

/** An ssh that answers but needs this long, in ms, does so from swap. */
const slow = 3000

export const pattern = (probes: ReadonlyArray<Probe>): { readonly pattern: Pattern; readonly text: string } => {
  const look = (name: Probe["probe"]) => probes.find(({ probe }) => probe === name)
  const [pve, banner, ssh] = [look("pve"), look("tcp22"), look("ssh")]
  const [, elsewhere] = /^not_here: (.*)/.exec(pve?.state ?? "") ?? []
  if (ssh?.state === "ok" && ssh.took_ms <= slow) {
    const more =
      elsewhere === undefined
        ? "Whether its services work was not checked."
        : `The host says: ${elsewhere}. Power buttons cannot work.`
    return { pattern: "healthy", text: `Answers over ssh. ${more}` }
  }
  if (elsewhere !== undefined) return { pattern: "not_here", text: `The host says: ${elsewhere}.` }
  if (pve?.state === "stopped") return { pattern: "off", text: "Switched off." }
  if (banner?.state === "ok" && (ssh?.state === "auth" || ssh?.state === "host_key")) {
    return {
      pattern: "unknown",
      text:
        ssh.state === "auth"
          ? "The VM runs, but refuses our key."
          : "The VM runs, but its host key is unknown or has changed."
    }
  }
  if (ssh?.state === "ok" || banner?.state === "ok") {
    return { pattern: "swap_crawl", text: "Very slow: ssh answers, commands hardly run." }
  }
  if (pve === undefined || notSaid.has(pve.state))
    return { pattern: "unknown", text: "State unknown: neither host nor VM could be checked." }
  const looked = banner !== undefined || ssh !== undefined
  if (pve.state === "unreachable" || pve.state === "no answer") {
    return {
      pattern: "host_unreachable",
      text: looked ? "Neither the VM nor its host answers." : "Its host does not answer."
    }
  }
  if (pve.state !== "running") {
    return { pattern: "qemu_stalled", text: `There is a QEMU, but it does not run: ${pve.state}.` }
  }
  return looked
    ? {
        pattern: "qemu_stalled",
        text: "Switched on, but not responding: hung, or still booting."
      }
    : { pattern: "unknown", text: "Switched on. Whether it responds is not checked (no address is configured)." }
}
