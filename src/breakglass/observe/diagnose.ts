/** Names what the probes show together; pure. No single probe tells a stalled disk from a switched-off VM. */
import type { Pattern, Probe } from "../../contract/Power.ts"

/** The host answered, but said nothing of the VM. */
const notSaid: ReadonlySet<string> = new Set(["unknown", "failed", "rejected", "busy", "auth", "host_key"])

/** States of the banner that something at the other end has sent. */
const answers: ReadonlySet<string> = new Set(["ok", "not ssh", "closed", "refused"])

/** An ssh that answers but needs this long, in ms, does so from swap. */
const slow = 3000

export const pattern = (probes: ReadonlyArray<Probe>): { readonly pattern: Pattern; readonly text: string } => {
  // No address is configured: there is nothing to wait for.
  if (probes.length === 0)
    return { pattern: "unknown", text: "State unknown: no address of the VM or its host is set." }
  const look = (name: Probe["probe"]) => probes.find(({ probe }) => probe === name)
  const [pve, banner, ssh, disk] = [look("pve"), look("tcp22"), look("ssh"), look("disk")]
  const [, elsewhere] = /^not_here: (.*)/.exec(pve?.state ?? "") ?? []
  if (ssh?.state === "ok" && ssh.took_ms <= slow) {
    const found = inside(disk)
    if (elsewhere !== undefined) {
      return { ...found, text: `${found.text} The host says: ${elsewhere}. Power buttons cannot work.` }
    }
    const more = found.pattern === "healthy" ? " Whether its services work was not checked." : ""
    return { ...found, text: `${found.text}${more}` }
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
  if (ssh !== undefined && ssh.took_ms > slow && (ssh.state === "ok" || banner?.state === "ok")) {
    if (ssh.state === "ok" && disk?.state === "no answer") return inside(disk)
    const why = ssh.said === undefined || ssh.said === "" ? "" : ` (${ssh.said})`
    return { pattern: "swap_crawl", text: `Very slow: ssh answers, commands hardly run${why}.` }
  }
  // What answers at once is not short of anything; what it says is the most that is known.
  if (banner !== undefined && answers.has(banner.state)) {
    const said = ssh?.said === undefined || ssh.said === "" ? "" : ` ssh says: ${ssh.said}`
    const text =
      banner.state === "refused"
        ? "The VM runs, but nothing listens at its ssh port: still booting, or sshd has ended."
        : "The VM answers at its ssh port, but ssh does not get in."
    return { pattern: "unknown", text: `${text}${said}` }
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

/** Of one that lets us in: what of its disk was seen. A busy disk answers, and one that takes no writes lets nobody else work. */
const inside = (disk: Probe | undefined): { readonly pattern: Pattern; readonly text: string } => {
  const said = disk?.said ?? ""
  const figures = said === "" ? "" : ` (${said})`
  switch (disk?.state) {
    case undefined:
      return { pattern: "healthy", text: "Answers over ssh." }
    case "ok":
      return { pattern: "healthy", text: "Answers over ssh. Its disk answers as well." }
    case "busy":
      return {
        pattern: "unknown",
        text: `Answers over ssh, but all that runs there waits for the disk${figures}: very busy, or it takes no writes.`
      }
    case "no answer":
      return {
        pattern: "disk_stalled",
        text: `Answers over ssh, but its disk has stalled: ${said}. A cycle is the cure.`
      }
    default:
      return { pattern: "healthy", text: "Answers over ssh. Its disk could not be checked." }
  }
}
