/** What the demo's agent does: a believable night with a full disk. Data only; `agent.ts` plays it. Nothing here is real. */

export type Step =
  | { readonly _tag: "Say"; readonly text: string }
  /** Tools that run at the same time, answered in the order of their durations. */
  | { readonly _tag: "Run"; readonly tools: ReadonlyArray<Tool> }

export interface Tool {
  readonly command: string
  readonly output: string
  readonly failed?: true
  /** Milliseconds. */
  readonly takes: number
}

const say = (text: string): Step => ({ _tag: "Say", text })
const run = (...tools: ReadonlyArray<Tool>): Step => ({ _tag: "Run", tools })
const ssh = (command: string) => `ssh breakglass@devvm ${JSON.stringify(command)}`

const journal = Array.from(
  { length: 412 },
  (_, at) =>
    `Nov 21 02:${String(Math.floor(at / 60) % 60).padStart(2, "0")}:${String(at % 60).padStart(2, "0")} devvm ` +
    (at % 7 === 3
      ? 'postgres[812]: PANIC: could not write to file "pg_wal/xlogtemp.812": No space left on device'
      : `dockerd[644]: Error writing log message: write /var/lib/docker/containers/9f1c/9f1c-json.log: no space left on device (${at})`)
).join("\n")

export const incident: ReadonlyArray<Step> = [
  say("I'll look before I touch anything, beginning with what needs no disk."),
  run({
    command: ssh("uptime; cat /proc/pressure/io /proc/pressure/memory"),
    output:
      " 02:14:09 up 41 days,  3:02,  1 user,  load average: 9.71, 8.44, 5.02\n" +
      "some avg10=71.20 avg60=64.85 avg300=40.11 total=91827364\nfull avg10=58.77 avg60=52.03 avg300=31.90 total=81726354\n" +
      "some avg10=0.00 avg60=0.00 avg300=0.02 total=18273\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9182",
    takes: 1200
  }),
  say("Heavy I/O pressure, memory is calm. So not an OOM; I'll look at the disks and at what has failed."),
  run(
    {
      command: ssh("df -h / /var; df -i /"),
      output:
        "Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda2        60G   60G     0 100% /\n/dev/sda2        60G   60G     0 100% /\n" +
        "Filesystem      Inodes  IUsed   IFree IUse% Mounted on\n/dev/sda2      3932160 411822 3520338   11% /",
      takes: 900
    },
    {
      command: ssh("systemctl --failed --no-legend; systemctl status postgresql"),
      output:
        "Exit code 3\n● postgresql.service loaded failed failed PostgreSQL RDBMS\n× postgresql.service - PostgreSQL RDBMS\n" +
        "     Active: failed (Result: exit-code) since Fri 2026-11-21 02:03:41 UTC; 10min ago",
      failed: true,
      takes: 1500
    }
  ),
  say("The root disk is full, and that took PostgreSQL down. Now: what filled it?"),
  run(
    {
      command: ssh("timeout 20 du -xhd3 /var | sort -h | tail -5"),
      output:
        "1.1G\t/var/cache/apt\n2.3G\t/var/lib/postgresql\n38G\t/var/lib/docker/containers\n44G\t/var/lib/docker\n49G\t/var",
      takes: 2600
    },
    { command: ssh("journalctl -p err --since -1h --no-pager"), output: journal, takes: 3100 }
  ),
  say(
    "**Cause:** one container's log, `/var/lib/docker/containers/9f1c/9f1c-json.log`, has grown to 38 GB.\n\n" +
      "I will truncate that one file. What is lost: that container's old log lines. Nothing else is touched."
  ),
  run({
    command: ssh(
      "sudo truncate -s 0 /var/lib/docker/containers/9f1c/9f1c-json.log && sudo systemctl restart postgresql"
    ),
    output: "",
    takes: 1800
  }),
  run({
    command: ssh("df -h / | tail -1; systemctl is-active postgresql; cat /proc/pressure/io | head -1"),
    output: "/dev/sda2        60G   22G   36G  38% /\nactive\nsome avg10=2.11 avg60=31.40 avg300=36.02 total=92018273",
    takes: 1100
  }),
  say(
    "It is back.\n\n" +
      "- **Was:** the root disk was full of one Docker log; PostgreSQL stopped at 02:03.\n" +
      "- **Did:** truncated that log, restarted PostgreSQL.\n" +
      "- **Now:** 38 % used, PostgreSQL active, I/O pressure falling.\n" +
      "- **Next:** set `max-size` for Docker's json-file logs, or this comes back in about six weeks."
  )
]

export const followUp: ReadonlyArray<Step> = [
  say("One more look, to see that it holds."),
  run({
    command: ssh("uptime; df -h / | tail -1; systemctl --failed --no-legend"),
    output:
      " 02:31:40 up 41 days,  3:20,  1 user,  load average: 0.31, 1.12, 3.04\n/dev/sda2        60G   22G   36G  38% /",
    takes: 1000
  }),
  say("Still healthy: load 0.3, disk at 38 %, nothing failed.")
]
