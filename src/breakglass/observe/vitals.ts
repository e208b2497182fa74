/**
 * What is asked of a target that lets us in, and what its answers show; pure. A login alone proves nothing about the disk: all
 * it needs may be in memory. The figures come from builtins alone; one read and one change go to the disk itself.
 */

/**
 * Runs in the login shell, so that no program has to be loaded before the figures; in sh when that is no POSIX shell. The read
 * bypasses the page cache. `mkdir` of a directory that exists fails and changes nothing, and on a frozen file system it cannot
 * even fail. The disk is asked in the background, once; each line on stdin asks for the figures again.
 */
const script = `f() { for k in io memory cpu; do
if [ -r /proc/pressure/$k ]; then while read -r l; do echo "breakglass-$k $l"; done </proc/pressure/$k; fi; done
echo breakglass-figures; }
echo breakglass-here; f
(dd if=/etc/passwd of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null; echo "breakglass-read $?"
mkdir /etc/passwd 2>/dev/null; echo breakglass-change) &
while read -r l; do f; done`

const quoted = `'${script.replaceAll("'", "'\\''")}'`
export const command = `eval ${quoted} || exec sh -c ${quoted}`

/** How far the disk got, and the kernel's newest figures. */
export interface Vitals {
  readonly here: boolean
  /** How often the figures were sent. */
  readonly figures: number
  readonly read: "ok" | "not measured" | null
  readonly change: boolean
  /** Share of the newest ten seconds in which all that would run waited for it, in percent (PSI, `full avg10`). */
  readonly io: number | null
  readonly memory: number | null
}

export const unknown: Vitals = { here: false, figures: 0, read: null, change: false, io: null, memory: null }

export const add = (vitals: Vitals, line: string): Vitals => {
  const [word, first, rest = ""] = line.split(" ", 3)
  switch (word) {
    case "breakglass-here":
      return { ...vitals, here: true }
    case "breakglass-figures":
      return { ...vitals, figures: vitals.figures + 1 }
    case "breakglass-read":
      return { ...vitals, read: first === "0" ? "ok" : "not measured" }
    case "breakglass-change":
      return { ...vitals, change: true }
    case "breakglass-io":
      return first === "full" ? { ...vitals, io: share(rest) } : vitals
    case "breakglass-memory":
      return first === "full" ? { ...vitals, memory: share(rest) } : vitals
    default:
      return vitals
  }
}

const share = (word: string): number | null => {
  const [, percent] = /^avg10=(\d{1,3}\.\d\d)$/.exec(word) ?? []
  return percent === undefined ? null : Math.round(Number(percent))
}

/** Nothing more is waited for. */
export const complete = ({ read, change }: Vitals): boolean => read !== null && change

export const pressure = ({ io, memory }: Vitals): string =>
  [io === null ? "" : `io pressure full avg10=${io} %`, memory === null ? "" : `memory pressure full avg10=${memory} %`]
    .filter((figure) => figure !== "")
    .join(", ")

/** The disk as a probe of its own; `ms` since it was asked. */
export const disk = (vitals: Vitals, ms: number): { readonly state: string; readonly said: string } => {
  const figures = pressure(vitals)
  const more = figures === "" ? "" : ` (${figures})`
  const late = `was not answered in ${Math.floor(ms / 1000)} s${more}`
  if (vitals.read === null) return { state: "no answer", said: `a read of its disk ${late}` }
  if (!vitals.change) return { state: "no answer", said: `a change to its file system ${late}` }
  return vitals.read === "ok"
    ? { state: vitals.io !== null && vitals.io >= busy ? "busy" : "ok", said: figures }
    : { state: "not measured", said: figures }
}

/** Percent. From here on everything waits for the disk: it is in use to its limit, or it takes no writes. */
const busy = 90
